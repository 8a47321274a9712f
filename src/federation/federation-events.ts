/** Facts of federation worth counting. Whoever listens must not throw; telemetry changes no answer. */
import type { PeerOutcome } from '../domain/discovery.ts'
import type { Peer } from '../domain/peer.ts'
import type { ProtocolResult } from './protocols/protocol.ts'

export interface FederationEvents {
  /** What came of one peer in one search, from the cache or not. */
  peerOutcome(peer: Peer, outcome: PeerOutcome): void
  /** What one request over the network told about a peer, however many waited for it, if any still does. */
  peerAsked(peer: Peer, result: ProtocolResult, durationMs: number): void
  /** A fault of this registry that cost a peer's answer, a cached one or a health check. */
  fault(error: unknown, during: string): void
}
