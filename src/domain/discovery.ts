/** What a search is, and what came of asking every registry for it. */
import type { Agent, AgentStatus, NameMember } from './agent.ts'
import type { Peer, PeerId } from './peer.ts'

/** Conditions a record must meet, whatever its score. Compared without case. */
export type AgentFilter = {
  readonly agentType: string | null
  /** All of them. */
  readonly tags: readonly string[]
  readonly status: AgentStatus | null
  readonly provider: string | null
}

export const NO_FILTER: AgentFilter = { agentType: null, tags: [], status: null, provider: null }

/** `search_stats`: the figures an asker needs to put records of several registries on one scale. */
export type SearchStatistics = {
  readonly documents: number
  /** Every stem of the query, and the pseudo-term `form*`; zeros included. */
  readonly documentFrequency: ReadonlyMap<string, number>
  readonly isEstimated: boolean
}

/** A user's question to this registry and, when federated, to its peers. */
export type DiscoveryQuery = {
  readonly search: string | null
  readonly filter: AgentFilter
  readonly includeLocal: boolean
  readonly includeFederated: boolean
  /** Identifiers or names (compared without case) of the only peers to ask; empty asks all. */
  readonly peers: readonly string[]
  readonly limit: number
  readonly timeoutMs: number
  readonly maxAgeSeconds: number | null
  readonly forceRefresh: boolean
  /** `nextCursor` of the page before; `null` asks for the first. */
  readonly cursor: string | null
}

/** Why an asked peer gave nothing fresh. */
export type FailureReason =
  | 'timeout'
  | 'unreachable'
  | 'refused'
  | 'rate-limited'
  | 'bad-response'
  | 'blocked'

/** Why a peer was not asked. */
export type SkipReason = 'breaker-open' | 'not-selected' | 'budget'

/** One page of a peer's answer, after its schema was checked. */
export type PeerAnswer = {
  readonly agents: readonly Agent[]
  readonly statistics: SearchStatistics | null
  /** The peer has more than this page. */
  readonly hasMore: boolean
  /** Asks the peer for what follows; `null` at the end, and where the peer does not say. */
  readonly nextCursor: string | null
  /** Records of the page that broke the schema and were left out. */
  readonly droppedRecords: number
  /** Unix ms. */
  readonly fetchedAt: number
}

/** What came of one peer in one search. A slow or broken peer is data, not an exception. */
export type PeerOutcome =
  | {
      readonly kind: 'answered'
      readonly peerId: PeerId
      readonly answer: PeerAnswer
      /** `revalidating`: an older copy, shown at once while the peer is asked in the background. */
      readonly cache: 'hit' | 'revalidating' | 'miss'
      readonly durationMs: number
    }
  | {
      /** A copy shown because the live attempt failed, or was not made: a failure that still shows something. */
      readonly kind: 'stale'
      readonly peerId: PeerId
      readonly answer: PeerAnswer
      readonly reason: FailureReason | Exclude<SkipReason, 'not-selected'>
      /** A sentence for the person who asked: why there is nothing newer. */
      readonly error: string
      readonly durationMs: number
      /** When the peer will be asked again, if that is known; Unix ms. */
      readonly retryAt: number | null
    }
  | {
      readonly kind: 'failed'
      readonly peerId: PeerId
      readonly reason: FailureReason
      /** A sentence for the person who asked. */
      readonly error: string
      readonly durationMs: number
    }
  | {
      readonly kind: 'skipped'
      readonly peerId: PeerId
      readonly reason: SkipReason
      readonly retryAt: number | null
    }

/** One line of the account a search gives of its peers. */
export type PeerRow = {
  readonly peerId: PeerId
  readonly name: string
  readonly registryUrl: string
  readonly outcome: 'answered' | 'stale' | FailureReason | 'skipped'
  readonly results: number
  readonly durationMs: number | null
  readonly cache: 'hit' | 'revalidating' | 'miss' | null
  readonly ageSeconds: number | null
  readonly hasMore: boolean
  readonly error: string | null
  readonly reason: SkipReason | null
  readonly retryAt: number | null
  /** `pooled`: the peer sent no usable statistics, its records were scored with the others'. */
  readonly scoring: 'pooled' | null
  readonly droppedRecords: number
}

/**
 * The account of a federated search.
 * Always: `queriedRegistries = successfulQueries + failedQueries`, and `peers` has
 * `queriedRegistries + skippedRegistries` rows, one for every active peer.
 */
export type FederationStats = {
  readonly queriedRegistries: number
  readonly successfulQueries: number
  readonly failedQueries: number
  readonly skippedRegistries: number
  readonly totalFederatedResults: number
  readonly cacheHits: number
  /** True only if every active peer answered. */
  readonly isComplete: boolean
  readonly durationMs: number
  readonly peers: readonly PeerRow[]
}

/** Where a record comes from and how old this view of it is. */
export type Provenance = {
  readonly origin: string
  readonly peerId: PeerId | null
  readonly fetchedAt: number
  readonly ageSeconds: number
  readonly isStale: boolean
  readonly verification: 'unverified'
  /** Which names of a peer's record may be made to pass for others; absent if none. */
  readonly mixedScripts?: readonly NameMember[]
}

/** The same agent in another registry. */
export type AlsoIn = { readonly registryName: string; readonly registryUrl: string; readonly id: string }

/** One result of a search. */
export type DiscoveredAgent = {
  readonly agent: Agent
  readonly isFederated: boolean
  readonly registryName: string
  readonly registryUrl: string
  /** `null` without `search`. */
  readonly score: number | null
  readonly provenance: Provenance
  readonly alsoIn: readonly AlsoIn[]
}

export type DiscoveryAnswer = {
  readonly agents: readonly DiscoveredAgent[]
  /** `null` without `include_federated`. */
  readonly stats: FederationStats | null
  readonly nextCursor: string | null
  /** Sentences about what the asker should know, e.g. that federation is switched off. */
  readonly warnings: readonly string[]
}

/** Names one result within one search, whoever holds it: registry URL and the record's id there. */
export type ResultKey = string & { readonly __brand: 'ResultKey' }

export function resultKey({ registryUrl, agent }: Pick<DiscoveredAgent, 'registryUrl' | 'agent'>): ResultKey {
  return `${registryUrl}#${agent.id}` as ResultKey
}

/**
 * What a running search tells, in this order: one `plan`, one `local` (if our own records were asked for), then
 * `peer` once for each peer that is asked, and `merge` as the order of results changes. The last `merge` has the very
 * results, in the very order, of the `DiscoveryAnswer` that follows.
 */
export type DiscoveryProgress =
  | {
      readonly kind: 'plan'
      readonly asked: readonly { readonly peer: Peer; readonly deadlineMs: number }[]
      readonly skipped: readonly PeerRow[]
    }
  | { readonly kind: 'local'; readonly agents: readonly DiscoveredAgent[] }
  | { readonly kind: 'peer'; readonly row: PeerRow }
  | {
      readonly kind: 'merge'
      /** Results that are new, or show otherwise than when last sent. */
      readonly upserts: readonly DiscoveredAgent[]
      /** All results of the page, best first. */
      readonly order: readonly ResultKey[]
    }
