/**
 * The further pages of a merged answer: no gap and no repeat, in the one order of all records, also where a registry
 * dies, comes back or changes on the way.
 *
 * A page is what ranks next among all that was not shown. Of each registry so many pages are at hand that nothing it
 * has not sent yet could rank among these results (`walk-bound.ts`); they come from the cache nearly always. What a
 * registry that fails still has is missing, and its line of the account says so; it is asked again on the next page.
 */
import type { PeerOutcome } from '../domain/discovery.ts'
import type { Peer } from '../domain/peer.ts'
import type { CurrentBlocks } from '../moderation/block-watch.ts'
import { accountFor, skippedRows } from './account.ts'
import type { SearchAsked, SearchPage, SearchParts } from './discover.ts'
import { fanOut } from './fan-out.ts'
import type { Candidate, Identity, IdentityReader } from './identity.ts'
import type { LocalPages } from './local-search.ts'
import { type MergeInput, present, type Ranked, rankAnswers, rankOf } from './merge.ts'
import { planFanOut } from './plan.ts'
import { createProgress, type Progress } from './progress.ts'
import { createQueryKeys } from './query-key.ts'
import { boundAfter } from './walk-bound.ts'
import {
  hasFailed,
  hasMore,
  nextCursorOf,
  outcomeOf,
  positionAfter,
  recordsOf,
  type Source,
  take,
} from './walk-source.ts'
import { OWN_RECORDS, START, type WalkState } from './walk-state.ts'

export type WalkAsked = SearchAsked & { readonly state: WalkState }

/** Each costs a round trip to a peer; beyond, results come a little out of order rather than late. */
const MOST_ROUNDS = 8
const LOCAL_PAGE = 100

/** @throws only for faults of this registry's own storage. */
export async function walkPage(asked: WalkAsked, parts: SearchParts): Promise<SearchPage> {
  const { listPeers, blocks } = parts.deps
  if (asked.isFederated) await parts.turns.begin()
  const [peers, blocked] = asked.isFederated ? await Promise.all([listPeers(), blocks.current()]) : [[], null]
  return new Walk(asked, parts, { peers, blocked }).run()
}

class Walk {
  readonly #asked: WalkAsked
  readonly #parts: SearchParts
  readonly #peers: readonly Peer[]
  readonly #blocked: CurrentBlocks | null
  readonly #impactsOf: MergeInput['impactsOf']
  readonly #startedAt: number
  readonly #skipped: readonly PeerOutcome[]
  readonly #sources: readonly Source[]
  readonly #localPages: LocalPages
  readonly #progress: Progress

  constructor(
    asked: WalkAsked,
    parts: SearchParts,
    { peers, blocked }: { readonly peers: readonly Peer[]; readonly blocked: CurrentBlocks | null },
  ) {
    const { query, state, request, scope } = asked
    this.#asked = asked
    this.#parts = parts
    this.#peers = peers
    this.#blocked = blocked
    this.#impactsOf = parts.engine.facts.impactsFor(request.search ?? '')
    this.#startedAt = parts.deps.clock.monotonic()
    const plan = planFanOut(peers, query, parts.engine.experience(peers))
    this.#skipped = plan.skipped
    const { clock } = parts.deps
    // Pages come whole: what is told on the way is who is asked.
    this.#progress = createProgress(asked.onProgress, {
      ...{ clock, merge: () => [] },
      begins: { withPlan: asked.isFederated, withLocal: false },
    })
    if (asked.isFederated) this.#progress.plan(plan.asked, skippedRows(plan.skipped, peers))
    const sourceOf = (peer: Peer | null): Source => {
      const position = state.positions.get(peer?.id ?? OWN_RECORDS) ?? START
      return { peer, position, pages: [], outcome: null }
    }
    const ours = query.includeLocal ? [sourceOf(null)] : []
    this.#sources = [...ours, ...plan.asked.map(({ peer }) => sourceOf(peer))]
    this.#localPages = parts.localSearch.pages(request, {
      scope,
      statistics: state.statistics,
      limit: LOCAL_PAGE,
    })
  }

  async run(): Promise<SearchPage> {
    const { clock } = this.#parts.deps
    await this.#readAgain()
    const ranked = await this.#fill()
    const input = this.#mergeInput()
    const outcomes = [...input.outcomes, ...this.#skipped]
    const durationMs = clock.monotonic() - this.#startedAt
    const agents = present(ranked.identities, input)
    const account = { peers: this.#peers, outcomes, merged: ranked, durationMs, now: clock.now() }
    this.#progress.end(agents)
    const stats = this.#asked.isFederated ? accountFor(account) : null
    return { agents, stats, next: this.#next(ranked) }
  }

  /** The pages that hold what was not shown. */
  async #readAgain(): Promise<void> {
    for (let page = 0; ; page += 1) {
      const wanted = this.#sources.filter(
        (source) =>
          source.position.kind === 'at' &&
          page < source.position.pages &&
          source.pages.length === page &&
          !hasFailed(source) &&
          (page === 0 || hasMore(source)),
      )
      if (wanted.length === 0) return
      await this.#read(wanted)
    }
  }

  /** Reads on where something better could still come, and gives the order of all that is at hand. */
  async #fill(): Promise<Ranked> {
    const { limit, timeoutMs } = this.#asked.query
    const { clock } = this.#parts.deps
    for (let round = 0; ; round += 1) {
      const ranked = rankAnswers(this.#mergeInput())
      const last = ranked.identities[limit - 1]
      const wanted = this.#sources.filter(
        (source) =>
          hasMore(source) &&
          !hasFailed(source) &&
          (last === undefined || this.#boundOf(source) >= rankOf(last, clock.now())),
      )
      const isLate = clock.monotonic() - this.#startedAt >= timeoutMs
      if (wanted.length === 0 || round === MOST_ROUNDS || isLate || this.#asked.signal.aborted) return ranked
      await this.#read(wanted)
    }
  }

  /** One more page of each, all at once. */
  async #read(sources: readonly Source[]): Promise<void> {
    const { query, request, signal } = this.#asked
    const { engine, deps } = this.#parts
    const own = sources.find(({ peer }) => peer === null)
    const reading = own === undefined ? null : this.#readOwn(own)
    reading?.catch(() => {}) // awaited below
    const byPeer = new Map(sources.map((source) => [source.peer?.id, source]))
    const leftMs = Math.max(0, query.timeoutMs - (deps.clock.monotonic() - this.#startedAt))
    const plan = planFanOut(
      this.#peers.filter(({ id }) => byPeer.has(id)),
      { peers: [], timeoutMs: leftMs },
      engine.experience(this.#peers),
    )
    await fanOut(plan.asked, {
      querier: engine.querier,
      clock: deps.clock,
      events: deps.events,
      askOf: (peer) => {
        const ofPeer = { ...request, cursor: nextCursorOf(byPeer.get(peer.id)) }
        const { maxAgeSeconds, forceRefresh } = query
        const isBlocked = ({ registryUrl }: Peer): boolean => this.#isOriginBlocked(registryUrl)
        return { request: ofPeer, keyOf: createQueryKeys(ofPeer), maxAgeSeconds, forceRefresh, isBlocked }
      },
      signal,
      onOutcome: ({ peer }, outcome) => {
        const source = byPeer.get(peer.id)
        if (source !== undefined) take(source, outcome)
      },
    })
    await reading
  }

  async #readOwn(source: Source): Promise<void> {
    const cursor = nextCursorOf(source)
    source.pages.push({ cursor, answer: await this.#localPages.read(cursor) })
  }

  #boundOf({ pages }: Source): number {
    const last = pages.at(-1)?.answer
    if (last === undefined) return Number.POSITIVE_INFINITY
    const { request, state } = this.#asked
    return boundAfter(last, { search: request.search, statistics: state.statistics }, this.#impactsOf)
  }

  #isOriginBlocked(registryUrl: string): boolean {
    return this.#blocked?.findOrigin(registryUrl) !== undefined
  }

  /** What is not to be shown holds up no walk. */
  #isHidden({ agent, peer }: Candidate): boolean {
    return peer !== null && this.#blocked?.hides(agent, peer.registryUrl) === true
  }

  #mergeInput(): MergeInput {
    const { query, request, state } = this.#asked
    const { deps, engine } = this.#parts
    const { search, filter, visibility } = request
    const own = this.#sources.find(({ peer }) => peer === null)
    const ours = own === undefined ? [] : recordsOf(own)
    const { identityKeysOf } = engine.facts
    return {
      ...{ search, filter, visibility, limit: query.limit, peers: this.#peers, now: deps.clock.now() },
      local:
        own === undefined
          ? null
          : {
              matches: ours.map((agent) => ({ agent, score: null })),
              statistics: null,
              hasMore: hasMore(own),
            },
      outcomes: this.#sources.flatMap((source) => outcomeOf(source, deps.clock.now())),
      self: { name: deps.settings.name, url: deps.settings.publicUrl },
      ...{ impactsOf: this.#impactsOf, identityReader: engine.facts },
      ...(this.#blocked !== null && { blocked: this.#blocked }),
      walk: {
        statistics: state.statistics,
        isShown: (candidate) => state.shown.has(candidate, identityKeysOf(candidate.agent)),
      },
    }
  }

  #next(ranked: Ranked): WalkState | null {
    const { state, query } = this.#asked
    const { identityKeysOf } = this.#parts.engine.facts
    const isMoreAtHand = ranked.total > query.limit
    const isMoreToCome = this.#sources.some((source) => hasMore(source))
    // Who failed may have more; but a page on which there is nothing ends the walk, or it never would.
    const isMoreMissing = ranked.identities.length > 0 && this.#sources.some(hasFailed)
    if (!isMoreAtHand && !isMoreToCome && !isMoreMissing) return null
    const shown = state.shown.with(ranked.identities.map((identity) => shownResult(identity, identityKeysOf)))
    const positions = new Map(
      this.#sources.map((source) => [
        source.peer?.id ?? OWN_RECORDS,
        positionAfter(
          source,
          (candidate) => this.#isHidden(candidate) || shown.has(candidate, identityKeysOf(candidate.agent)),
        ),
      ]),
    )
    return { statistics: state.statistics, shown, positions }
  }
}

/** A result as it is remembered to have been shown. */
export function shownResult(
  { shown, others }: Identity,
  identityKeysOf: IdentityReader['identityKeysOf'],
): { readonly members: readonly Candidate[]; readonly keys: readonly string[] } {
  // The shown record alone decides who belongs to it, so its names are the result's.
  return { members: [shown, ...others], keys: identityKeysOf(shown.agent) }
}
