/** The answer to a search as JSON. Members without a value are left out. */
import type {
  DiscoveredAgent,
  DiscoveryAnswer,
  FederationStats,
  PeerRow,
  Provenance,
} from '../domain/discovery.ts'
import { agentToWire, timeToWire, type WireAgent } from './agent.ts'

export type WireProvenance = {
  readonly origin: string
  readonly peer_id?: string
  readonly fetched_at: string | null
  readonly age_seconds: number
  readonly stale: boolean
  readonly verification: string
  readonly mixed_scripts?: readonly string[]
}

/** What a search says of a record that it found. */
export type WireFinding = {
  readonly score?: number
  readonly provenance: WireProvenance
  readonly also_in: readonly {
    readonly registry_name: string
    readonly registry_url: string
    readonly id: string
  }[]
}

export type WireDiscoveredAgent = WireAgent & WireFinding

export type WirePeerRow = {
  readonly peer_id: string
  readonly name: string
  readonly registry_url: string
  readonly outcome: string
  readonly results?: number
  readonly duration_ms?: number
  readonly cache?: string
  readonly age_seconds?: number
  readonly more?: boolean
  readonly scoring?: string
  readonly dropped_records?: number
  readonly error?: string
  readonly reason?: string
  readonly retry_at?: string
}

export type WireFederationStats = {
  readonly queried_registries: number
  readonly successful_queries: number
  readonly failed_queries: number
  readonly skipped_registries: number
  readonly total_federated_results: number
  readonly cache_hits: number
  readonly complete: boolean
  readonly duration_ms: number
  readonly peers: readonly WirePeerRow[]
}

export type WireDiscoveryAnswer = {
  readonly agents: readonly WireDiscoveredAgent[]
  readonly federation_stats?: WireFederationStats
  readonly next_cursor: string | null
  readonly warnings?: readonly string[]
}

/** Writes an answer for the one who searched. */
export function discoveryToWire(answer: DiscoveryAnswer): WireDiscoveryAnswer {
  const { agents, stats, nextCursor, warnings } = answer
  return {
    agents: agents.map(discoveredAgentToWire),
    ...(stats !== null && { federation_stats: statsToWire(stats) }),
    next_cursor: nextCursor,
    ...(warnings.length > 0 && { warnings }),
  }
}

/** Writes one result: the record, and behind it what the search says of it. */
export function discoveredAgentToWire(found: DiscoveredAgent): WireDiscoveredAgent {
  return { ...foundRecordToWire(found), ...findingToWire(found) }
}

/** Writes the record of a result. */
export function foundRecordToWire({
  agent,
  isFederated,
  registryName,
  registryUrl,
}: Pick<DiscoveredAgent, 'agent' | 'isFederated' | 'registryName' | 'registryUrl'>): WireAgent {
  return { ...agentToWire(agent, { url: registryUrl, name: registryName }), is_federated: isFederated }
}

/** Writes what a search says of a record. */
export function findingToWire({
  score,
  provenance,
  alsoIn,
}: Pick<DiscoveredAgent, 'score' | 'provenance' | 'alsoIn'>): WireFinding {
  return {
    ...(score !== null && { score }),
    provenance: provenanceToWire(provenance),
    also_in: alsoIn.map((copy) => ({
      registry_name: copy.registryName,
      registry_url: copy.registryUrl,
      id: copy.id,
    })),
  }
}

function provenanceToWire(provenance: Provenance): WireProvenance {
  const { origin, peerId, fetchedAt, ageSeconds, isStale, verification, mixedScripts } = provenance
  return {
    origin,
    ...(peerId !== null && { peer_id: peerId }),
    fetched_at: timeToWire(fetchedAt),
    age_seconds: ageSeconds,
    stale: isStale,
    verification,
    ...(mixedScripts !== undefined && { mixed_scripts: mixedScripts }),
  }
}

export function statsToWire(stats: FederationStats): WireFederationStats {
  return {
    queried_registries: stats.queriedRegistries,
    successful_queries: stats.successfulQueries,
    failed_queries: stats.failedQueries,
    skipped_registries: stats.skippedRegistries,
    total_federated_results: stats.totalFederatedResults,
    cache_hits: stats.cacheHits,
    complete: stats.isComplete,
    duration_ms: stats.durationMs,
    peers: stats.peers.map(rowToWire),
  }
}

/** Writes one line of the account. */
export function rowToWire(row: PeerRow): WirePeerRow {
  const wasAsked = row.outcome !== 'skipped'
  return {
    peer_id: row.peerId,
    name: row.name,
    registry_url: row.registryUrl,
    outcome: row.outcome,
    ...(wasAsked && { results: row.results }),
    ...(row.durationMs !== null && { duration_ms: row.durationMs }),
    ...(row.cache !== null && { cache: row.cache }),
    ...(row.ageSeconds !== null && { age_seconds: row.ageSeconds }),
    ...((row.outcome === 'answered' || row.outcome === 'stale') && { more: row.hasMore }),
    ...(row.scoring !== null && { scoring: row.scoring }),
    ...(row.droppedRecords > 0 && { dropped_records: row.droppedRecords }),
    ...(row.error !== null && { error: row.error }),
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.retryAt !== null && { retry_at: new Date(row.retryAt).toISOString() }),
  }
}
