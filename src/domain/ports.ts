/** What the registry needs from the outside: stores, caches, time. `registry.ts` picks who provides it. */
import type { AgentCard, AgentFields, AgentId, Did, OwnAgent, OwnerId, Tombstone } from './agent.ts'
import type { AuditLog } from './audit-ports.ts'
import type { KeyStore, TokenStore } from './credential-ports.ts'
import type { AgentFilter, PeerAnswer, SearchStatistics } from './discovery.ts'
import type {
  ChangesFeed,
  FederatedAgentStore,
  HealthHistory,
  LeaseStore,
  PeerSync,
  PeerUsages,
  PeerViews,
  QueryLog,
  SnapshotStore,
} from './federation-ports.ts'
import type { IdentityStore } from './identity.ts'
import type { EnrolledPeer, EnrolResult, InviteStore } from './invites.ts'
import type { BlockStore, ModerationFigures, ModerationStore, ReportStore, Withheld } from './moderation.ts'
import type {
  OfferedKey,
  Peer,
  PeerCredentials,
  PeerHealth,
  PeerId,
  SignatureScheme,
  SignatureTarget,
} from './peer.ts'
import type { PeerQuota } from './peer-quota.ts'
import type { Actor, Scope } from './principal.ts'
import type { SecretStore } from './secrets.ts'
import type { SessionStore } from './sessions.ts'
import type { SharePolicy } from './share-policy.ts'

/** Time, injected so that tests decide it. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number
  /** Milliseconds of a clock that never jumps, for durations. */
  monotonic(): number
  /** Calls back once, after so many milliseconds; what is returned calls it off. */
  after(delayMs: number, callBack: () => void): () => void
  /** Calls back once, as soon as what waits for this process by now has had its turn. */
  soon(callBack: () => void): void
}

/** A record about to be stored. */
export type AgentDraft = {
  readonly fields: AgentFields
  readonly explicitFields: readonly (keyof AgentFields)[]
  readonly card: AgentCard | null
}

export type FoundAgent =
  | { readonly kind: 'found'; readonly agent: OwnAgent }
  /** Deleted, and the asker could see it before. */
  | { readonly kind: 'deleted'; readonly tombstone: Tombstone }
  /** There, and the asker could see it, were it not withheld. */
  | { readonly kind: 'withheld'; readonly withheld: Withheld }
  | { readonly kind: 'absent' }

/** A client's promise that equal keys mean one request (draft-ietf-httpapi-idempotency-key-header-07). */
export type Idempotency = {
  readonly key: string
  /** SHA-256 of what was sent, lower-case hex. */
  readonly fingerprint: string
}

export type CreatedAgent =
  | { readonly kind: 'created'; readonly agent: OwnAgent }
  /** The key was used for the same request before: nothing was stored now. */
  | { readonly kind: 'replayed'; readonly agent: OwnAgent }
  /** The same request was honoured before and its record is gone since. */
  | { readonly kind: 'replayed-gone'; readonly agentId: AgentId }
  /** The key was used for another request before. */
  | { readonly kind: 'key-reused' }

export type ReplacedAgent =
  | { readonly kind: 'replaced'; readonly agent: OwnAgent }
  /** The record changed since the revision the caller saw. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'absent' }

export type ImportDraft = AgentDraft & { readonly id: AgentId | null }

export type ImportedLine =
  | { readonly kind: 'created' | 'updated' | 'unchanged'; readonly id: AgentId }
  | { readonly kind: 'rejected'; readonly reason: string }

/** Position in the order `created_at` descending, then DID. */
export type ListPosition = { readonly createdAt: number; readonly did: Did }

/** A record as it is told to those outside: the very same when there is nothing to mask in it. */
export type AsShared = (agent: OwnAgent) => OwnAgent

/**
 * This registry's own records. Every change is one transaction with its audit row. What is read in the scope of a peer
 * or of nobody is as it may be shared with them.
 */
export interface AgentStore extends ChangesFeed {
  create(
    draft: AgentDraft,
    ownerId: OwnerId,
    options: { readonly actor: Actor; readonly idempotency: Idempotency | null },
  ): Promise<CreatedAgent>
  /** By id or DID. A record the scope does not reach is `absent`. */
  find(reference: string, scope: Scope): Promise<FoundAgent>
  findCard(id: AgentId): Promise<AgentCard | undefined>
  /**
   * Replaces the fields of a record, and its card unless `draft.card` is `'keep'`.
   * @param expectedRevision the revision the caller read; another one stored now gives `stale`.
   */
  replace(
    id: AgentId,
    draft: Omit<AgentDraft, 'card'> & { readonly card: AgentCard | null | 'keep' },
    options: { readonly expectedRevision: number; readonly actor: Actor },
  ): Promise<ReplacedAgent>
  /** Leaves a tombstone; a record already gone is no error. */
  delete(
    id: AgentId,
    options: {
      readonly reason: string | null
      readonly expectedRevision: number | null
      readonly actor: Actor
    },
  ): Promise<'deleted' | 'stale' | 'absent'>
  /** All lines of one batch in one transaction, one outcome a line, in order. Doubled lines find each other. */
  importBatch(
    drafts: readonly ImportDraft[],
    ownerId: OwnerId,
    options: { readonly actor: Actor; readonly isDryRun: boolean },
  ): Promise<ImportedLine[]>
  /** Newest first (`created_at` descending, then DID), at most `limit`, starting behind `after`. */
  list(
    filter: AgentFilter,
    scope: Scope,
    page: { readonly after: ListPosition | null; readonly limit: number },
  ): Promise<OwnAgent[]>
  count(scope: Scope): Promise<number>
  /** The number of the last change of any record: the generation of the index. */
  lastRevision(): Promise<number>
}

/** Where a page of ranked results ended, and the figures its scores were made with. */
export type RankedPosition = {
  readonly score: number
  readonly did: string
  readonly statistics: SearchStatistics
}

export type RankedAgents = {
  readonly matches: readonly { readonly agent: OwnAgent; readonly score: number }[]
  /** Over everything the scope reaches, whatever the filter. */
  readonly statistics: SearchStatistics
  readonly hasMore: boolean
  /** As `lastRevision` was before anything of this was read. */
  readonly revision: number
}

/** Local search, ranked by `bm25-1`. */
export interface AgentIndex {
  /** @param search the query text as the user typed it (a trailing space matters). */
  search(
    search: string,
    scope: Scope,
    options: { readonly filter: AgentFilter; readonly limit: number; readonly after: RankedPosition | null },
  ): Promise<RankedAgents>
}

export type PeerDraft = {
  readonly name: string
  readonly registryUrl: string
  readonly isActive: boolean
  readonly isInboundActive: boolean
  readonly apiKey: string | null
  readonly signingSecret: string | null
  readonly protocol: string
  readonly timeoutMs: number | null
  readonly publicKey: string | null
  readonly signatureScheme: SignatureScheme
  readonly signatureTarget: SignatureTarget
  readonly requireSignature: boolean | null
  readonly priority: number
  /** See `Peer`; false if not given. */
  readonly isSizeConfirmed?: boolean
  readonly awaitsConfirmation?: boolean
  /** These too: a peer begins without any of them. */
  readonly requireMtls?: boolean
  readonly clientPins?: readonly string[]
  readonly serverPins?: readonly string[]
  readonly serverCa?: string | null
  readonly clientCertificate?: string | null
  readonly clientKey?: string | null
  readonly metadata: Readonly<Record<string, unknown>>
  readonly sharePolicy: SharePolicy | null
  readonly quota: PeerQuota | null
}

/** Changes to a peer; absent members stay as they are, `null` clears. */
export type PeerPatch = Partial<PeerDraft>

export type PeerConflict =
  | { readonly kind: 'name-taken' }
  | { readonly kind: 'url-taken'; readonly peer: Peer }

export interface PeerStore extends PeerSync {
  create(
    draft: PeerDraft,
    actor: Actor,
  ): Promise<{ readonly kind: 'created'; readonly peer: Peer } | PeerConflict>
  list(): Promise<Peer[]>
  find(id: string): Promise<Peer | undefined>
  findByUrl(registryUrl: string): Promise<Peer | undefined>
  update(
    id: PeerId,
    patch: PeerPatch,
    actor: Actor,
  ): Promise<{ readonly kind: 'updated'; readonly peer: Peer } | { readonly kind: 'absent' } | PeerConflict>
  /** Revokes its tokens and purges its cached records, counted. */
  delete(
    id: PeerId,
    actor: Actor,
  ): Promise<{ readonly revokedTokens: number; readonly purgedAgents: number } | undefined>
  /** Opens the sealed secrets. @throws when the key that sealed them is missing or they were altered. */
  getCredentials(id: PeerId): Promise<PeerCredentials>
  /** The private key of `Peer.clientCertificate`, PEM. @throws as `getCredentials` does. */
  getClientKey(id: PeerId): Promise<string | null>
  /**
   * Changes how a peer fares from what it is by now: other replicas may have changed it since it was read here.
   *
   * @param change decides it; nothing is written when it gives back the very health that it was given.
   * @returns undefined for a peer that is gone.
   */
  recordHealth(
    id: PeerId,
    change: (before: PeerHealth) => PeerHealth,
  ): Promise<{ readonly before: PeerHealth; readonly after: PeerHealth } | undefined>
  /** Makes a registry a peer in both directions, using up its invite; all of it or nothing. */
  enrol(enrolled: EnrolledPeer, actor: Actor): Promise<EnrolResult>
  /**
   * Notes what a look at the peer's keys found: a key that nobody here has accepted (`null`: none), and whether it
   * still shows the one before. Nothing is written when both are known; a peer that has another key by now is left
   * as it is.
   */
  recordKeys(
    id: PeerId,
    seen: {
      /** The key it was looked at for. */
      readonly publicKey: string | null
      readonly offered: Omit<OfferedKey, 'seenAt'> | null
      readonly isPreviousShown: boolean
    },
  ): Promise<void>
}

/** Nonces of signatures that were accepted, for all replicas: what was accepted once is not accepted again. */
export interface NonceStore {
  /**
   * @param expiresAt Unix ms; until then it is known.
   * @returns false when it was used before.
   */
  use(keyid: string, nonce: string, expiresAt: number): Promise<boolean>
  /** Forgets what expired before `now` (Unix ms); returns how many. */
  purge(now: number): Promise<number>
}

/** A peer's answer as it is kept, with the tag by which the peer can be asked whether it still holds. */
export type KeptAnswer = {
  readonly answer: PeerAnswer
  readonly etag: string | null
  /** How much of it came over the network, by which its memory is estimated. */
  readonly bodyBytes: number
}

/** Peers' answers by key. A failure of the cache is a miss; failed answers are never put in. */
export interface ResultCache {
  get(key: string): KeptAnswer | undefined
  put(key: string, kept: KeptAnswer, ttlSeconds: number): void
  /** Forgets all answers of one peer. */
  forgetPeer(peerId: PeerId): void
}

/** Everything kept in the database. */
/** The connections this process has to its database server. */
export type DatabaseConnections = {
  readonly busy: number
  readonly idle: number
  /** As many as there may be, busy and idle. */
  readonly most: number
  /** Who waits for one. */
  readonly waiting: number
}

export interface Storage extends AsyncDisposable {
  readonly engine: 'sqlite' | 'postgres'
  readonly agents: AgentStore
  readonly index: AgentIndex
  readonly peers: PeerStore
  readonly tokens: TokenStore
  readonly keys: KeyStore
  readonly sessions: SessionStore
  readonly identity: IdentityStore
  readonly nonces: NonceStore
  readonly audit: AuditLog
  readonly blocks: BlockStore
  readonly moderation: ModerationStore
  readonly reports: ReportStore
  /** For the metrics. */
  moderationFigures(): Promise<ModerationFigures>
  readonly leases: LeaseStore
  readonly healthChecks: HealthHistory
  readonly queryLog: QueryLog
  readonly snapshots: SnapshotStore
  readonly federatedAgents: FederatedAgentStore
  readonly peerViews: PeerViews
  readonly peerUsages: PeerUsages
  readonly secrets: SecretStore
  readonly invites: InviteStore
  /** Forgets which records were deleted or withdrawn before `before` (Unix ms); returns how many were deleted. */
  purgeTombstones(before: number): Promise<number>
  /** As of now; null for a database that is a file and needs none. */
  connections(): DatabaseConnections | null
  /** Resolves when the database answers. @throws when it does not within `timeoutMs`. */
  ping(timeoutMs: number): Promise<void>
}
