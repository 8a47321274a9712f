/**
 * Federated search: one question, answered by this registry and live by every registry it trusts.
 *
 * A search is four steps. `plan.ts` names every active peer: asked with a deadline, or skipped with a reason.
 * `query-peer.ts` asks one peer, from the cache if it can, and turns whatever happens into an outcome. `merge.ts`
 * puts our records and theirs on one scale, makes one result of the copies of one agent and orders them.
 * `account.ts` says what came of each peer, in figures that add up.
 *
 * What holds whatever peers do: a peer that is dead, slow, wrong or hostile changes nothing but its own outcome;
 * our own records never wait for a peer beyond its deadline and never fail with one; a failed peer is never shown
 * as one without results; no record of a peer replaces one of ours. A question that came from a peer is answered
 * from our own records alone, or questions would run in circles.
 *
 * How peers are spoken to is in `protocols/`, how their health is watched in `health.ts`.
 */
import type { DiscoveryAnswer, DiscoveryProgress, DiscoveryQuery, PeerOutcome } from '../domain/discovery.ts'
import type { Peer, PeerCredentials, PeerId } from '../domain/peer.ts'
import type { AgentIndex, AgentStore, Clock, ResultCache } from '../domain/ports.ts'
import type { Scope } from '../domain/principal.ts'
import type { Outbound } from '../security/outbound.ts'
import { accountFor } from './account.ts'
import type { FederationEvents } from './federation-events.ts'
import { type LocalAnswer, type Merged, mergeAnswers } from './merge.ts'
import { createOutboundRate } from './outbound-rate.ts'
import { planFanOut } from './plan.ts'
import type { PeerRequest } from './protocols/protocol.ts'
import { normalizeRequest } from './query-key.ts'
import { createPeerQuerier, type PeerQuerier } from './query-peer.ts'
import { createRecordFacts } from './record-facts.ts'
import { createRecordMemory } from './record-memory.ts'

export type DiscoverySettings = {
  readonly enabled: boolean
  readonly publicUrl: string
  readonly name: string
  readonly cacheTtlSeconds: number
  readonly queryTimeoutMs: number
  readonly maxResultsPerPeer: number
  readonly outboundRatePerMinute: number
}

export type DiscoveryDeps = {
  readonly index: AgentIndex
  readonly agents: Pick<AgentStore, 'list'>
  readonly listPeers: () => Promise<readonly Peer[]>
  readonly getCredentials: (id: PeerId) => Promise<PeerCredentials>
  readonly outbound: Pick<Outbound, 'request'>
  readonly cache: ResultCache
  readonly clock: Clock
  readonly settings: DiscoverySettings
  readonly events: FederationEvents
}

export type DiscoveryOptions = {
  /** Fires when the asker is gone. */
  readonly signal: AbortSignal
  /** Told what happens while the search runs. Must not throw. */
  readonly onProgress?: (progress: DiscoveryProgress) => void
}

export interface Discovery {
  /**
   * @param scope what the asker may see here; without credentials, peers are asked for public records only.
   * @throws only for faults of this registry's own storage.
   */
  discover(query: DiscoveryQuery, scope: Scope, options: DiscoveryOptions): Promise<DiscoveryAnswer>
}

/** Federated search over one set of stores and peers. */
export function createDiscovery(deps: DiscoveryDeps): Discovery {
  const { settings, clock } = deps
  const facts = createRecordFacts()
  const rate = createOutboundRate(settings.outboundRatePerMinute, clock)
  const records = createRecordMemory(RECORD_MEMORY_BYTES)
  const querier = createPeerQuerier({ ...deps, ...settings, facts, records, rate })

  const discover = async (
    query: DiscoveryQuery,
    scope: Scope,
    { signal }: DiscoveryOptions,
  ): Promise<DiscoveryAnswer> => {
    const started = clock.monotonic()
    const request = requestFor(query, scope, settings.maxResultsPerPeer)
    const obstacle = query.includeFederated ? obstacleTo(scope, settings) : null
    const isFederated = query.includeFederated && obstacle === null
    const [local, { peers, outcomes }] = await Promise.all([
      query.includeLocal ? searchLocal(query, scope, { deps, isFederated }) : null,
      isFederated ? fanOut(query, request, { deps, querier, signal }) : NO_FAN_OUT,
    ])
    const now = clock.now()
    const { search, filter, visibility } = request
    const merged: Merged = mergeAnswers({
      ...{ search, filter, visibility, limit: query.limit, local, peers, outcomes, now },
      self: { name: settings.name, url: settings.publicUrl },
      impactsOf: facts.impactsFor(search ?? ''),
      identityKeysOf: facts.identityKeysOf,
    })
    const durationMs = clock.monotonic() - started
    return {
      agents: merged.agents,
      stats: isFederated ? accountFor({ peers, outcomes, merged, durationMs, now }) : null,
      nextCursor: null,
      warnings: obstacle === null ? [] : [obstacle],
    }
  }
  return { discover }
}

/** Some 12,000 records of usual size. */
const RECORD_MEMORY_BYTES = 48 * 1024 * 1024

/** Why peers are not asked although the asker wants it. */
function obstacleTo(scope: Scope, settings: DiscoverySettings): string | null {
  if (!settings.enabled) {
    return 'Federation is switched off on this registry: only its own agents were searched.'
  }
  // A peer's question that went on to peers could come back here.
  if (scope.widest === 'federated') return 'Peers are answered with the agents of this registry alone.'
  return null
}

// Fewer from each, and the merged order is no longer that of one index over everything.
const FEWEST_RESULTS_PER_PEER = 20
const MOST_RESULTS_PER_PEER = 100 // what registries give in one page

function requestFor(query: DiscoveryQuery, scope: Scope, maxResultsPerPeer: number): PeerRequest {
  return normalizeRequest({
    search: query.search,
    filter: query.filter,
    limit: Math.min(Math.max(maxResultsPerPeer, FEWEST_RESULTS_PER_PEER), MOST_RESULTS_PER_PEER),
    visibility: scope.widest === 'public' ? 'public' : 'federated',
    cursor: null,
  })
}

// Figures of peers can reorder our own best records, so more of them are taken than are shown.
const FEWEST_LOCAL_RESULTS = 50

async function searchLocal(
  { search, filter, limit }: DiscoveryQuery,
  scope: Scope,
  { deps, isFederated }: { readonly deps: DiscoveryDeps; readonly isFederated: boolean },
): Promise<LocalAnswer> {
  if (search === null) {
    const newest = await deps.agents.list(filter, scope, { after: null, limit })
    return { matches: newest.map((agent) => ({ agent, score: null })), statistics: null }
  }
  const most = isFederated ? Math.max(limit, FEWEST_LOCAL_RESULTS) : limit
  return deps.index.search(search, scope, { filter, limit: most, after: null })
}

type FanOut = { readonly peers: readonly Peer[]; readonly outcomes: readonly PeerOutcome[] }

const NO_FAN_OUT: FanOut = { peers: [], outcomes: [] }

async function fanOut(
  query: DiscoveryQuery,
  request: PeerRequest,
  {
    deps,
    querier,
    signal,
  }: { readonly deps: DiscoveryDeps; readonly querier: PeerQuerier; readonly signal: AbortSignal },
): Promise<FanOut> {
  const peers = await deps.listPeers()
  const { asked, skipped } = planFanOut(peers, query, deps.settings.queryTimeoutMs)
  const { maxAgeSeconds, forceRefresh } = query
  const answered = await Promise.all(
    asked.map(async ({ peer, deadlineMs }) => {
      const outcome = await querier.query(peer, { request, deadlineMs, maxAgeSeconds, forceRefresh, signal })
      deps.events.peerOutcome(peer, outcome)
      return outcome
    }),
  )
  return { peers, outcomes: [...answered, ...skipped] }
}
