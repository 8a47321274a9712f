/** What a query asks of the index: its terms' frequencies, the words its last one may become, and the figures. */
import type { SearchStatistics } from '../domain/discovery.ts'
import type { Scope } from '../domain/principal.ts'
import { pseudoTerm } from '../search/score.ts'
import type { QueryTerms } from '../search/tokenize.ts'
import { audienceCondition } from './audiences.ts'
import type { Engine, PostingList } from './engine.ts'
import { rawCondition } from './raw-condition.ts'
import { keysWithPrefix, termKey } from './term-keys.ts'

export type QueryLists = {
  /** The last change of a record that the lists know of. */
  readonly revision: number
  readonly statistics: SearchStatistics
  /** For each term of the query, its lists within the scope. */
  readonly terms: readonly (readonly PostingList[])[]
  /** For each stem that the unfinished word may belong to, most frequent first, its lists. */
  readonly expansions: readonly (readonly PostingList[])[]
}

/** Reads them in one round trip. */
export async function readQueryLists(engine: Engine, query: QueryTerms, scope: Scope): Promise<QueryLists> {
  const rows = await readFigures(engine, query, scope)
  let documents = 0
  let revision = 0
  const termOf = new Map(query.terms.map((term) => [termKey(term), term]))
  const termLists = new Map<string, PostingList[]>()
  const frequencies = new Map<string, number>(query.terms.map((term) => [term, 0]))
  const expansions = new Map<number, { readonly lists: PostingList[]; documents: number }>()
  let prefixDocuments = 0
  for (const row of rows) {
    if (row.term_id === EVERYTHING) {
      documents += row.documents
      continue
    }
    if (row.term_id === LAST_CHANGE) {
      revision = row.documents
      continue
    }
    const list = { termId: row.term_id, audienceId: row.audience_id }
    if (row.stem !== null) {
      const term = termOf.get(row.stem) ?? row.stem
      frequencies.set(term, (frequencies.get(term) ?? 0) + row.documents)
      termLists.set(term, [...(termLists.get(term) ?? []), list])
      continue
    }
    const expansion = expansions.get(row.term_id) ?? { lists: [], documents: 0 }
    expansion.lists.push(list)
    expansion.documents += row.documents
    expansions.set(row.term_id, expansion)
    prefixDocuments += row.documents
  }
  if (query.prefix !== null) frequencies.set(pseudoTerm(query.prefix), Math.min(documents, prefixDocuments))
  return {
    revision,
    statistics: { documents, documentFrequency: frequencies, isEstimated: false },
    terms: query.terms.map((term) => termLists.get(term) ?? []),
    expansions: [...expansions]
      .sort(([idA, a], [idB, b]) => b.documents - a.documents || idA - idB)
      .map(([, { lists }]) => lists),
  }
}

type FrequencyRow = {
  readonly term_id: number
  /** `null` for an expansion of the unfinished word. */
  readonly stem: string | null
  readonly audience_id: number
  readonly documents: number
}

/** Stands for all records in place of a term: ids of terms begin at 1. */
const EVERYTHING = 0
/** Stands for the count of changes: one statement reads it together with the figures, as of one moment. */
const LAST_CHANGE = -1

async function readFigures(engine: Engine, query: QueryTerms, scope: Scope): Promise<FrequencyRow[]> {
  const everything = engine.db
    .selectFrom('audiences')
    .select((eb) => [
      eb.lit(EVERYTHING).$castTo<number>().as('term_id'),
      eb.lit(null).$castTo<string | null>().as('stem'),
      'audiences.id as audience_id',
      'audiences.documents',
    ])
    .where(rawCondition((mark) => audienceCondition('audiences.id', scope, mark)))
    .unionAll(
      engine.db
        .selectFrom('counters')
        .select((eb) => [
          eb.lit(LAST_CHANGE).$castTo<number>().as('term_id'),
          eb.lit(null).$castTo<string | null>().as('stem'),
          eb.lit(0).$castTo<number>().as('audience_id'),
          'counters.value as documents',
        ])
        .where('counters.name', '=', 'agent_changes'),
    )
  if (query.terms.length === 0) return everything.execute()
  const whole = engine.db
    .selectFrom('terms')
    .innerJoin('term_frequencies as f', 'f.term_id', 'terms.id')
    .select((eb) => [
      'f.term_id',
      eb.ref('terms.stem').$castTo<string | null>().as('stem'),
      'f.audience_id',
      'f.documents',
    ])
    .where(engine.isOneOf('terms.stem', query.terms.map(termKey), 'text'))
    .where('f.documents', '>', 0)
    .where(rawCondition((mark) => audienceCondition('f.audience_id', scope, mark)))
  if (query.prefix === null) return whole.unionAll(everything).execute()
  const { first, last } = keysWithPrefix(query.prefix)
  const unfinished = engine.db
    .selectFrom('term_frequencies as f')
    .select((eb) => [
      'f.term_id',
      eb.lit(null).$castTo<string | null>().as('stem'),
      'f.audience_id',
      'f.documents',
    ])
    .where('f.documents', '>', 0)
    .where(rawCondition((mark) => audienceCondition('f.audience_id', scope, mark)))
    .where('f.term_id', 'in', (eb) =>
      eb
        .selectFrom('forms')
        .select('forms.term_id')
        .where('forms.form', '>=', first)
        .where('forms.form', '<=', last)
        .where('forms.documents', '>', 0)
        .where(rawCondition((mark) => audienceCondition('forms.audience_id', scope, mark))),
    )
  return whole.unionAll(everything).unionAll(unfinished).execute()
}
