/** Whom a search asks and how long each may take. Every active peer is named; none is dropped silently. */
import type { DiscoveryQuery, PeerOutcome } from '../domain/discovery.ts'
import { foldCase } from '../domain/fold-case.ts'
import type { Peer } from '../domain/peer.ts'

export type PlannedAsk = { readonly peer: Peer; readonly deadlineMs: number }

export type Plan = {
  readonly asked: readonly PlannedAsk[]
  readonly skipped: readonly Extract<PeerOutcome, { kind: 'skipped' }>[]
}

type Selection = Pick<DiscoveryQuery, 'peers' | 'timeoutMs'>

// 1.5 times what 95 of 100 answers of an unknown registry are assumed to need; a searcher waits no longer.
const DEFAULT_PEER_TIMEOUT_MS = 1_500

/** @param queryTimeoutMs `FEDERATION_QUERY_TIMEOUT`: no user and no peer setting goes beyond it. */
export function planFanOut(peers: readonly Peer[], query: Selection, queryTimeoutMs: number): Plan {
  const active = peers.filter((peer) => peer.isActive)
  const isSelected = (peer: Peer): boolean =>
    query.peers.length === 0 || query.peers.some((reference) => isReferenceTo(reference, peer))
  return {
    asked: active.filter(isSelected).map((peer) => ({
      peer,
      deadlineMs: Math.min(peerBudgetMs(peer, queryTimeoutMs), query.timeoutMs),
    })),
    skipped: active
      .filter((peer) => !isSelected(peer))
      .map((peer) => ({ kind: 'skipped', peerId: peer.id, reason: 'not-selected', retryAt: null })),
  }
}

/** How long one request to this peer may run, whoever waits for it. */
export function peerBudgetMs(peer: Peer, queryTimeoutMs: number): number {
  return Math.min(peer.timeoutMs ?? DEFAULT_PEER_TIMEOUT_MS, queryTimeoutMs)
}

/** What the query's `peers` names that is no active peer; the caller refuses the query for it. */
export function unknownPeers(query: Pick<DiscoveryQuery, 'peers'>, peers: readonly Peer[]): string[] {
  return query.peers.filter(
    (reference) => !peers.some((peer) => peer.isActive && isReferenceTo(reference, peer)),
  )
}

function isReferenceTo(reference: string, peer: Peer): boolean {
  const wanted = foldCase(reference)
  return wanted === foldCase(peer.id) || wanted === foldCase(peer.name)
}
