/** The first page of a search, or its facets: our own records and the peers' side by side, told as they come. */
import { createAttachment } from '../domain/attachment.ts'
import type { DiscoveredAgent, FederationStats, PeerOutcome } from '../domain/discovery.ts'
import type { Peer } from '../domain/peer.ts'
import { scopeKey } from '../domain/principal.ts'
import type { CurrentBlocks } from '../moderation/block-watch.ts'
import { accountFor, rowOf, skippedRows } from './account.ts'
import type { AnswerFactsOf } from './answer-facts.ts'
import type { SearchAsked, SearchPage, SearchParts } from './discover.ts'
import { countFacets, type FacetSource, type Facets, mostMatches } from './facets.ts'
import { type FanOutOptions, fanOut } from './fan-out.ts'
import {
  isShown,
  type LocalAnswer,
  type MergeInput,
  mergeAnswers,
  present,
  type Ranked,
  rankAnswers,
} from './merge.ts'
import { planFanOut } from './plan.ts'
import { createProgress, type Progress } from './progress.ts'
import { createQueryKeys } from './query-key.ts'
import type { ImpactsOf } from './record-facts.ts'
import { shownResult } from './walk.ts'
import { ShownResults, type WalkState } from './walk-state.ts'

/** @throws only for faults of this registry's own storage. */
export function firstPage(asked: SearchAsked, parts: SearchParts): Promise<SearchPage> {
  return new FirstAnswers(asked, parts).page()
}

export type CountedFacets = { readonly facets: Facets; readonly stats: FederationStats | null }

/** @throws only for faults of this registry's own storage. */
export function facetsOf(asked: SearchAsked, parts: SearchParts): Promise<CountedFacets> {
  return new FirstAnswers(asked, parts).facets()
}

const FEWEST_LOCAL_RESULTS = 50
const LOCAL_RESULTS_FOR_FACETS = 500 // read at once; beyond, counts are ranges

/** Where a walk stands after a first page: the same for all searches with one order. */
const statesAfter = createAttachment<Ranked, WalkState>()

/** One search while its answers come in. */
class FirstAnswers {
  readonly #asked: SearchAsked
  readonly #parts: SearchParts
  readonly #impactsOf: ImpactsOf
  readonly #answerFactsOf: AnswerFactsOf
  readonly #progress: Progress
  readonly #startedAt: number
  readonly #outcomes: PeerOutcome[] = []
  #peers: readonly Peer[] = []
  #blocked: CurrentBlocks | null = null
  #local: LocalAnswer | null = null

  constructor(asked: SearchAsked, parts: SearchParts) {
    const { clock } = parts.deps
    this.#asked = asked
    this.#parts = parts
    this.#impactsOf = parts.engine.facts.impactsFor(asked.request.search ?? '')
    this.#answerFactsOf = parts.engine.facts.answersFor(asked.request.search ?? '')
    this.#startedAt = clock.monotonic()
    const merge = (): readonly DiscoveredAgent[] => mergeAnswers(this.#mergeInput()).agents
    const begins = { withPlan: asked.isFederated, withLocal: asked.query.includeLocal }
    this.#progress = createProgress(asked.onProgress, { clock, merge, begins })
  }

  async page(): Promise<SearchPage> {
    try {
      return await this.#answer()
    } finally {
      this.#progress.stop()
    }
  }

  async #answer(): Promise<SearchPage> {
    const { query, isFederated } = this.#asked
    // Figures of peers can reorder our own best records, so more of them are taken than are shown.
    await this.#gather(isFederated ? Math.max(query.limit, FEWEST_LOCAL_RESULTS) : query.limit, {
      // The order is remembered: if nobody else answers, it is at hand when time is over. Searches that began together
      // have their last moments together, too.
      onLastMoments: () => void this.#parts.turns.goOn().then(() => this.#rank()),
    })
    const ranked = this.#rank()
    const input = this.#mergeInput()
    const agents = present(ranked.identities, input)
    this.#progress.end(agents)
    return {
      agents,
      stats: isFederated ? this.#account(ranked) : null,
      next: this.#next(ranked),
    }
  }

  async facets(): Promise<CountedFacets> {
    await this.#gather(LOCAL_RESULTS_FOR_FACETS, {})
    const ranked = rankAnswers({ ...this.#mergeInput(), limit: Number.POSITIVE_INFINITY })
    const agents = ranked.identities.map(({ shown }) => shown.agent)
    return {
      facets: countFacets(agents, await this.#facetSources(ranked)),
      stats: this.#asked.isFederated ? this.#account(ranked) : null,
    }
  }

  async #gather(localLimit: number, hooks: Pick<FanOutOptions, 'onLastMoments'>): Promise<void> {
    const { isFederated } = this.#asked
    const { turns } = this.#parts
    if (isFederated) await turns.begin()
    const searched = this.#searchLocal(localLimit)
    searched.catch(() => {}) // awaited below; until then its failure must not count as unhandled
    if (isFederated) await this.#askPeers(hooks)
    await searched
    if (isFederated) await turns.goOn()
  }

  #account(ranked: Ranked): FederationStats {
    const { clock } = this.#parts.deps
    const durationMs = clock.monotonic() - this.#startedAt
    const asked = { peers: this.#peers, outcomes: this.#outcomes }
    return accountFor({ ...asked, merged: ranked, durationMs, now: clock.now() })
  }

  async #facetSources(ranked: Ranked): Promise<FacetSource[]> {
    const peers = this.#outcomes
      .filter((outcome) => outcome.kind !== 'skipped' || outcome.reason !== 'not-selected')
      .map((outcome): FacetSource => {
        const { peerId } = outcome
        const matching = ranked.admitted.get(peerId) ?? 0
        if (outcome.kind !== 'answered') return { peerId, matching, most: null }
        const { answer } = outcome
        return { peerId, matching, most: answer.hasMore ? mostMatches(answer.statistics) : matching }
      })
    return this.#local === null ? peers : [await this.#ownSource(this.#local), ...peers]
  }

  async #ownSource({ matches, statistics, hasMore }: LocalAnswer): Promise<FacetSource> {
    const matching = matches.length
    if (!hasMore) return { peerId: null, matching, most: matching }
    const { agents } = this.#parts.deps
    const most = statistics === null ? await agents.count(this.#asked.scope) : mostMatches(statistics)
    return { peerId: null, matching, most }
  }

  async #searchLocal(limit: number): Promise<void> {
    const { query, scope } = this.#asked
    if (!query.includeLocal) return
    const { search, filter } = query
    this.#local = await this.#parts.localSearch.find({ search, filter, limit }, scope)
    this.#progress.local(() => mergeAnswers({ ...this.#mergeInput(), outcomes: [] }).agents)
    this.#progress.changed()
  }

  async #askPeers(hooks: Pick<FanOutOptions, 'onLastMoments'>): Promise<void> {
    const { query, request, signal } = this.#asked
    const { deps, engine } = this.#parts
    const [peers, blocked] = await Promise.all([deps.listPeers(), deps.blocks.current()])
    this.#peers = peers
    this.#blocked = blocked
    const plan = planFanOut(this.#peers, query, engine.experience(this.#peers))
    this.#progress.plan(plan.asked, skippedRows(plan.skipped, this.#peers))
    this.#outcomes.push(...plan.skipped)
    const { maxAgeSeconds, forceRefresh } = query
    const isBlocked = (peer: Peer): boolean => blocked.findOrigin(peer.registryUrl) !== undefined
    const ask = { request, keyOf: createQueryKeys(request), maxAgeSeconds, forceRefresh, isBlocked }
    await fanOut(plan.asked, {
      querier: engine.querier,
      clock: deps.clock,
      askOf: () => ask,
      signal,
      events: this.#parts.deps.events,
      onOutcome: ({ peer }, outcome) => this.#take(peer, outcome),
      ...hooks,
    })
  }

  #take(peer: Peer, outcome: PeerOutcome): void {
    const { clock } = this.#parts.deps
    this.#outcomes.push(outcome)
    if (this.#asked.onProgress === undefined) return
    // Of this peer alone: going through all peers for each of them takes time by the square of their number.
    const alone = { peers: [peer], outcomes: [outcome], local: null }
    const { admitted, pooled } = mergeAnswers({ ...this.#mergeInput(), ...alone })
    this.#progress.peer(rowOf(peer, outcome, { merged: { admitted, pooled }, now: clock.now() }))
    this.#progress.changed()
  }

  #next(ranked: Ranked): WalkState | null {
    const isMoreAtPeers = this.#outcomes.some(
      (outcome) => isShown(outcome) && outcome.answer.nextCursor !== null,
    )
    const isMoreAtHand = ranked.total > this.#asked.query.limit
    if (!isMoreAtHand && !isMoreAtPeers && !this.#local?.hasMore) return null
    const known = statesAfter.get(ranked)
    if (known !== undefined) return known
    const { identityKeysOf } = this.#parts.engine.facts
    const shown = ranked.identities.map((identity) => shownResult(identity, identityKeysOf))
    const { statistics } = ranked
    const state: WalkState = { statistics, shown: new ShownResults().with(shown), positions: new Map() }
    statesAfter.set(ranked, state)
    return state
  }

  #rank(): Ranked {
    const { query, scope } = this.#asked
    const { search, filter, visibility } = this.#asked.request
    const key = JSON.stringify([search, filter, visibility, query.limit, query.includeLocal, scopeKey(scope)])
    return this.#parts.ranks.rank(key, this.#mergeInput())
  }

  #mergeInput(): MergeInput {
    const { deps, engine } = this.#parts
    const { search, filter, visibility } = this.#asked.request
    return {
      ...{ search, filter, visibility, limit: this.#asked.query.limit },
      ...{ local: this.#local, peers: this.#peers, outcomes: this.#outcomes, now: deps.clock.now() },
      self: { name: deps.settings.name, url: deps.settings.publicUrl },
      ...{ impactsOf: this.#impactsOf, answerFactsOf: this.#answerFactsOf },
      identityReader: engine.facts,
      ...(this.#blocked !== null && { blocked: this.#blocked }),
    }
  }
}
