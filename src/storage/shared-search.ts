/**
 * Search for a peer with a share policy. Its public records are found by the index, the federated ones by looking at
 * every one that it sees, as it sees it: what is kept back is neither found nor counted, or it could be guessed.
 */
import { type RawBuilder, sql } from 'kysely'
import type { AgentFilter } from '../domain/discovery.ts'
import { foldCase } from '../domain/fold-case.ts'
import type { AgentIndex, AsShared, RankedAgents, RankedPosition } from '../domain/ports.ts'
import { PUBLIC_SCOPE } from '../domain/principal.ts'
import type { ShareRule } from '../domain/share-policy.ts'
import { compareRanked, createScorer, pseudoTerm, type Statistics } from '../search/score.ts'
import type { QueryTerms } from '../search/tokenize.ts'
import { createTopK } from '../search/top-k.ts'
import { asksForWithheld } from './agent-filter.ts'
import { agentFromRow } from './agent-rows.ts'
import { FEDERATED_AUDIENCE, PUBLIC_AUDIENCE } from './audiences.ts'
import type { Engine } from './engine.ts'
import { rawCondition } from './raw-condition.ts'
import { shareCondition } from './share-condition.ts'
import type { SharedArena, SharedRecord } from './shared-arena.ts'
import { countHolders, type Matches, matchAll } from './shared-matches.ts'
import { createSharedRecords, type SharedView } from './shared-records.ts'
import { keysWithPrefix, termKey } from './term-keys.ts'

export type SharedQuery = {
  readonly text: string
  readonly query: QueryTerms
  readonly share: ShareRule
  readonly filter: AgentFilter
  readonly limit: number
  readonly after: RankedPosition | null
}

type SharedSearchDeps = { readonly asShared: AsShared; readonly searchPublic: AgentIndex['search'] }

export function createSharedSearch(
  engine: Engine,
  { asShared, searchPublic }: SharedSearchDeps,
): (query: SharedQuery) => Promise<RankedAgents> {
  const shared = createSharedRecords(engine, asShared)

  return async ({ text, query, share, filter, limit, after }) => {
    const view = await shared.view(share)
    const matches = await matchAll(view, query)
    const statistics = after?.statistics ?? (await countAll(engine, query, { view, matches }))
    const start = after ?? { score: Number.POSITIVE_INFINITY, did: '' }
    const ofPublic = await searchPublic(text, PUBLIC_SCOPE, {
      filter,
      limit,
      after: { ...start, statistics },
    })
    const isWanted = asksForWithheld(filter, share) ? () => false : conditionOf(filter)
    const best = rank(matches, {
      records: view.arena.records,
      query,
      statistics,
      start,
      isWanted,
      wanted: limit + 1,
    })
    const open = ofPublic.matches.map(({ agent, score }) => ({ agent, did: agent.did, score }))
    const ranked = [...open, ...best].sort(compareRanked)
    return {
      matches: await load(engine, ranked.slice(0, limit), { share, asShared }),
      statistics,
      hasMore: ofPublic.hasMore || ranked.length > limit,
      revision: view.revision,
    }
  }
}

/** The figures over what the peer sees: public records by the index, the others as they were counted. */
async function countAll(
  engine: Engine,
  query: QueryTerms,
  { view, matches }: { readonly view: SharedView; readonly matches: Matches },
): Promise<Statistics & { readonly isEstimated: boolean }> {
  const { weight, slots } = view
  const { words } = view.arena
  const own = matches.expansions.map((stem) => words.stemText(stem))
  const open = await readPublicCounts(engine, query, own)
  const documents = open.documents + slots.length * weight
  const documentFrequency = new Map(
    query.terms.map((term, place) => {
      const shared = (matches.counts[place] ?? 0) * weight
      return [term, Math.min(documents, shared + (open.counts.get(termKey(term)) ?? 0))]
    }),
  )
  if (query.prefix !== null) {
    const held = await countExpansions({ view, matches }, open.expansions)
    const expansions = new Set([...own.map(termKey), ...open.expansions])
    let sum = 0
    for (const key of expansions) sum += (open.counts.get(key) ?? 0) + (held.get(key) ?? 0) * weight
    documentFrequency.set(pseudoTerm(query.prefix), Math.min(documents, sum))
  }
  return { documents, documentFrequency, isEstimated: weight > 1 }
}

/**
 * By the keys of the stems that an unfinished word may belong to: how many federated records hold each. Of a stem that
 * public records alone have such a word of, federated ones may hold another ("run", where those have "running").
 */
async function countExpansions(
  { view, matches }: { readonly view: SharedView; readonly matches: Matches },
  open: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { words } = view.arena
  const held = new Map<string, number>()
  const others = new Map<number, string>()
  for (const stem of matches.expansions) held.set(termKey(words.stemText(stem)), matches.countOf(stem) ?? 0)
  for (const key of open) {
    const stem = held.has(key) ? undefined : words.findStem(key)
    if (stem === undefined) continue
    const counted = matches.countOf(stem)
    if (counted === undefined) others.set(stem, key)
    else held.set(key, counted)
  }
  for (const [stem, holders] of await countHolders(view, new Set(others.keys()))) {
    held.set(others.get(stem) ?? '', holders)
  }
  return held
}

/** @param stems of federated records, to which the unfinished word may belong, beside those of public ones. */
async function readPublicCounts(engine: Engine, { terms, prefix }: QueryTerms, stems: readonly string[]) {
  const counts = sql`left join term_frequencies f on f.term_id = t.id and f.audience_id = ${PUBLIC}`
  const isAsked = engine.isOneOf('t.stem', [...terms, ...stems].map(termKey), 'text')
  const asked = sql`select t.stem, coalesce(f.documents, 0) as documents, 0 as expands
    from terms t ${counts} where ${isAsked}`
  const read = prefix === null ? asked : sql`${asked} union all ${publicExpansions(prefix, counts)}`
  const { rows } = await sql<{ readonly stem: string; readonly documents: number; readonly expands: number }>`
    ${read}`.execute(engine.db)
  const all = engine.db.selectFrom('audiences').select('documents').where('id', '=', PUBLIC_AUDIENCE)
  return {
    documents: (await all.executeTakeFirstOrThrow()).documents,
    counts: new Map(rows.map((row) => [row.stem, row.documents])),
    expansions: rows.filter(({ expands }) => expands === 1).map(({ stem }) => stem),
  }
}

const PUBLIC = sql.lit(PUBLIC_AUDIENCE)

function publicExpansions(prefix: string, counts: RawBuilder<unknown>): RawBuilder<unknown> {
  const { first, last } = keysWithPrefix(prefix)
  return sql`select t.stem, coalesce(f.documents, 0), 1
    from (select distinct term_id from forms where form >= ${first} and form <= ${last} and documents > 0
      and audience_id = ${PUBLIC}) e join terms t on t.id = e.term_id ${counts}`
}

/** The filter as a function of a record, as `filterConditions` is one of a row. */
function conditionOf({ agentType, tags, status, provider }: AgentFilter): (record: SharedRecord) => boolean {
  const type = agentType?.trim().toLowerCase()
  const organization = provider === null ? undefined : foldCase(provider)
  const wanted = tags.map(foldCase)
  return ({ facts, status: own }) =>
    (type === undefined || facts.agentType === type) &&
    (status === null || own === status) &&
    (organization === undefined || facts.provider === organization) &&
    wanted.every((tag) => facts.tags.has(tag))
}

type Best = { readonly ordinal: number; readonly did: string; readonly score: number }

/** The best of the matches behind a place, by the sums of `createScorer`: equal input gives equal bits. */
function rank(
  { slots, impacts, columns }: Matches,
  {
    records,
    query,
    statistics,
    start,
    isWanted,
    wanted,
  }: {
    readonly records: SharedArena['records']
    readonly query: QueryTerms
    readonly statistics: Statistics
    readonly start: { readonly score: number; readonly did: string }
    readonly isWanted: (record: SharedRecord) => boolean
    readonly wanted: number
  },
): Best[] {
  const scorer = createScorer(query, statistics)
  const weights = query.terms.map(scorer.termWeight)
  const best = createTopK<Best>(wanted, compareRanked)
  for (let place = 0; place < slots.length; place += 1) {
    const row = place * columns
    let score = 0
    for (let term = 0; term < weights.length; term += 1)
      score += (weights[term] ?? 0) * (impacts[row + term] ?? 0)
    score += scorer.prefixWeight * (impacts[row + weights.length] ?? 0)
    // What cannot be among the best needs no further look.
    if (score <= 0 || score > start.score || score < (best.worst()?.score ?? 0)) continue
    const record = records[slots[place] ?? -1]
    if (record === undefined || !isWanted(record)) continue
    const { ordinal, did } = record
    if (compareRanked({ score, did }, start) > 0) best.push({ ordinal, did, score })
  }
  return best.toSortedArray()
}

type Place = { readonly did: string; readonly score: number } & (
  | { readonly agent: RankedAgents['matches'][number]['agent'] }
  | { readonly ordinal: number }
)

/** The records themselves, those only that the policy lets out in the database's eyes, too. */
async function load(
  engine: Engine,
  ranked: readonly Place[],
  { share: { policy }, asShared }: { readonly share: ShareRule; readonly asShared: AsShared },
): Promise<RankedAgents['matches']> {
  const ordinals = ranked.flatMap((place) => ('ordinal' in place ? [place.ordinal] : []))
  const rows =
    ordinals.length === 0
      ? []
      : await engine.db
          .selectFrom('agents as a')
          .selectAll()
          .where(engine.isOneOf('a.ordinal', ordinals, 'bigint'))
          .where('a.audience_id', '=', FEDERATED_AUDIENCE)
          .where(rawCondition((mark) => shareCondition(policy, 'a', mark)))
          .execute()
  const agents = new Map(rows.map((row) => [row.ordinal, asShared(agentFromRow(row))]))
  return ranked.flatMap((place) => {
    // A record deleted or withdrawn since it was listed is not shown.
    const agent = 'agent' in place ? place.agent : agents.get(place.ordinal)
    return agent === undefined ? [] : [{ agent, score: place.score }]
  })
}
