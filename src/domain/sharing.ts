/** What the replicas of one registry share while they can, and do without while they cannot. */

/** Values that all replicas see. Neither method throws or rejects: a failure is a miss. */
export interface SharedCache {
  /**
   * Undefined when there is none, when it does not come within milliseconds, and at once while nothing is shared.
   * The bytes may be a part of a larger buffer: copy what is to be kept.
   */
  get(key: string): Promise<Uint8Array | undefined>
  /** Keeps a value for that long, if it can be done; nobody waits for it. An empty value is none. */
  put(key: string, value: Uint8Array, ttlSeconds: number): void
}

export type SharedCount = {
  /** All points of the window, those just added included. */
  readonly total: number
  /** Time to the window's end, from 1. */
  readonly msLeft: number
}

/** Counters that all replicas add to, each over a window of time that begins with its first points. */
export interface SharedCounters {
  /** False while nothing is shared: there is no use in asking then. */
  isUp(): boolean
  /**
   * Adds points and tells how the counter stands. Never rejects: undefined when there was no answer within
   * milliseconds; whether the points are counted is not known then.
   * @param known how it stood when last heard of, in this window: a counter that has less was lost, and goes on from
   * there.
   */
  add(key: string, points: number, windowMs: number, known?: SharedCount): Promise<SharedCount | undefined>
}

/** What was tried. */
export type SharingOperation = 'connect' | 'get' | 'put' | 'count'

/** Why it failed. */
export type SharingFault =
  /** No connection, or one that broke. */
  | 'unreachable'
  /** No answer in time. */
  | 'timeout'
  /** An answer that says no: a wrong password, no right to a command, a value of another type. */
  | 'refused'
  /** No room for another value. */
  | 'full'
  /** A value larger than any of ours. */
  | 'too-large'
  /** Dropped, since too much was on its way. */
  | 'backlog'
  /** A value that we did not put there like this. */
  | 'corrupt'

export type SharingState =
  | { readonly kind: 'up' }
  | { readonly kind: 'down'; readonly fault: SharingFault; readonly error: unknown }

/** Facts of sharing worth counting or logging. Whoever listens must not throw. */
export interface SharingEvents {
  /** Said once at start, and whenever it changes. */
  sharingChanged(state: SharingState): void
  /** One failure; what was asked for went on without. */
  sharingFailed(operation: SharingOperation, fault: SharingFault, error: unknown): void
}
