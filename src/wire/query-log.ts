/** A question between this registry and a peer, as the log of questions shows it. */
import type { QueryDirection } from '../domain/federation-ports.ts'

export type WireLoggedQuery = {
  readonly id: number
  readonly direction: QueryDirection
  readonly peer_id: string
  readonly peer_name: string
  readonly outcome: string
  readonly response_time_ms: number
  readonly results: number | null
  /** Equal for equal searches. */
  readonly query_hash: string | null
  /** Only where the registry logs it. */
  readonly query_text: string | null
  readonly request_id: string | null
  readonly created_at: string
}
