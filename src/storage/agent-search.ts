/**
 * Local search: the best records by `bm25-1`, found without scoring every match.
 *
 * The best postings of every term are read (lists lie in order of falling impact). What is known of a record from
 * them, plus the last impact read of each list it was not seen in, bounds its score from above. Records are then
 * scored exactly from their own terms, highest bound first, until no bound can reach the worst result kept: the
 * threshold algorithm (Fagin, Lotem and Naor, 2003) with random access.
 */
import type { Selectable } from 'kysely'
import type { AgentFilter, SearchStatistics } from '../domain/discovery.ts'
import type { AgentIndex, AsShared, RankedAgents, RankedPosition } from '../domain/ports.ts'
import { type Scope, scopeKey } from '../domain/principal.ts'
import { compareRanked, createScorer } from '../search/score.ts'
import { parseQuery, type QueryTerms } from '../search/tokenize.ts'
import { admitsAll, filterConditions } from './agent-filter.ts'
import { agentFromRow } from './agent-rows.ts'
import { findImpact, findPrefixImpact } from './agent-terms.ts'
import { audienceCondition } from './audiences.ts'
import { type CandidateQueue, type Candidates, gatherCandidates, type TermWeights } from './candidates.ts'
import { readLastChange } from './change-counter.ts'
import type { Admission, Engine } from './engine.ts'
import { createIndexMemory, type KnownIndex } from './index-memory.ts'
import { type QueryLists, readQueryLists } from './query-lists.ts'
import { rawCondition } from './raw-condition.ts'
import { createSearchMemory } from './search-memory.ts'
import { seenRecord } from './seen-record.ts'
import { createSharedSearch } from './shared-search.ts'
import type { AgentsTable } from './tables.ts'

/** Postings read of each term at first: enough for exact results on nearly all queries over 10,000s of records. */
const FIRST_DEPTH = 1_000
/** When those do not settle the answer, lists are read this much deeper, then whole. */
const DEEPER = 8
/** Records scored exactly before a full page is taken as it stands; ties beyond are many and worth no more. */
const EXACT_SCORES = 400
/** Records scored at first for each one wanted: nine of ten searches need no more. */
const FIRST_SHARE = 1.5
/** Each further round scores so many times the records of the one before: a round trip costs more than scoring. */
const ROUND_GROWTH = 3

export function createAgentIndex(engine: Engine, asShared: AsShared): AgentIndex {
  const memory = createIndexMemory<WholeRecord>(engine.indexMemoryBytes, sizeOf)
  const answers = createSearchMemory(() => readLastChange(engine.db))
  const searchShared = createSharedSearch(engine, { asShared, searchPublic: search })

  async function search(
    text: string,
    scope: Scope,
    { filter, limit, after }: SearchOptions,
  ): Promise<RankedAgents> {
    if (scope.share !== undefined) {
      return searchShared({ text, query: parseQuery(text), share: scope.share, filter, limit, after })
    }
    if (after !== null) return searchAnew(text, scope, { filter, limit, after })
    const question = { text, scope, filter, limit }
    const remembered = await answers.recall(question)
    if (remembered !== undefined) return remembered
    const answer = await searchAnew(text, scope, { filter, limit, after })
    answers.keep(question, answer)
    return answer
  }

  async function searchAnew(
    text: string,
    scope: Scope,
    { filter, limit, after }: SearchOptions,
  ): Promise<RankedAgents> {
    const query = parseQuery(text)
    const lists = await readQueryLists(engine, query, scope)
    const { revision } = lists
    const statistics = after?.statistics ?? lists.statistics
    const none: RankedAgents = { matches: [], statistics, hasMore: false, revision }
    if (query.terms.length === 0 || limit < 1) return none
    const index: KnownEngine = { engine, known: memory.at(revision) }
    const ranked = await rank(index, { query, lists, statistics, filter, after, wanted: limit + 1, scope })
    const loaded = await loadAgents(index, ranked.slice(0, limit), scope)
    const matches = loaded.map(({ agent, score }) => ({ agent: seenRecord(agent, scope, asShared), score }))
    return { matches, statistics, hasMore: ranked.length > limit, revision }
  }

  return { search }
}

type SearchOptions = Parameters<AgentIndex['search']>[2]

/** The index in the database, and what is known of it as it stands. */
type KnownEngine = { readonly engine: Engine; readonly known: KnownIndex<WholeRecord> }

type RankRequest = {
  readonly query: QueryTerms
  readonly lists: QueryLists
  readonly statistics: SearchStatistics
  readonly filter: AgentFilter
  readonly after: RankedPosition | null
  readonly wanted: number
  readonly scope: Scope
}

type Ranked = {
  readonly ordinal: number
  readonly did: string
  readonly score: number
  /** The record itself, where it was read along with its terms. */
  readonly row: AgentRow | null
}

type AgentRow = Selectable<AgentsTable>

async function rank(index: KnownEngine, request: RankRequest): Promise<Ranked[]> {
  const weights = weigh(request.query, request.statistics)
  const isAdmitted = admission(request.filter)
  for (let depth = FIRST_DEPTH; ; depth *= DEEPER) {
    const candidates = await gatherCandidates(index, request.lists, { weights, depth, isAdmitted })
    const { results, isSettled } = await scoreCandidates(index, candidates, { ...request, weights })
    if (isSettled || candidates.areComplete) return results
  }
}

/** The weights of `createScorer`, and its order of summation below: equal input gives equal bits. */
function weigh(query: QueryTerms, statistics: SearchStatistics): TermWeights {
  const scorer = createScorer(query, statistics)
  return { terms: query.terms.map(scorer.termWeight), prefix: scorer.prefixWeight }
}

function admission(filter: AgentFilter): Admission | null {
  if (admitsAll(filter)) return null
  return (ordinal, mark) =>
    `exists (select 1 from agents a where a.ordinal = ${ordinal} and ${filterConditions(filter, 'a', mark).join(' and ')})`
}

async function scoreCandidates(
  index: KnownEngine,
  candidates: Candidates,
  request: RankRequest & { readonly weights: TermWeights },
): Promise<{ readonly results: Ranked[]; readonly isSettled: boolean }> {
  const { query, weights, after, wanted, scope } = request
  const { queue } = candidates
  const results: Ranked[] = []
  // Behind a cursor, or while the page is not full, every candidate counts; else the effort is bounded.
  const budget = after ? queue.size : Math.max(EXACT_SCORES, 4 * wanted)
  let scored = 0
  let round = Math.ceil(FIRST_SHARE * wanted)
  while (canEnter(queue, results[wanted - 1])) {
    if (scored >= budget && results.length === wanted) break
    const chunk = queue.take(round)
    // Nine of ten answers are among the first: read whole, they need no further round trip.
    const read = scored === 0 ? await readRecords(index, chunk, scope) : await readTerms(index, chunk)
    for (const { ordinal, did, terms, row } of read) {
      const score = scoreText(terms, query, weights)
      if (score > 0 && isBehind({ score, did }, after)) results.push({ ordinal, did, score, row })
    }
    results.sort(compareRanked)
    results.length = Math.min(results.length, wanted)
    scored += chunk.length
    round = Math.min(ROUND_GROWTH * round, EXACT_SCORES)
  }
  const worst = results[wanted - 1]
  return {
    results,
    isSettled: worst !== undefined && (after === null || candidates.boundOfUnseen <= worst.score),
  }
}

/** Among equal scores the smaller ordinal comes first: ordinals and DIDs both grow with creation. */
function canEnter(queue: CandidateQueue, worst: Ranked | undefined): boolean {
  const next = queue.peek()
  if (next === undefined || worst === undefined) return next !== undefined
  return next.bound > worst.score || (next.bound === worst.score && next.ordinal < worst.ordinal)
}

function isBehind(
  result: { readonly score: number; readonly did: string },
  after: RankedPosition | null,
): boolean {
  return after === null || compareRanked(result, after) > 0
}

function scoreText(terms: string, query: QueryTerms, weights: TermWeights): number {
  let score = 0
  query.terms.forEach((term, place) => {
    score += (weights.terms[place] ?? 0) * findImpact(terms, term)
  })
  return query.prefix === null ? score : score + weights.prefix * findPrefixImpact(terms, query.prefix)
}

type Scorable = Omit<Ranked, 'score'> & { readonly terms: string }
type WholeRecord = Scorable & { readonly row: AgentRow }

async function readTerms({ engine }: KnownEngine, ordinals: readonly number[]): Promise<Scorable[]> {
  const rows = await engine.db
    .selectFrom('agent_terms')
    .innerJoin('agents', 'agents.ordinal', 'agent_terms.agent_ordinal')
    .select(['agents.ordinal', 'agents.did', 'agent_terms.terms'])
    .where(engine.isOneOf('agent_terms.agent_ordinal', ordinals, 'bigint'))
    .execute()
  return rows.map((row) => ({ ...row, row: null }))
}

/** Those of the records that the scope reaches, in any order. */
async function readRecords(
  { engine, known }: KnownEngine,
  ordinals: readonly number[],
  scope: Scope,
): Promise<WholeRecord[]> {
  const readers = scopeKey(scope)
  const records: WholeRecord[] = []
  const missing: number[] = []
  for (const ordinal of ordinals) {
    const record = known.record(readers, ordinal)
    if (record === undefined) missing.push(ordinal)
    else records.push(record)
  }
  if (missing.length === 0) return records
  const rows = await engine.db
    .selectFrom('agents')
    .innerJoin('agent_terms', 'agent_terms.agent_ordinal', 'agents.ordinal')
    .selectAll('agents')
    .select('agent_terms.terms')
    .where(engine.isOneOf('agents.ordinal', missing, 'bigint'))
    // Again: since the lists were read a record may have changed, and been withdrawn from this asker.
    .where(rawCondition((mark) => audienceCondition('agents.audience_id', scope, mark)))
    .execute()
  for (const row of rows) {
    const record = { ordinal: row.ordinal, did: row.did, terms: row.terms, row }
    known.keepRecord(readers, record)
    records.push(record)
  }
  return records
}

/** What a row takes in memory, roughly: its texts, and as much again for the rest. */
function sizeOf({ row }: WholeRecord): number {
  let characters = 0
  for (const value of Object.values(row)) if (typeof value === 'string') characters += value.length
  return 2 * characters
}

async function loadAgents(
  index: KnownEngine,
  ranked: readonly Ranked[],
  scope: Scope,
): Promise<RankedAgents['matches']> {
  const missing = ranked.filter(({ row }) => row === null).map(({ ordinal }) => ordinal)
  const loaded = missing.length === 0 ? [] : await readRecords(index, missing, scope)
  const rows = new Map(loaded.map(({ ordinal, row }) => [ordinal, row]))
  return ranked.flatMap(({ ordinal, score, row }) => {
    // A record deleted or withdrawn since the lists were read is not shown.
    const found = row ?? rows.get(ordinal)
    return found ? [{ agent: agentFromRow(found), score }] : []
  })
}
