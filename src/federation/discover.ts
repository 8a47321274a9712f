/**
 * Federated search: one question, answered by this registry and live by every registry it trusts.
 *
 * A search is four steps. `plan.ts` names every active peer: asked with a deadline, or skipped with a reason.
 * `fan-out.ts` asks them all, each through `query-peer.ts`, which answers from the cache if it can and turns whatever
 * happens into an outcome, until `answer-rule.ts` says that it is enough. `merge.ts` puts our records and theirs on one
 * scale, makes one result of the copies of one agent and orders them. `account.ts` says what came of each peer, in
 * figures that add up.
 *
 * What holds whatever peers do: a peer that is dead, slow, wrong or hostile changes nothing but its own outcome;
 * our own records never wait for a peer beyond its deadline and never fail with one; a failed peer is never shown
 * as one without results; no record of a peer replaces one of ours. A question that came from a peer is answered
 * from our own records alone, or questions would run in circles.
 *
 * Further pages are in `walk.ts`. How peers are spoken to is in `protocols/`, how their health is watched in `health.ts`.
 */
import { createRecordMask } from '../cards/shared-record.ts'
import type { Did, OwnAgent } from '../domain/agent.ts'
import type {
  DiscoveredAgent,
  DiscoveryAnswer,
  DiscoveryProgress,
  DiscoveryQuery,
  FederationStats,
} from '../domain/discovery.ts'
import type { FederatedAgentStore, SnapshotStore } from '../domain/federation-ports.ts'
import type { Peer } from '../domain/peer.ts'
import type { Scope } from '../domain/principal.ts'
import type { BlockWatch } from '../moderation/block-watch.ts'
import type { CursorSealer } from '../security/cursor-seal.ts'
import { createBusyLimit } from './busy-limit.ts'
import { createEngine, type EngineDeps, type FederationEngine } from './engine.ts'
import type { Facets } from './facets.ts'
import { type FoundAgent, findAgentAtPeers } from './find-agent.ts'
import { facetsOf, firstPage } from './first-page.ts'
import { createLocalSearch, type LocalSearch, type LocalSearchDeps } from './local-search.ts'
import type { PeerRequest } from './protocols/protocol.ts'
import { normalizeRequest } from './query-key.ts'
import { createRankMemory, type RankMemory } from './rank-memory.ts'
import { scorable } from './record-facts.ts'
import { createTurns, type Turns } from './turns.ts'
import { walkPage } from './walk.ts'
import { createWalkStates, type WalkState } from './walk-state.ts'

export type DiscoverySettings = EngineDeps['settings'] & {
  readonly enabled: boolean
  readonly name: string
  readonly maxResultsPerPeer: number
}

export type DiscoveryDeps = EngineDeps &
  LocalSearchDeps & {
    readonly listPeers: () => Promise<readonly Peer[]>
    readonly blocks: BlockWatch
    readonly federatedAgents: Pick<FederatedAgentStore, 'findByDid'>
    readonly cursors: CursorSealer
    readonly snapshots: Pick<SnapshotStore, 'put' | 'find'>
    readonly settings: DiscoverySettings
  }

export type DiscoveryOptions = {
  /** Fires when the asker is gone. */
  readonly signal: AbortSignal
  /** Told what happens while the search runs. Must not throw. */
  readonly onProgress?: (progress: DiscoveryProgress) => void
}

/** Dispose it after the last search, before what it was made of: requests that still fill caches are called off. */
export interface Discovery extends AsyncDisposable {
  /**
   * @param scope what the asker may see here; without credentials, peers are asked for public records only.
   * @throws ProblemError for a cursor that is not of this search, or too old, and where too many searches are under way;
   *   else only for faults of this registry's own storage.
   */
  discover(query: DiscoveryQuery, scope: Scope, options: DiscoveryOptions): Promise<DiscoveryAnswer>
  /** How what matches is spread over types, tags, providers and registries; asks the very questions of a search. */
  facets(query: DiscoveryQuery, scope: Scope, options: DiscoveryOptions): Promise<FacetsAnswer>
  /** One agent at the peers, by its DID; our own records are not looked at. */
  find(did: Did, query: FindQuery, scope: Scope, options: DiscoveryOptions): Promise<FoundAgent>
}

export type FacetsAnswer = {
  readonly facets: Facets
  readonly stats: FederationStats | null
  readonly warnings: readonly string[]
}

/** Whom to ask for one agent, for how long, and how old an answer may be. */
export type FindQuery = Pick<DiscoveryQuery, 'peers' | 'timeoutMs' | 'maxAgeSeconds' | 'forceRefresh'>

/** What all searches of this registry share. */
export type SearchParts = {
  readonly deps: DiscoveryDeps
  readonly engine: FederationEngine
  readonly localSearch: LocalSearch
  readonly ranks: RankMemory
  readonly turns: Turns
}

/** One search, as its pages are made from it. */
export type SearchAsked = DiscoveryOptions & {
  readonly query: DiscoveryQuery
  readonly scope: Scope
  /** What peers are asked. */
  readonly request: PeerRequest
  /** Whether peers are asked at all. */
  readonly isFederated: boolean
}

export type SearchPage = {
  readonly agents: readonly DiscoveredAgent[]
  readonly stats: FederationStats | null
  /** Where the next page goes on; null at the end. */
  readonly next: WalkState | null
}

/** Federated search over one set of stores and peers. */
export function createDiscovery(deps: DiscoveryDeps): Discovery {
  const { settings } = deps
  const engine = createEngine(deps)
  const asShared = createRecordMask(settings.publicUrl)
  // Who holds a key sees our records as they were written; the index knows what is shared of them, so that is scored.
  const onFound = (agent: OwnAgent): void => {
    const shared = asShared(agent)
    if (shared !== agent) engine.facts.keep(agent, scorable(shared))
  }
  const parts: SearchParts = {
    ...{ deps, engine },
    localSearch: createLocalSearch({ ...deps, onFound }),
    ranks: createRankMemory(),
    turns: createTurns(deps.clock),
  }
  const walks = createWalkStates(deps)
  const limited = createBusyLimit()
  /** Our own records alone are found at once. */
  const unlessTooBusy = <T>({ isFederated }: SearchAsked, work: () => Promise<T>): Promise<T> =>
    isFederated ? limited(work) : work()

  const ask = (query: DiscoveryQuery, scope: Scope, options: DiscoveryOptions): SearchAsked => {
    const isFederated = query.includeFederated && obstacleTo(scope, settings) === null
    const request = requestFor(query, scope, settings.maxResultsPerPeer)
    return { ...options, query, scope, request, isFederated }
  }

  return {
    async discover(query, scope, options) {
      const asked = ask(query, scope, options)
      const question = { query, scope }
      const { agents, stats, next } = await unlessTooBusy(asked, async () =>
        query.cursor === null
          ? firstPage(asked, parts)
          : walkPage({ ...asked, state: await walks.open(query.cursor, question) }, parts),
      )
      return {
        ...{ agents, stats },
        nextCursor: next === null ? null : await walks.save(next, question),
        warnings: warningsFor(query, scope, settings),
      }
    },
    async facets(query, scope, options) {
      const asked = ask(query, scope, options)
      const counted = await unlessTooBusy(asked, () => facetsOf(asked, parts))
      return { ...counted, warnings: warningsFor(query, scope, settings) }
    },
    find: (did, query, scope, { signal }) => findAgentAtPeers(did, { query, scope, signal }, parts),
    [Symbol.asyncDispose]: () => parts.engine.querier[Symbol.asyncDispose](),
  }
}

function warningsFor(query: DiscoveryQuery, scope: Scope, settings: DiscoverySettings): readonly string[] {
  const obstacle = query.includeFederated ? obstacleTo(scope, settings) : null
  return obstacle === null ? [] : [obstacle]
}

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
    reference: null,
  })
}
