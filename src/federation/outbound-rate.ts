/** How often peers are asked: no more than their operators can be expected to bear, whatever our users do. */
import type { Peer, PeerId } from '../domain/peer.ts'
import type { Clock } from '../domain/ports.ts'
import type { ScopeClass } from './protocols/protocol.ts'

/** The allowance of every peer, counted in this process. */
export interface OutboundRate {
  /** Spends one request to a peer; otherwise the milliseconds until there is one to spend. */
  spend(
    peer: Peer,
    asker: ScopeClass,
  ): { readonly ok: true } | { readonly ok: false; readonly waitMs: number }
}

const OK = { ok: true } as const
const MINUTE_MS = 60_000
const ANONYMOUS_SHARE = 1 / 4 // strangers must not use up what holders of our keys need

/**
 * @param perMinute requests to one peer; a whole minute's may come at once. Searches of anonymous users, which ask
 *   for public records, spend a quarter of them at most.
 */
export function createOutboundRate(perMinute: number, clock: Clock): OutboundRate {
  const all = createAllowance(perMinute)
  const anonymous = createAllowance(Math.max(1, Math.floor(perMinute * ANONYMOUS_SHARE)))
  return {
    spend({ id }, asker) {
      const isAnonymous = asker === 'public'
      const now = clock.monotonic()
      const waitMs = Math.max(all.waitMs(id, now), isAnonymous ? anonymous.waitMs(id, now) : 0)
      if (waitMs > 0) return { ok: false, waitMs }
      all.take(id, now)
      if (isAnonymous) anonymous.take(id, now)
      return OK
    },
  }
}

/** The generic cell rate algorithm: of each peer only the time is kept at which its allowance is whole again. */
function createAllowance(perMinute: number) {
  const intervalMs = MINUTE_MS / perMinute
  const wholeAt = new Map<PeerId, number>()
  const startOf = (id: PeerId, now: number): number => Math.max(wholeAt.get(id) ?? now, now)
  return {
    // Rounded: sums of thirds of a second are not exact.
    waitMs: (id: PeerId, now: number): number =>
      Math.max(0, Math.round(startOf(id, now) + intervalMs - MINUTE_MS - now)),
    take(id: PeerId, now: number): void {
      wholeAt.set(id, startOf(id, now) + intervalMs)
    },
  }
}
