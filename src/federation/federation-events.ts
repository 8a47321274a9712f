/** Facts of federation worth counting. Whoever listens must not throw; telemetry changes no answer. */
import type { PeerOutcome } from '../domain/discovery.ts'
import type { Peer, PeerId } from '../domain/peer.ts'
import type { BreakerState } from './breaker.ts'
import type { CallResult } from './call-peer.ts'

export interface FederationEvents {
  /** What came of one peer in one search, from the cache or not. */
  peerOutcome(peer: Peer, outcome: PeerOutcome): void
  /** What one request over the network told about a peer, however many waited for it, if any still does. */
  peerAsked(peer: Peer, result: CallResult, durationMs: number): void
  /** A peer that fails is left alone, tried, or trusted again. */
  breakerChanged(peerId: PeerId, state: BreakerState): void
  /** A fault of this registry that cost a peer's answer, a cached one or a health check. */
  fault(error: unknown, during: string): void
}
