/**
 * How many records a peer with a policy sees, and how many of them hold the words of a query. Of federated records that
 * is counted each time, from the lists of the query's words: counts kept for each policy would have to be written with
 * every record, and moved with every policy.
 */
import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { SharePolicy } from '../domain/share-policy.ts'
import type { QueryTerms } from '../search/tokenize.ts'
import { FEDERATED_AUDIENCE, PUBLIC_AUDIENCE } from './audiences.ts'
import type { Engine } from './engine.ts'
import { rawCondition } from './raw-condition.ts'
import { shareCondition } from './share-condition.ts'
import type { Tables } from './tables.ts'
import { EVERYTHING, type FrequencyRow, LAST_CHANGE } from './term-figures.ts'
import { keysWithPrefix, termKey } from './term-keys.ts'

/** How many federated records the policy lets out. */
export async function countShared(db: Kysely<Tables>, policy: SharePolicy): Promise<number> {
  const { rows } = await sql<{ readonly count: number }>`
    select count(*) as count from agents a where ${isShared('a', policy)}`.execute(db)
  return Number(rows[0]?.count ?? 0)
}

/** The figures of `readFigures` for a peer with a policy. */
export async function countSharedFigures(
  engine: Engine,
  query: QueryTerms,
  policy: SharePolicy,
): Promise<FrequencyRow[]> {
  const { terms, prefix } = query
  const parts = [ofAllRecords(policy)]
  if (terms.length > 0) parts.push(ofTerms(engine, terms, policy))
  if (prefix !== null) parts.push(ofExpansions(policy))
  const all = sql.join(parts, sql` union all `)
  const { rows } = await (prefix === null
    ? sql<FrequencyRow>`${all}`
    : sql<FrequencyRow>`with expansions as (${expansionsOf(prefix, policy)}) ${all}`
  ).execute(engine.db)
  return rows
}

const PUBLIC = sql.lit(PUBLIC_AUDIENCE)
const FEDERATED = sql.lit(FEDERATED_AUDIENCE)

function ofAllRecords(policy: SharePolicy): RawBuilder<unknown> {
  const all = sql`select ${sql.lit(EVERYTHING)} as term_id, cast(null as text) as stem`
  return sql`${all}, id as audience_id, documents from audiences where id = ${PUBLIC}
    union all ${all}, ${FEDERATED}, count(*) from agents a where ${isShared('a', policy)}
    union all select ${sql.lit(LAST_CHANGE)}, cast(null as text), 0, value from counters
    where name = 'agent_changes'`
}

function ofTerms(engine: Engine, terms: readonly string[], policy: SharePolicy): RawBuilder<unknown> {
  const isAsked = engine.isOneOf('t.stem', terms.map(termKey), 'text')
  return sql`select f.term_id, t.stem, f.audience_id, f.documents
    from terms t join term_frequencies f on f.term_id = t.id
    where ${isAsked} and f.audience_id = ${PUBLIC} and f.documents > 0
    union all
    select p.term_id, t.stem, ${FEDERATED}, count(*)
    from terms t join postings p on p.term_id = t.id join agents a on a.ordinal = p.agent_ordinal
    where ${isAsked} and p.audience_id = ${FEDERATED} and ${isShared('a', policy)}
    group by p.term_id, t.stem`
}

function ofExpansions(policy: SharePolicy): RawBuilder<unknown> {
  return sql`select f.term_id, cast(null as text), f.audience_id, f.documents
    from expansions e join term_frequencies f on f.term_id = e.term_id
    where f.audience_id = ${PUBLIC} and f.documents > 0
    union all
    select p.term_id, cast(null as text), ${FEDERATED}, count(*)
    from expansions e join postings p on p.term_id = e.term_id join agents a on a.ordinal = p.agent_ordinal
    where p.audience_id = ${FEDERATED} and ${isShared('a', policy)}
    group by p.term_id`
}

/**
 * The stems of words that begin with the prefix and stand in a record the peer sees. A word of one that it does not see
 * must not be told by the counts of its stem. Whether a record that holds the stem holds such a word is looked for in
 * the text of all its terms, where in rare cases it is a word of another stem.
 */
function expansionsOf(prefix: string, policy: SharePolicy): RawBuilder<unknown> {
  const { first, last } = keysWithPrefix(prefix)
  const isNamed = sql<SqlBool>`f.form >= ${first} and f.form <= ${last} and f.documents > 0`
  // Neither of the marks that `like` knows stands in a word.
  const isHeld = sql<SqlBool>`(x.terms like ${`%\n${prefix}%`} or x.terms like ${`% ${prefix}%`})`
  return sql`select f.term_id from forms f where ${isNamed} and f.audience_id = ${PUBLIC}
    union
    select f.term_id from forms f where ${isNamed} and f.audience_id = ${FEDERATED} and exists (
      select 1 from postings q join agents b on b.ordinal = q.agent_ordinal
      join agent_terms x on x.agent_ordinal = b.ordinal
      where q.term_id = f.term_id and q.audience_id = ${FEDERATED} and ${isShared('b', policy)} and ${isHeld})`
}

function isShared(record: string, policy: SharePolicy): RawBuilder<SqlBool> {
  const isAdmitted = rawCondition((mark) => shareCondition(policy, record, mark))
  return sql`${sql.ref(record)}.audience_id = ${FEDERATED} and ${isAdmitted}`
}
