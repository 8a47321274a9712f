/** Whom a search asks and how long each may take. Every active peer is named; none is dropped silently. Pure. */
import type { DiscoveryQuery, PeerOutcome } from '../domain/discovery.ts'
import { foldCase } from '../domain/fold-case.ts'
import type { Peer } from '../domain/peer.ts'

export type PlannedAsk = {
  readonly peer: Peer
  readonly deadlineMs: number
  /** Can be counted on: it was not left alone for failing, and the last look at it found it well. */
  readonly isLive: boolean
}

export type Plan = {
  readonly asked: readonly PlannedAsk[]
  readonly skipped: readonly Extract<PeerOutcome, { kind: 'skipped' }>[]
}

/** What is known of peers from asking them. */
export type PeerExperience = {
  /** The time within which 95 of 100 of a peer's answers come, in ms; null of one that has hardly answered yet. */
  usualMs(peer: Peer): number | null
  /** How long the peers take on the whole, in ms: the middle answer of the middle one; 0 while nobody has answered. */
  fleetMedianMs(): number
  isLeftAlone(peer: Peer): boolean
}

type Selection = Pick<DiscoveryQuery, 'peers' | 'timeoutMs'>

/** Twice as long as nearly all its answers take: beyond, waiting for a peer is hardly ever worth it. */
const PATIENCE = 2
/** Below, a pause of our own, such as a garbage collection, would fail peers that answered in time. */
const SHORTEST_WAIT_MS = 150
/** A searcher waits no longer for one registry among many. */
const LONGEST_WAIT_MS = 1_500
/**
 * Kept of a search's time for what comes after the waiting, on a busy machine: to put some thousand records in order, to
 * write them, and to be given a core for it. Of a short time a twentieth.
 */
const OWN_WORK_MS = 40
const OWN_WORK_SHARE = 1 / 20
/** Half a second is what a search may take. A slow peer is waited for longer only if the others are slow as well. */
const UNNOTICED_MS = 500
const PATIENCE_WITH_FLEET = 3 // of lognormal times with a sigma of .5, one in seventy is as far above the middle

/** @param spentMs what the search has taken of its time before it asks anybody. */
export function planFanOut(
  peers: readonly Peer[],
  query: Selection,
  experience: PeerExperience,
  spentMs = 0,
): Plan {
  const active = peers.filter((peer) => peer.isActive)
  const isSelected = selectionOf(query)
  return {
    asked: active.filter(isSelected).map((peer) => ({
      peer,
      deadlineMs: Math.min(patienceWith(peer, experience), timeToWaitMs(peer, query, spentMs)),
      isLive: !experience.isLeftAlone(peer) && peer.health.consecutiveFailures === 0,
    })),
    skipped: active
      .filter((peer) => !isSelected(peer))
      .map((peer) => ({ kind: 'skipped', peerId: peer.id, reason: 'not-selected', retryAt: null })),
  }
}

/** The answer is due when this time is over, so the waiting ends before. */
function timeToWaitMs(peer: Peer, { timeoutMs }: Selection, spentMs: number): number {
  const timeMs = Math.min(longestWaitMs(peer), timeoutMs)
  const ownWorkMs = Math.min(OWN_WORK_MS, timeMs * OWN_WORK_SHARE)
  return Math.max(0, Math.round(timeMs - ownWorkMs - spentMs))
}

/** Nobody knows how long a new peer takes, and its first answer needs a connection besides: it gets all the time. */
function patienceWith(peer: Peer, experience: PeerExperience): number {
  const usualMs = experience.usualMs(peer)
  if (usualMs === null) return Number.POSITIVE_INFINITY
  const wanted = Math.max(SHORTEST_WAIT_MS, PATIENCE * usualMs)
  // An operator who says how long to wait for a peer knows that it is slow.
  if (peer.timeoutMs !== null) return wanted
  return Math.min(wanted, Math.max(UNNOTICED_MS, PATIENCE_WITH_FLEET * experience.fleetMedianMs()))
}

/** The longest that a search takes because of this peer; an operator may have said so. */
export function longestWaitMs({ timeoutMs }: Peer): number {
  return timeoutMs ?? LONGEST_WAIT_MS
}

/** What the query's `peers` names that is no active peer; the caller refuses the query for it. */
export function unknownPeers(query: Pick<DiscoveryQuery, 'peers'>, peers: readonly Peer[]): string[] {
  return query.peers.filter(
    (reference) => !peers.some((peer) => peer.isActive && isReferenceTo(foldCase(reference), peer)),
  )
}

function selectionOf({ peers }: Pick<DiscoveryQuery, 'peers'>): (peer: Peer) => boolean {
  const wanted = peers.map(foldCase)
  return (peer) => wanted.length === 0 || wanted.some((reference) => isReferenceTo(reference, peer))
}

function isReferenceTo(folded: string, peer: Peer): boolean {
  return folded === foldCase(peer.id) || folded === foldCase(peer.name)
}
