/**
 * Which connections outbound requests may open; consulted when a connection is made, not per request.
 *
 * An address is checked three times: when the URL spells it out, for every address its name resolves to (one bad
 * address refuses all), and on the connected socket. Names are resolved anew for each connection, and the
 * connection goes to the very addresses that were checked, so a name that changes its answer gains nothing.
 */
import type { LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { isForbiddenAddress, type Networks } from './addresses.ts'

/** Resolves a host name to all its addresses. */
export type ResolveHost = (hostname: string) => Promise<readonly LookupAddress[]>

/** What one pool of connections may reach. */
export interface Reach {
  /** Plain http is open only inside the open networks. */
  readonly scheme: 'https' | 'http'
  /** Networks open beyond the public ones. */
  readonly openNetworks: Networks
  /** What opens networks, for the sentence. */
  readonly setting: 'REGISTRY_PEER_NETWORKS' | 'REGISTRY_CARD_NETWORKS'
}

/** A connection the guard refused. The message names no resolved address: that may be our own network's. */
export class ForbiddenConnection extends Error {
  override readonly name = 'ForbiddenConnection'
}

/** Whether a connection to this address may carry the request. */
export function mayReach(ip: string, { scheme, openNetworks }: Reach): boolean {
  if (openNetworks.contains(ip)) return true
  return scheme === 'https' && !isForbiddenAddress(ip)
}

/** Refuses a host that is itself a forbidden address; sockets skip the look-up for those. */
export function checkLiteral(hostname: string, reach: Reach): ForbiddenConnection | undefined {
  return isIP(hostname) !== 0 && !mayReach(hostname, reach) ? forbidden(hostname, reach) : undefined
}

/** Refuses a socket that ended up at a forbidden address, or nowhere known. */
export function checkConnected(
  remoteAddress: string | undefined,
  hostname: string,
  reach: Reach,
): ForbiddenConnection | undefined {
  return remoteAddress !== undefined && mayReach(remoteAddress, reach)
    ? undefined
    : forbidden(hostname, reach)
}

/** A look-up for `net.connect` that gives addresses only when all of them may be reached. */
export function guardLookup(resolve: ResolveHost, reach: Reach): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (found) => {
        const addresses = found.map(({ address, family }) => ({ address, family }))
        const [first] = addresses
        if (first === undefined) return callback(notFound(hostname), [])
        if (!addresses.every(({ address }) => mayReach(address, reach))) {
          return callback(forbidden(hostname, reach), [])
        }
        return options.all ? callback(null, addresses) : callback(null, first.address, first.family)
      },
      (error: unknown) => callback(error instanceof Error ? error : notFound(hostname), []),
    )
  }
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' })
}

function forbidden(hostname: string, reach: Reach): ForbiddenConnection {
  return new ForbiddenConnection(whyForbidden(hostname, reach))
}

/** The sentence for whoever gave the address. */
export function whyForbidden(
  hostname: string,
  { scheme, setting }: Pick<Reach, 'scheme' | 'setting'>,
): string {
  return scheme === 'http'
    ? `${hostname} is outside ${setting}, and plain http is spoken only there.`
    : `${hostname} is at an address that is not public and outside ${setting}.`
}
