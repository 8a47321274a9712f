/** What one replica counted of a peer since it was started. */
import type { ReplicaFigures } from '../domain/federation-ports.ts'

export type WireReplicaFigures = {
  readonly since: string
  /** Whether the peer is asked: `open` is left alone after failures. */
  readonly breaker: ReplicaFigures['breaker']
  readonly cache_hits: number
  readonly cache_misses: number
  readonly bytes_in: number
  readonly bytes_out: number
}
