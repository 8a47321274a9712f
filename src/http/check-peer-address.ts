/** Whether a peer may live at an address, asked when an operator adds it; every connection is checked again. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Networks } from '../security/addresses.ts'
import {
  checkLiteral,
  ForbiddenConnection,
  guardLookup,
  type Reach,
  type ResolveHost,
} from '../security/outbound-guard.ts'
import type { AddressCheck } from './deps.ts'

const RESOLVE_MS = 2_000

/**
 * A check by the rules of the outbound client. A name that cannot be resolved just now passes: the peer is then
 * stored as unreachable, and nothing is lost by asking again later.
 *
 * @param options.peerNetworks otherwise forbidden networks in which peers may live.
 */
export function createPeerAddressCheck(options: {
  readonly peerNetworks: Networks
  readonly resolve?: ResolveHost
}): (registryUrl: string) => Promise<AddressCheck> {
  const { peerNetworks, resolve = (hostname) => lookup(hostname, { all: true }) } = options
  return async (registryUrl) => {
    const { hostname, protocol } = new URL(registryUrl)
    const host = hostname.replace(/^\[|\]$/g, '')
    const reach: Reach = { scheme: protocol === 'https:' ? 'https' : 'http', openNetworks: peerNetworks }
    const refused = isIP(host) === 0 ? await lookUp(host, reach, resolve) : checkLiteral(host, reach)
    return refused instanceof ForbiddenConnection ? { ok: false, detail: refused.message } : { ok: true }
  }
}

function lookUp(host: string, reach: Reach, resolve: ResolveHost): Promise<unknown> {
  return new Promise((settle) => {
    const timer = setTimeout(() => settle(undefined), RESOLVE_MS)
    guardLookup(resolve, reach)(host, { all: true }, (error) => {
      clearTimeout(timer)
      settle(error)
    })
  })
}
