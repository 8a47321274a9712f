/** Whether a registry may live at an address, asked before it becomes a peer. */
import { lookup } from 'node:dns/promises'
import type { Networks } from './addresses.ts'
import { checkLiteral, mayReach, type Reach, type ResolveHost, whyForbidden } from './outbound-guard.ts'

export type PeerAddressCheck = { readonly ok: true } | { readonly ok: false; readonly detail: string }

const RESOLVE_TIMEOUT_MS = 2_000

/**
 * Checks the literal and every address the name resolves to, as outbound requests will do again. A name that does
 * not resolve passes where its scheme is possible at all: the peer may be down, and nothing is reached.
 *
 * @param registryUrl normalised.
 */
export async function checkPeerAddress(
  registryUrl: string,
  options: { readonly peerNetworks: Networks; readonly resolve?: ResolveHost },
): Promise<PeerAddressCheck> {
  const url = new URL(registryUrl)
  const hostname = url.hostname.replace(/^\[|\]$/g, '')
  const reach: Reach = {
    scheme: url.protocol === 'http:' ? 'http' : 'https',
    openNetworks: options.peerNetworks,
    setting: 'REGISTRY_PEER_NETWORKS',
  }
  const literal = checkLiteral(hostname, reach)
  if (literal) return { ok: false, detail: literal.message }
  // Without peer networks nothing is spoken to over http, whatever the name resolves to.
  const isPossible = reach.scheme === 'https' || options.peerNetworks.cidrs.length > 0
  const resolve: ResolveHost = options.resolve ?? ((name) => lookup(name, { all: true }))
  const addresses = isPossible ? await resolveQuietly(hostname, resolve) : []
  if (isPossible && addresses.every((address) => mayReach(address, reach))) return { ok: true }
  return { ok: false, detail: whyForbidden(hostname, reach) }
}

async function resolveQuietly(hostname: string, resolve: ResolveHost): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<readonly []>((done) => {
    timer = setTimeout(() => done([]), RESOLVE_TIMEOUT_MS)
  })
  try {
    const found = await Promise.race([resolve(hostname), late])
    return found.map(({ address }) => address)
  } catch {
    // Unknown now: the guard of outbound requests decides when the name resolves.
    return []
  } finally {
    clearTimeout(timer)
  }
}
