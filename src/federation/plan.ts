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
/** A searcher who says nothing of time waits no longer for an answer because of one registry among many. */
const LONGEST_SEARCH_MS = 1_500
/** Kept of it for putting some thousand records in order and writing them, on a busy machine. */
const OWN_WORK_MS = 40
const LONGEST_WAIT_MS = LONGEST_SEARCH_MS - OWN_WORK_MS
/** Half a second is what a search may take. A slow peer is waited for longer only if the others are slow as well. */
const UNNOTICED_MS = 500
const PATIENCE_WITH_FLEET = 3 // of lognormal times with a sigma of .5, one in seventy is as far above the middle

export function planFanOut(peers: readonly Peer[], query: Selection, experience: PeerExperience): Plan {
  const active = peers.filter((peer) => peer.isActive)
  const isSelected = selectionOf(query)
  return {
    asked: active.filter(isSelected).map((peer) => ({
      peer,
      deadlineMs: deadlineOf(peer, query, experience),
      isLive: !experience.isLeftAlone(peer) && peer.health.consecutiveFailures === 0,
    })),
    skipped: active
      .filter((peer) => !isSelected(peer))
      .map((peer) => ({ kind: 'skipped', peerId: peer.id, reason: 'not-selected', retryAt: null })),
  }
}

function deadlineOf(peer: Peer, { timeoutMs }: Selection, experience: PeerExperience): number {
  return Math.min(patienceWith(peer, experience), longestWaitMs(peer), timeoutMs)
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

/** The longest that a search waits for this peer; an operator may have said so. */
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
