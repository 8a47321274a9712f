/** What federation keeps in the database beside its peers: who does the common work, and what came of asking. */
import type { AgentId, Did } from './agent.ts'
import type { PeerHealthStatus, PeerId, PeerPosition } from './peer.ts'
import type { PeerQuota, PeerUsage, QuotaKind } from './peer-quota.ts'
import type { Actor, Scope } from './principal.ts'
import type { SharePolicy } from './share-policy.ts'

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
  /**
   * Share of the time it answered as it should, 0 to 1. A peer that is down is checked less often, so a failed check
   * counts for the time until the next one.
   */
  readonly share: number
  /** Over the checks that have a response time; `null` when none has. */
  readonly averageResponseTimeMs: number | null
}

export type UptimeSpan = {
  /** Unix ms. */
  readonly since: number
  /** Unix ms: how long the last check has held. */
  readonly until: number
  /** What a check counts for at least: the time to the next while all is well. */
  readonly intervalMs: number
  /** What a failed check counts for at most: what lies further apart was not watched. */
  readonly longestMs: number
  /** This one alone. */
  readonly peerId?: PeerId
}

/** How peers fared. */
export interface HealthHistory {
  /** Of two checks of one peer in the same millisecond the later is kept. A peer that is gone is no error. */
  record(check: HealthCheck): Promise<void>
  /** Checks from `since` on and before `before` (Unix ms), newest first. */
  list(
    peerId: PeerId,
    options: { readonly since: number; readonly before?: number; readonly limit: number },
  ): Promise<HealthCheck[]>
  /** Of every peer that was checked from `since` on. */
  uptime(span: UptimeSpan): Promise<ReadonlyMap<PeerId, Uptime>>
  /** Forgets checks made before `before` (Unix ms); returns how many. */
  purge(before: number): Promise<number>
}

/** `outbound`: we asked the peer. `inbound`: it asked us. */
export type QueryDirection = 'outbound' | 'inbound'

/** Of a question to a peer whose answer nobody wanted any more: neither a success nor a failure, and its time says nothing. */
export const CALLED_OFF_OUTCOME = 'called-off'

/** One question between this registry and a peer. */
export type QueryLogEntry = {
  readonly direction: QueryDirection
  readonly peerId: PeerId
  /** As it was then. */
  readonly peerName: string
  readonly outcome: string
  readonly responseTimeMs: number
  readonly results: number | null
  /** `hit` and `revalidating`: the peer was not waited for. */
  readonly cache: string | null
  /** Keyed hash of what was asked; the text itself only where the operator has it logged. */
  readonly queryHash: string | null
  readonly queryText: string | null
  readonly requestId: string | null
  readonly createdAt: number
}

export type QueryLogRow = QueryLogEntry & { readonly id: number }

export type QueryLogFilter = {
  /** Of a peer that may be gone; what is no id at all finds nothing. */
  readonly peerId?: string
  readonly direction?: QueryDirection
  readonly outcome?: string
  /** From this time on; Unix ms. */
  readonly since?: number
  /** Before this time; Unix ms. */
  readonly until?: number
  /** Only what follows the row with this id, in the order of the list: the last row of the page before. */
  readonly before?: number
  readonly limit: number
}

export type QueryFigures = {
  /** How many questions had which outcome. */
  readonly outcomes: ReadonlyMap<string, number>
  /** Over the questions that were not answered from a cache; `null` when there are none. */
  readonly averageResponseTimeMs: number | null
  /** The same, over the newest 10,000 at most: the middle one, and what 95 of 100 do not exceed. */
  readonly p50ResponseTimeMs: number | null
  readonly p95ResponseTimeMs: number | null
}

/** Figures of a peer beside those of all others, over what was asked of or by all of them. */
export type PeerFigures = Omit<QueryFigures, 'averageResponseTimeMs'>

/** What one process counted of a peer since it was started. */
export type ReplicaFigures = {
  /** Whether the peer is asked; `open` is left alone after failures. */
  readonly breaker: 'closed' | 'open' | 'half-open'
  /** Searches answered for it from the cache, and those that the cache had no answer for. */
  readonly cacheHits: number
  readonly cacheMisses: number
  /** Of answers: received from it, and sent to it. */
  readonly bytesIn: number
  readonly bytesOut: number
}

/** The questions between this registry and its peers. History outlives a peer. */
export interface QueryLog {
  /** All rows or none. */
  append(rows: readonly QueryLogEntry[]): Promise<void>
  /** Newest first. */
  list(filter: QueryLogFilter): Promise<QueryLogRow[]>
  /** From `since` (Unix ms) on. */
  stats(peerId: PeerId, since: number): Promise<Readonly<Record<QueryDirection, QueryFigures>>>
  /** Of all peers at once, over the newest 20,000 questions at most; a peer without any is not in it. */
  statsOfAll(since: number): Promise<ReadonlyMap<PeerId, Readonly<Record<QueryDirection, PeerFigures>>>>
  /** Rows behind the id `after`, as a digest is taken over them, in order of their ids. */
  readLines(part: { readonly after: number; readonly limit: number }): Promise<QueryLogLine[]>
  /** Writes the SHA-256 of the rows that came since the last time into the audit log; returns how many rows that were. */
  digest(): Promise<number>
  /** What the digests cover, summed up over whole UTC days; it outlives the rows. */
  sum(span: { readonly since: number; readonly until: number }): Promise<QuerySum[]>
  /** Forgets the sums of days before `before` (Unix ms); returns how many. */
  purgeSums(before: number): Promise<number>
  /** Forgets questions of before `before` (Unix ms), which the audit log says; returns how many. */
  purge(before: number): Promise<number>
}

/** The questions of a span with one outcome. */
export type QuerySum = {
  readonly peerId: PeerId
  /** As it was last called. */
  readonly peerName: string
  readonly direction: QueryDirection
  readonly outcome: string
  readonly questions: number
  readonly results: number
  /** Over those that were waited for; `null` when there are none. */
  readonly averageResponseTimeMs: number | null
}

/** A row as canonical JSON, all its columns. */
export type QueryLogLine = { readonly id: number; readonly createdAt: string; readonly text: string }

/** The state of walks through merged answers, for any replica to go on with. */
export interface SnapshotStore {
  /**
   * @param snapshot.id a UUID; what was kept under it is replaced.
   * @param snapshot.state anything JSON can say.
   */
  put(snapshot: { readonly id: string; readonly state: unknown; readonly expiresAt: number }): Promise<void>
  /** Expired ones are not found. */
  find(id: string): Promise<{ readonly state: unknown; readonly expiresAt: number } | undefined>
  /** Forgets what expired before `now` (Unix ms); returns how many. */
  purge(now: number): Promise<number>
}

/** A peer's record as its answer had it. */
export type FederatedRecord = {
  readonly did: string
  /** What the peer calls it. */
  readonly agentId: string
  /** The record itself, an object of JSON. */
  readonly data: object
}

/** A peer's record as last seen. */
export type FederatedCopy = {
  readonly peerId: PeerId
  /** Its reader checks it. */
  readonly data: unknown
  readonly seenAt: number
  readonly expiresAt: number
}

/** A copy by its DID, and when it was last seen; Unix ms. */
export type SeenAt = { readonly did: string; readonly seenAt: number }

/** Peers' records last seen: found by DID, and shown while their peer is down. Expired copies are not found. */
export interface FederatedAgentStore {
  /**
   * Keeps the records of one answer; a copy seen later is left as it is. Nothing is kept when the peer is gone, or
   * its epoch no longer the one it was asked in.
   */
  remember(
    peerId: PeerId,
    records: readonly FederatedRecord[],
    options: { readonly epoch: number; readonly seenAt: number; readonly expiresAt: number },
  ): Promise<void>
  /** Copies of all peers. */
  findByDid(did: string): Promise<FederatedCopy[]>
  /** Those of the named ones that are there, in no particular order. */
  listOfPeer(peerId: PeerId, dids: readonly string[]): Promise<FederatedCopy[]>
  /** What there is, last seen first, and when: while this stays the same, so do the copies. */
  listSeenAt(peerId: PeerId, options: { readonly limit: number }): Promise<SeenAt[]>
  /**
   * Removes what the peer no longer has; returns how many. Raise its epoch before: an answer still on its way could
   * bring the records back.
   */
  forget(
    peerId: PeerId,
    gone: { readonly agentIds: readonly string[]; readonly dids: readonly string[] },
  ): Promise<number>
  /** Removes all of one peer; returns how many. */
  forgetPeer(peerId: PeerId): Promise<number>
  /** Removes what expired before `now` (Unix ms); returns how many. */
  purge(now: number): Promise<number>
}

/** What is known of a peer's changes, and what is kept of it. Only `clearCache` is an operator's act. */
export interface PeerSync {
  /** Notes how far its changes were read, and when (Unix ms). A peer that is gone is no error. */
  recordSync(id: PeerId, sync: PeerPosition & { readonly syncedAt: number }): Promise<void>
  /** Answers fetched before `before` (Unix ms) are overtaken; an earlier time than the one noted changes nothing. */
  markStale(id: PeerId, before: number): Promise<void>
  /** Voids everything cached of it; `undefined` when there is no such peer. */
  raiseEpoch(id: PeerId): Promise<number | undefined>
  /** Voids everything cached of it, removes its records and counts them; `undefined` when there is no such peer. */
  clearCache(id: PeerId, actor: Actor): Promise<{ readonly purgedAgents: number } | undefined>
}

/** The last change of one of our records, as those see it who may see the record, or could. */
export type AgentChange = {
  /** Position in this registry's sequence of changes. */
  readonly seq: number
  readonly id: AgentId
  readonly did: Did
  /** `delete`: it is gone, or out of the asker's sight. */
  readonly op: 'upsert' | 'delete'
  /** When it was changed, deleted or withdrawn; Unix ms. */
  readonly updatedAt: number
}

export type AgentChanges =
  | {
      readonly kind: 'changes'
      /** In the order they were committed, none twice. */
      readonly changes: readonly AgentChange[]
      /** What to ask from next; it grows also by changes that the asker does not see. */
      readonly next: number
      /** Not all was looked through yet, also where `changes` are few or none. */
      readonly isMore: boolean
    }
  /**
   * What was deleted since then is no longer known here, or `since` was never reached: the asker drops its copies and
   * goes on from `next`.
   */
  | { readonly kind: 'horizon'; readonly next: number }

/** Our own records' changes, for those who keep copies of them. */
export interface ChangesFeed {
  /**
   * The last change of each record that changed after `since`, as far as `scope` sees the record or could see it. Of
   * what it never could see it learns nothing.
   * @param options.since the asker's last `next`; 0 before the first time.
   * @param options.limit at least 1.
   */
  listChanges(
    scope: Scope,
    options: { readonly since: number; readonly limit: number },
  ): Promise<AgentChanges>
  /**
   * Names this database's sequence of changes: numbers of another one mean nothing in it. A database restored from a
   * backup keeps its name, until the row `changes_epoch` of `registry_meta` is removed.
   */
  changesEpoch(): Promise<string>
}

/** What an answer to a peer depends on, as of one moment. */
export type PeerView = {
  /** The number of the last change of any record. */
  readonly recordsRevision: number
  /** Grows with every change of its share policy. */
  readonly shareRevision: number
  readonly policy: SharePolicy | null
  readonly quota: PeerQuota | null
  /** What it has taken of this day. */
  readonly used: PeerUsage
}

/** What peers took of each day. */
export interface PeerUsages {
  /**
   * Adds what an answer takes, if all of it is within the quota; else nothing.
   * @param spent.day its first moment, UTC.
   * @returns what it would take too much of; `null` when it was added.
   */
  spend(
    id: PeerId,
    spent: { readonly day: number; readonly amount: PeerUsage; readonly quota: PeerQuota },
  ): Promise<QuotaKind | null>
  read(id: PeerId, day: number): Promise<PeerUsage>
  /** Forgets days before `before` (Unix ms); returns how many. */
  purge(before: number): Promise<number>
}

/** Read with every request of a peer: a policy that was narrowed a moment ago, anywhere, is obeyed. */
export interface PeerViews {
  /** `undefined` when there is no such peer. */
  read(id: PeerId): Promise<PeerView | undefined>
}
