/** Facts of federation worth counting. Whoever listens must not throw; telemetry changes no answer. */
import type { PeerOutcome } from '../domain/discovery.ts'
import type { OfferedKey, Peer, PeerHealth, PeerHealthStatus, PeerId } from '../domain/peer.ts'
import type { TraceId } from '../domain/trace-context.ts'
import type { BreakerState } from './breaker.ts'
import type { CallResult } from './call-peer.ts'
import type { PeerRequest } from './protocols/protocol.ts'
import type { Synced } from './sync-peer.ts'

export type AskedPeer = {
  readonly request: PeerRequest
  readonly durationMs: number
  /** Of all that came in answer, whatever it was good for. */
  readonly bodyBytes: number
  /** By which the peer's log knows the request, too. */
  readonly traceId: TraceId
}

export interface FederationEvents {
  /** What came of one peer in one search, from the cache or not. */
  peerOutcome(peer: Peer, outcome: PeerOutcome): void
  /** What one request over the network told about a peer, however many waited for it, if any still does. */
  peerAsked(peer: Peer, result: CallResult, asked: AskedPeer): void
  /** A request that was ended here because nobody wanted its answer any more: it tells nothing about the peer. */
  peerCalledOff(peer: Peer, asked: AskedPeer): void
  /** A peer that fails is left alone, tried, or trusted again. */
  breakerChanged(peerId: PeerId, state: BreakerState): void
  /** A peer's status is another than before. */
  healthChanged(peer: Peer, change: { readonly before: PeerHealthStatus; readonly health: PeerHealth }): void
  /** It shows a key that nobody here has accepted, beside or in place of the one it is known by. */
  keyOffered(peer: Peer, offered: Omit<OfferedKey, 'seenAt'>): void
  /** What came of bringing the copies of a peer's records up to date. */
  peerSynced(peer: Peer, synced: Synced): void
  /** Rows of the query log that could not be written. */
  questionsLost(rows: number, error: unknown): void
  /** Records of peers' answers that were not noted as last seen: more waited for the database than are kept. */
  recordsLost(records: number): void
  /** A fault of this registry that cost a peer's answer, a cached one or a health check. */
  fault(error: unknown, during: string): void
}
