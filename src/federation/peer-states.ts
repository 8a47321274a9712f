/** What this process has learnt of each peer by asking it: how long it takes, and whether to leave it alone. */
import type { Peer, PeerId } from '../domain/peer.ts'
import type { Clock } from '../domain/ports.ts'
import { Breaker, type BreakerState } from './breaker.ts'
import { LatencyHistogram } from './latency.ts'

export type PeerState = {
  readonly latency: LatencyHistogram
  readonly breaker: Breaker
  /** The peer asked to be left alone until then; ms of the clock that never jumps. */
  pausedUntil: number
  /** It refused us when last asked: what it gave before is no longer ours to show. */
  isRefusing: boolean
}

export interface PeerStates {
  of(peer: Peer): PeerState
  /**
   * The time within which 95 of 100 of a peer's answers come, in ms; while too few are known, what is usual among
   * the peers.
   */
  usualMs(peer: Peer): number
  /** Forgets all but these, who count as the peers from now on. The same list again costs nothing. */
  retain(peers: readonly Peer[]): void
}

const USUAL_SHARE = 0.95
const FEWEST_SAMPLES = 20
const UNKNOWN_USUAL_MS = 1_000
const FLEET_FRESH_MS = 5_000
/** If more fail at once, it is rather our own network that does. */
const MOST_LEFT_ALONE = 0.5

export function createPeerStates({
  clock,
  random,
  onBreakerChange,
}: {
  readonly clock: Clock
  readonly random: () => number
  readonly onBreakerChange: (peerId: PeerId, state: BreakerState) => void
}): PeerStates {
  const states = new Map<PeerId, PeerState>()
  const leftAlone = new Set<PeerId>()
  let active: ReadonlySet<PeerId> = new Set()
  let retained: readonly Peer[] | null = null
  let fleet: { readonly usualMs: number; readonly at: number } | null = null

  const create = (id: PeerId): PeerState => {
    const breaker = new Breaker({
      random,
      mayOpen: () => leftAlone.intersection(active).size + 1 <= active.size * MOST_LEFT_ALONE,
      onChange(to) {
        // A request may still be under way to one that is no peer any more.
        if (states.get(id)?.breaker !== breaker) return
        if (to === 'closed') leftAlone.delete(id)
        else leftAlone.add(id)
        onBreakerChange(id, to)
      },
    })
    return { latency: new LatencyHistogram(clock.monotonic()), breaker, pausedUntil: 0, isRefusing: false }
  }

  const of = ({ id }: Peer): PeerState => {
    const known = states.get(id)
    if (known !== undefined) return known
    const made = create(id)
    states.set(id, made)
    return made
  }

  const fleetUsualMs = (): number => {
    const now = clock.monotonic()
    if (fleet !== null && now - fleet.at < FLEET_FRESH_MS) return fleet.usualMs
    const known = [...states.values()]
      .filter(({ latency }) => latency.samples >= FEWEST_SAMPLES)
      .map(({ latency }) => latency.quantile(USUAL_SHARE))
      .sort((a, b) => a - b)
    fleet = { usualMs: known[Math.floor(known.length / 2)] ?? UNKNOWN_USUAL_MS, at: now }
    return fleet.usualMs
  }

  return {
    of,
    usualMs(peer) {
      const { latency } = of(peer)
      return latency.samples >= FEWEST_SAMPLES ? latency.quantile(USUAL_SHARE) : fleetUsualMs()
    },
    retain(peers) {
      if (peers === retained) return
      retained = peers
      active = new Set(peers.filter(({ isActive }) => isActive).map(({ id }) => id))
      const ids = new Set(peers.map(({ id }) => id))
      for (const id of states.keys()) {
        if (ids.has(id)) continue
        states.delete(id)
        leftAlone.delete(id)
      }
    },
  }
}
