/**
 * Search for a peer whose policy keeps back members that are searched, such as descriptions. Its federated records are
 * found by what it sees of them and by nothing else: whoever can search by words that are kept back can guess them.
 *
 * The index knows whole records, and what a word is worth in one depends on all its words, so every federated record
 * that may match is taken apart anew, as the peer sees it. Public records are found by the index.
 */
import { setImmediate } from 'node:timers/promises'
import { sql } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { AgentFilter } from '../domain/discovery.ts'
import type { AgentIndex, AsShared, RankedAgents, RankedPosition } from '../domain/ports.ts'
import { PUBLIC_SCOPE } from '../domain/principal.ts'
import { type ShareRule, withhold } from '../domain/share-policy.ts'
import {
  compareRanked,
  createScorer,
  pseudoTerm,
  type Statistics,
  scoreTerms,
  type TermImpact,
} from '../search/score.ts'
import { createTokenizer, type QueryTerms } from '../search/tokenize.ts'
import { asksForWithheld, filterConditions } from './agent-filter.ts'
import { agentFromRow } from './agent-rows.ts'
import { decodeTerms, encodeTerms } from './agent-terms.ts'
import { FEDERATED_AUDIENCE, PUBLIC_AUDIENCE } from './audiences.ts'
import type { Engine } from './engine.ts'
import { rawCondition } from './raw-condition.ts'
import { searchedText } from './seen-record.ts'
import { shareCondition } from './share-condition.ts'
import { countShared } from './share-counts.ts'
import { keysWithPrefix, termKey } from './term-keys.ts'

export type WithheldQuery = {
  readonly text: string
  readonly query: QueryTerms
  readonly share: ShareRule
  readonly filter: AgentFilter
  readonly limit: number
  readonly after: RankedPosition | null
}

export type WithheldSearch = (query: WithheldQuery) => Promise<RankedAgents>

/** About 1 KB each: the words of a record as one policy shows it. */
const REMEMBERED_RECORDS = 20_000
/** Records read and taken apart in one go, some ten milliseconds; others are served in between. */
const CHUNK = 200
/**
 * A word that more records hold is looked at in so many of them, evenly spread; figures are scaled up and marked as
 * estimates. It bounds what one question can cost.
 */
const MOST_RECORDS = 20_000

export function createWithheldSearch(
  engine: Engine,
  { asShared, searchPublic }: { readonly asShared: AsShared; readonly searchPublic: AgentIndex['search'] },
): WithheldSearch {
  const readRecords = createRecordReader(engine, asShared)

  return async ({ text, query, share, filter, limit, after }) => {
    const revision = await readRevision(engine)
    const candidates = await listCandidates(engine, query, { share, filter })
    const records = await readRecords(candidates.list, share)
    const statistics = after?.statistics ?? (await countAll(engine, query, { share, records, candidates }))
    const start = after ?? { score: Number.POSITIVE_INFINITY, did: '' }
    const ofPublic = await searchPublic(text, PUBLIC_SCOPE, {
      filter,
      limit,
      after: { ...start, statistics },
    })
    const scorer = createScorer(query, statistics)
    const shared = records
      .filter(({ isWanted }) => isWanted)
      .map(({ ordinal, did, impacts }) => ({ ordinal, did, score: scorer.scoreImpacts(impacts) }))
      .filter((record) => record.score > 0 && compareRanked(record, start) > 0)
    const open = ofPublic.matches.map(({ agent, score }) => ({ agent, did: agent.did, score }))
    const ranked = [...open, ...shared].sort(compareRanked)
    return {
      matches: await load(engine, ranked.slice(0, limit), { share, asShared }),
      statistics,
      hasMore: ofPublic.hasMore || ranked.length > limit,
      revision,
    }
  }
}

async function readRevision({ db }: Engine): Promise<number> {
  const changes = db.selectFrom('counters').select('value').where('name', '=', 'agent_changes')
  return (await changes.executeTakeFirstOrThrow()).value
}

type Candidate = {
  readonly ordinal: number
  readonly seq: number
  readonly did: string
  /** It meets the filter's conditions. */
  readonly isWanted: boolean
}

type Candidates = {
  readonly list: readonly Candidate[]
  /** How many records each of the list stands for; 1 when they are all there. */
  readonly weight: number
}

/** Federated records that the policy lets out and that hold, whole, any word of the query. */
async function listCandidates(
  engine: Engine,
  query: QueryTerms,
  { share, filter }: Pick<WithheldQuery, 'share' | 'filter'>,
): Promise<Candidates> {
  const isAdmitted = rawCondition((mark) => shareCondition(share.policy, 'a', mark))
  const isWanted = asksForWithheld(filter, share)
    ? sql`false`
    : rawCondition((mark) => filterConditions(filter, 'a', mark).join(' and ') || 'true')
  const matching = sql`from agents a where a.audience_id = ${FEDERATED} and ${isAdmitted} and a.ordinal in (
    select p.agent_ordinal from postings p
    where p.audience_id = ${FEDERATED} and p.term_id in (${termIdsOf(engine, query)}))`
  const { rows: counted } = await sql<{
    readonly count: number
  }>`select count(*) as count ${matching}`.execute(engine.db)
  const weight = Math.max(1, Math.ceil(Number(counted[0]?.count ?? 0) / MOST_RECORDS))
  const { rows } = await sql<Omit<Candidate, 'isWanted'> & { readonly wanted: number | boolean }>`
    select a.ordinal, a.seq, a.did, case when ${isWanted} then 1 else 0 end as wanted
    ${matching} and a.ordinal % ${sql.lit(weight)} = 0 order by a.ordinal`.execute(engine.db)
  const list = rows.map(({ ordinal, seq, did, wanted }) => ({ ordinal, seq, did, isWanted: wanted === 1 }))
  return { list, weight }
}

const FEDERATED = sql.lit(FEDERATED_AUDIENCE)
const PUBLIC = sql.lit(PUBLIC_AUDIENCE)

/** Of an unfinished word also the stems that only public records have words of: they count in all records. */
function termIdsOf(engine: Engine, { terms, prefix }: QueryTerms) {
  const whole = sql`select t.id from terms t where ${engine.isOneOf('t.stem', terms.map(termKey), 'text')}`
  return prefix === null ? whole : sql`${whole} union ${expansionsOf(prefix, FEDERATED_AUDIENCE)}`
}

function expansionsOf(prefix: string, widestAudience: number) {
  const { first, last } = keysWithPrefix(prefix)
  return sql`select f.term_id from forms f where f.form >= ${first} and f.form <= ${last} and f.documents > 0
    and f.audience_id <= ${sql.lit(widestAudience)}`
}

type TakenApart = Candidate & { readonly impacts: readonly TermImpact[] }

function createRecordReader(engine: Engine, asShared: AsShared) {
  const known = new LRUCache<string, string>({ max: REMEMBERED_RECORDS })
  const tokenize = createTokenizer()

  const readMissing = async (
    missing: readonly Candidate[],
    { policy }: ShareRule,
  ): Promise<Map<number, string>> => {
    const read = new Map<number, string>()
    if (missing.length === 0) return read
    const rows = await engine.db
      .selectFrom('agents')
      .selectAll()
      .where(
        engine.isOneOf(
          'ordinal',
          missing.map(({ ordinal }) => ordinal),
          'bigint',
        ),
      )
      .execute()
    for (const row of rows) {
      const terms = scoreTerms(searchedText(withhold(asShared(agentFromRow(row)), policy)), tokenize)
      read.set(row.ordinal, encodeTerms(terms))
    }
    return read
  }

  return async (candidates: readonly Candidate[], share: ShareRule): Promise<TakenApart[]> => {
    const shown = (share.policy.fields ?? []).join()
    const keyOf = ({ ordinal, seq }: Candidate): string => `${ordinal}.${seq} ${shown}`
    const records: TakenApart[] = []
    for (let start = 0; start < candidates.length; start += CHUNK) {
      const chunk = candidates.slice(start, start + CHUNK)
      const read = await readMissing(
        chunk.filter((one) => !known.has(keyOf(one))),
        share,
      )
      for (const candidate of chunk) {
        const terms = known.get(keyOf(candidate)) ?? read.get(candidate.ordinal)
        if (terms === undefined) continue // gone since
        known.set(keyOf(candidate), terms)
        records.push({ ...candidate, impacts: decodeTerms(terms) })
      }
      await setImmediate()
    }
    return records
  }
}

/** The figures over what the peer sees: public records by the index, the others as they were taken apart. */
async function countAll(
  engine: Engine,
  query: QueryTerms,
  {
    share,
    records,
    candidates,
  }: {
    readonly share: ShareRule
    readonly records: readonly TakenApart[]
    readonly candidates: Candidates
  },
): Promise<Statistics & { readonly isEstimated: boolean }> {
  const counts = new Map<string, number>()
  const ofPrefix = new Set<string>()
  const { prefix } = query
  for (const { impacts } of records) {
    for (const { stem, forms } of impacts) {
      const key = termKey(stem)
      counts.set(key, (counts.get(key) ?? 0) + candidates.weight)
      if (prefix !== null && forms.some((form) => form.startsWith(prefix))) ofPrefix.add(key)
    }
  }
  const open = await readPublicCounts(engine, query, [...ofPrefix])
  for (const key of open.ofPrefix) ofPrefix.add(key)
  const documents = open.documents + (await countShared(engine.db, share.policy))
  const frequencyOf = (key: string): number =>
    Math.min(documents, (counts.get(key) ?? 0) + (open.counts.get(key) ?? 0))
  const documentFrequency = new Map(query.terms.map((term) => [term, frequencyOf(termKey(term))]))
  if (prefix !== null) {
    const sum = [...ofPrefix].reduce((total, key) => total + frequencyOf(key), 0)
    documentFrequency.set(pseudoTerm(prefix), Math.min(documents, sum))
  }
  return { documents, documentFrequency, isEstimated: candidates.weight > 1 }
}

/** @param stems keys of stems that the unfinished word may belong to, beside those of public records. */
async function readPublicCounts(engine: Engine, { terms, prefix }: QueryTerms, stems: readonly string[]) {
  const isAsked = engine.isOneOf('t.stem', [...terms.map(termKey), ...stems], 'text')
  const expansions = prefix === null ? sql`select 0 where false` : expansionsOf(prefix, PUBLIC_AUDIENCE)
  const { rows } = await sql<{ readonly stem: string; readonly documents: number; readonly expands: number }>`
    select t.stem, coalesce(f.documents, 0) as documents,
      case when t.id in (${expansions}) then 1 else 0 end as expands
    from terms t left join term_frequencies f on f.term_id = t.id and f.audience_id = ${PUBLIC}
    where ${isAsked} or t.id in (${expansions})`.execute(engine.db)
  const { documents } = await engine.db
    .selectFrom('audiences')
    .select('documents')
    .where('id', '=', PUBLIC_AUDIENCE)
    .executeTakeFirstOrThrow()
  return {
    documents,
    counts: new Map(rows.map((row) => [row.stem, row.documents])),
    ofPrefix: rows.filter(({ expands }) => expands === 1).map(({ stem }) => stem),
  }
}

type Place = { readonly did: string; readonly score: number } & (
  | { readonly agent: RankedAgents['matches'][number]['agent'] }
  | { readonly ordinal: number }
)

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
