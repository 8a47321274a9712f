/** What federation keeps in the database beside its peers: who does the common work, and what came of asking. */
import type { PeerHealthStatus, PeerId } from './peer.ts'

/** Of many replicas, one does a job: the holder of its lease. */
export interface LeaseStore {
  /**
   * Claims a lease or renews it, in one statement.
   * @param holder names one process, anew at each of its starts.
   * @returns the lease's epoch, which grows whenever the holder changes; `undefined` while another holds it.
   */
  claim(name: string, holder: string, ttlMs: number): Promise<number | undefined>
  /** Lets others have it at once; one that is not held is no error. */
  release(name: string, holder: string): Promise<void>
}

/** One look at a peer. */
export type HealthCheck = {
  readonly peerId: PeerId
  readonly at: number
  readonly status: PeerHealthStatus
  /** It answered as it should. */
  readonly isUp: boolean
  readonly responseTimeMs: number | null
  readonly error: string | null
}

export type Uptime = {
  readonly checks: number
  readonly up: number
  /** Over the checks that have a response time; `null` when none has. */
  readonly averageResponseTimeMs: number | null
}

/** How peers fared. */
export interface HealthHistory {
  /** Of two checks of one peer in the same millisecond the later is kept. A peer that is gone is no error. */
  record(check: HealthCheck): Promise<void>
  /** Checks from `since` (Unix ms) on, newest first. */
  list(peerId: PeerId, options: { readonly since: number; readonly limit: number }): Promise<HealthCheck[]>
  /** Of every peer that was checked from `since` (Unix ms) on. */
  uptime(since: number): Promise<ReadonlyMap<PeerId, Uptime>>
  /** Forgets checks made before `before` (Unix ms); returns how many. */
  purge(before: number): Promise<number>
}
