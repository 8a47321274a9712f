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
 * How peers are spoken to is in `protocols/`, how their health is watched in `health.ts`.
 */
import type {
  DiscoveredAgent,
  DiscoveryAnswer,
  DiscoveryProgress,
  DiscoveryQuery,
  PeerOutcome,
} from '../domain/discovery.ts'
import type { Peer } from '../domain/peer.ts'
import { type Scope, scopeKey } from '../domain/principal.ts'
import { accountFor, rowOf } from './account.ts'
import { createEngine, type EngineDeps, type FederationEngine } from './engine.ts'
import { fanOut } from './fan-out.ts'
import { createLocalSearch, type LocalSearch, type LocalSearchDeps } from './local-search.ts'
import { type LocalAnswer, type MergeInput, mergeAnswers, present, type Ranked } from './merge.ts'
import { type Plan, planFanOut } from './plan.ts'
import { createProgress, type Progress } from './progress.ts'
import type { PeerRequest } from './protocols/protocol.ts'
import { createQueryKeys, normalizeRequest } from './query-key.ts'
import { createRankMemory, type RankMemory } from './rank-memory.ts'
import type { ImpactsOf } from './record-facts.ts'

export type DiscoverySettings = EngineDeps['settings'] & {
  readonly enabled: boolean
  readonly name: string
  readonly maxResultsPerPeer: number
}

export type DiscoveryDeps = EngineDeps &
  LocalSearchDeps & {
    readonly listPeers: () => Promise<readonly Peer[]>
    readonly settings: DiscoverySettings
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
  const parts: Parts = {
    deps,
    engine: createEngine(deps),
    localSearch: createLocalSearch(deps),
    ranks: createRankMemory(),
  }
  return { discover: (query, scope, options) => new Search({ query, scope, options }, parts).run() }
}

type Parts = {
  readonly deps: DiscoveryDeps
  readonly engine: FederationEngine
  readonly localSearch: LocalSearch
  readonly ranks: RankMemory
}
type Asked = { readonly query: DiscoveryQuery; readonly scope: Scope; readonly options: DiscoveryOptions }

/** One search while it runs. */
class Search {
  readonly #asked: Asked
  readonly #parts: Parts
  readonly #request: PeerRequest
  readonly #impactsOf: ImpactsOf
  readonly #progress: Progress
  readonly #startedAt: number
  readonly #outcomes: PeerOutcome[] = []
  #peers: readonly Peer[] = []
  #local: LocalAnswer | null = null

  constructor(asked: Asked, parts: Parts) {
    const { clock, settings } = parts.deps
    this.#asked = asked
    this.#parts = parts
    this.#request = requestFor(asked.query, asked.scope, settings.maxResultsPerPeer)
    this.#impactsOf = parts.engine.facts.impactsFor(this.#request.search ?? '')
    this.#startedAt = clock.monotonic()
    const merge = (): readonly DiscoveredAgent[] => mergeAnswers(this.#mergeInput()).agents
    this.#progress = createProgress(asked.options.onProgress, { clock, merge })
  }

  async run(): Promise<DiscoveryAnswer> {
    try {
      return await this.#answer()
    } finally {
      this.#progress.stop()
    }
  }

  async #answer(): Promise<DiscoveryAnswer> {
    const { query, scope } = this.#asked
    const { clock, settings } = this.#parts.deps
    const obstacle = query.includeFederated ? obstacleTo(scope, settings) : null
    const isFederated = query.includeFederated && obstacle === null
    const searched = this.#searchLocal(isFederated)
    // Awaited below; until then its failure must not count as unhandled.
    searched.catch(() => {})
    if (isFederated) await this.#askPeers()
    await searched
    const ranked = this.#rank()
    const agents = ranked.identities.map((identity) => present(identity, this.#mergeInput()))
    this.#progress.end(agents)
    const durationMs = clock.monotonic() - this.#startedAt
    const account = {
      peers: this.#peers,
      outcomes: this.#outcomes,
      merged: ranked,
      durationMs,
      now: clock.now(),
    }
    return {
      agents,
      stats: isFederated ? accountFor(account) : null,
      nextCursor: null,
      warnings: obstacle === null ? [] : [obstacle],
    }
  }

  async #searchLocal(isFederated: boolean): Promise<void> {
    const { query, scope } = this.#asked
    if (!query.includeLocal) return
    const { search, filter, limit } = query
    const most = isFederated ? Math.max(limit, FEWEST_LOCAL_RESULTS) : limit
    this.#local = await this.#parts.localSearch.find({ search, filter, limit: most }, scope)
    this.#progress.local(mergeAnswers({ ...this.#mergeInput(), outcomes: [] }).agents)
    this.#progress.changed()
  }

  async #askPeers(): Promise<void> {
    const { query, options } = this.#asked
    const { deps, engine } = this.#parts
    this.#peers = await deps.listPeers()
    const plan = planFanOut(this.#peers, query, engine.experience(this.#peers))
    this.#tellPlan(plan)
    this.#outcomes.push(...plan.skipped)
    await fanOut(plan.asked, {
      querier: engine.querier,
      clock: deps.clock,
      ask: {
        request: this.#request,
        keyOf: createQueryKeys(this.#request),
        maxAgeSeconds: query.maxAgeSeconds,
        forceRefresh: query.forceRefresh,
      },
      signal: options.signal,
      onOutcome: ({ peer }, outcome) => this.#take(peer, outcome),
    })
  }

  #take(peer: Peer, outcome: PeerOutcome): void {
    const { events, clock } = this.#parts.deps
    this.#outcomes.push(outcome)
    events.peerOutcome(peer, outcome)
    if (this.#asked.options.onProgress === undefined) return
    // Of this peer alone: going through all peers for each of them takes time by the square of their number.
    const alone = { peers: [peer], outcomes: [outcome], local: null }
    const { admitted, pooled } = mergeAnswers({ ...this.#mergeInput(), ...alone })
    this.#progress.peer(rowOf(peer, outcome, { merged: { admitted, pooled }, now: clock.now() }))
    this.#progress.changed()
  }

  #tellPlan({ asked, skipped }: Plan): void {
    const rows = skipped.flatMap((outcome) => {
      const peer = this.#peers.find(({ id }) => id === outcome.peerId)
      return peer === undefined ? [] : [rowOf(peer, outcome, { merged: NOTHING_MERGED, now: 0 })]
    })
    this.#progress.plan(asked, rows)
  }

  #rank(): Ranked {
    const { query, scope } = this.#asked
    const { search, filter, visibility } = this.#request
    const key = JSON.stringify([search, filter, visibility, query.limit, query.includeLocal, scopeKey(scope)])
    return this.#parts.ranks.rank(key, this.#mergeInput())
  }

  #mergeInput(): MergeInput {
    const { deps, engine } = this.#parts
    const { search, filter, visibility } = this.#request
    return {
      ...{ search, filter, visibility, limit: this.#asked.query.limit },
      ...{ local: this.#local, peers: this.#peers, outcomes: this.#outcomes, now: deps.clock.now() },
      self: { name: deps.settings.name, url: deps.settings.publicUrl },
      impactsOf: this.#impactsOf,
      identityKeysOf: engine.facts.identityKeysOf,
    }
  }
}

const NOTHING_MERGED: Pick<Ranked, 'admitted' | 'pooled'> = { admitted: new Map(), pooled: new Set() }

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
// Figures of peers can reorder our own best records, so more of them are taken than are shown.
const FEWEST_LOCAL_RESULTS = 50

function requestFor(query: DiscoveryQuery, scope: Scope, maxResultsPerPeer: number): PeerRequest {
  return normalizeRequest({
    search: query.search,
    filter: query.filter,
    limit: Math.min(Math.max(maxResultsPerPeer, FEWEST_RESULTS_PER_PEER), MOST_RESULTS_PER_PEER),
    visibility: scope.widest === 'public' ? 'public' : 'federated',
    cursor: null,
  })
}
