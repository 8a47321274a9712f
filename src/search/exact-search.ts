import { countTerms } from './count-terms.ts'
import type { Statistics, TermImpact } from './score.ts'
import { compareRanked, createScorer, pseudoTerm } from './score.ts'
import type { QueryTerms } from './tokenize.ts'
import { createTopK } from './top-k.ts'

/**
 * The rule `bm25-1` with nothing clever about it: every record is looked at. Indexes are tested and measured
 * against these two functions, and a handful of records needs nothing better.
 */

export type IndexedRecord = { readonly did: string; readonly impacts: readonly TermImpact[] }
export type RankedRecord = { readonly did: string; readonly score: number }

/** The best `k` of the records that hold any term of the query, best first. */
export function rankAll(
  records: Iterable<IndexedRecord>,
  query: QueryTerms,
  statistics: Statistics,
  k: number,
): RankedRecord[] {
  const { scoreImpacts } = createScorer(query, statistics)
  const best = createTopK<RankedRecord>(k, compareRanked)
  for (const { did, impacts } of records) {
    const score = scoreImpacts(impacts)
    if (score > 0) best.push({ did, score })
  }
  return best.toSortedArray()
}

/** The statistics a registry that holds exactly these records sends with its answer to the query. */
export function countStatistics(records: readonly IndexedRecord[], query: QueryTerms): Statistics {
  const counts = countTerms(records, query.prefix)
  const documentFrequency = new Map(query.terms.map((term) => [term, counts.byStem.get(term) ?? 0]))
  if (query.prefix !== null) {
    const frequency = Math.min(counts.sumOverPrefix, records.length)
    documentFrequency.set(pseudoTerm(query.prefix), frequency)
  }
  return { documents: records.length, documentFrequency }
}
