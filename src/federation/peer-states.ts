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
   * the peers, and null of one that has hardly answered.
   */
  usualMs(peer: Peer): number | null
  /** The middle answer of the middle one among the peers, in ms; 0 while nobody has answered. */
  fleetMedianMs(): number
  /** Forgets all but these, who count as the peers from now on. The same list again costs nothing. */
  retain(peers: readonly Peer[]): void
}

const USUAL_SHARE = 0.95
const MEDIAN_SHARE = 0.5
const FEWEST_SAMPLES = 20
/** The first answers need connections, and code that runs for the first time, here and there. */
const FIRST_SAMPLES = 3
const UNKNOWN_USUAL_MS = 250
const FLEET_FRESH_MS = 5_000
/** If more fail at once, it is rather our own network that does. */
const MOST_LEFT_ALONE = 0.5

/** What is common among the peers, and when that was looked at. */
type Fleet = { readonly usualMs: number; readonly medianMs: number; readonly at: number }

const hasAnswered = ({ samples }: LatencyHistogram): boolean => samples >= FIRST_SAMPLES
const speaksForItself = ({ samplesInARow }: LatencyHistogram): boolean => samplesInARow >= FEWEST_SAMPLES

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
  let fleet: Fleet | null = null

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

  /** Of the peers that are known well enough, the middle one's time for this share of its answers. */
  const middleOf = (isKnown: (latency: LatencyHistogram) => boolean, share: number): number | undefined => {
    const known = [...states.values()]
      .filter(({ latency }) => isKnown(latency))
      .map(({ latency }) => latency.quantile(share))
      .sort((a, b) => a - b)
    return known[Math.floor(known.length / 2)]
  }

  const lookAtFleet = (): Fleet => {
    const now = clock.monotonic()
    if (fleet !== null && now - fleet.at < FLEET_FRESH_MS) return fleet
    // A few answers tell what is common, and not how long the slower ones take.
    const medianMs = middleOf(hasAnswered, MEDIAN_SHARE) ?? 0
    const usualMs = middleOf(speaksForItself, USUAL_SHARE) ?? Math.max(UNKNOWN_USUAL_MS, 2 * medianMs)
    fleet = { usualMs, medianMs, at: now }
    return fleet
  }

  return {
    of,
    usualMs(peer) {
      const { latency } = of(peer)
      if (!hasAnswered(latency)) return null
      return speaksForItself(latency) ? latency.quantile(USUAL_SHARE) : lookAtFleet().usualMs
    },
    fleetMedianMs: () => lookAtFleet().medianMs,
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
