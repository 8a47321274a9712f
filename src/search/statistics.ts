import { countTerms } from './count-terms.ts'
import type { Statistics, TermImpact } from './score.ts'
import { pseudoTerm } from './score.ts'
import type { QueryTerms } from './tokenize.ts'

/**
 * What registries say about how common words are, and how far that is believed.
 *
 * The figures of several registries are added up, so that one function scores all their records on one scale.
 * They are claims: a registry that lies about them moves the others' results. Three checks limit that:
 * 1. Figures that cannot be true (`parseSearchStats`, `isSound`) are left out whole.
 * 2. Figures that the records in the same answer disprove (`contradicts`) are left out whole.
 * 3. The rest weighs at most as much as all other registries together (`boundStatistics`), unless the
 *    operator confirmed the registry's size.
 * The records of a registry whose figures were left out are scored with what the others say ("pooled").
 */
export const SCORING = 'bm25-1'

/** `search_stats` of an answer, after it was checked. */
export type SearchStats = Statistics & {
  readonly scoring: typeof SCORING
  /** The figures may be wrong by `ESTIMATE_ERROR`. */
  readonly estimated: boolean
}

/** Statistics on their way into the pool. */
export type Contributor = {
  /** Orders the sums, so that they do not depend on who answered first. */
  readonly id: string
  /** Null when the registry sent none that can be used. */
  readonly statistics: Statistics | null
  /** An operator vouches for the number of records; the figures count in full. */
  readonly isSizeConfirmed: boolean
}

// What the rule allows a registry of more than 100,000 records, or one that narrows by policy.
const ESTIMATE_ERROR = 0.05

// Records. A small federation must not shrink its first large member to nothing.
const SMALLEST_BOUND = 1_000

/**
 * Reads `search_stats` of a peer's answer to `query`, keeping the query's terms only.
 * Undefined if it follows another rule, a figure is impossible, or a term of the query is missing: a missing
 * frequency is no 0, and a lone wrong figure misleads more than none.
 */
export function parseSearchStats(wire: unknown, query: QueryTerms): SearchStats | undefined {
  if (!isRecord(wire) || wire.scoring !== SCORING) return undefined
  const { documents, document_frequency: frequencies, estimated = false } = wire
  if (typeof documents !== 'number' || typeof estimated !== 'boolean') return undefined
  if (!isRecord(frequencies)) return undefined
  const documentFrequency = new Map<string, number>()
  for (const key of listKeys(query)) {
    const frequency = Object.hasOwn(frequencies, key) ? frequencies[key] : undefined
    if (typeof frequency !== 'number') return undefined
    documentFrequency.set(key, frequency)
  }
  const stats: SearchStats = { scoring: SCORING, documents, documentFrequency, estimated }
  return isSound(stats) ? stats : undefined
}

/** The keys that statistics for a query have: its terms, then the pseudo-term of its unfinished word. */
export function listKeys({ terms, prefix }: QueryTerms): readonly string[] {
  return prefix === null ? terms : [...terms, pseudoTerm(prefix)]
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether all figures are whole, exactly representable, not negative, and no term has more records than there are. */
export function isSound({ documents, documentFrequency }: Statistics): boolean {
  if (!isCount(documents)) return false
  for (const frequency of documentFrequency.values()) {
    if (!isCount(frequency) || frequency > documents) return false
  }
  return true
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

/**
 * Whether a registry's figures are disproved by the distinct records it sent with them: it has fewer records
 * than it sent, or a term has. What it did not send proves nothing, a page and a policy both withhold records.
 *
 * @param records scored as received; text that was cut or cleaned first may hold words its registry never saw.
 */
export function contradicts(
  statistics: Statistics,
  records: readonly { readonly impacts: readonly TermImpact[] }[],
  { isEstimated = false }: { readonly isEstimated?: boolean } = {},
): boolean {
  const { documents, documentFrequency } = statistics
  const isTooFew = (claimed: number, seen: number): boolean =>
    claimed < (isEstimated ? Math.floor(seen * (1 - ESTIMATE_ERROR)) : seen)
  if (isTooFew(documents, records.length)) return true
  const pseudo = [...documentFrequency.keys()].find((key) => key.endsWith('*'))
  const seen = countTerms(records, pseudo === undefined ? null : pseudo.slice(0, -1))
  for (const [key, claimed] of documentFrequency) {
    const count = key === pseudo ? Math.min(seen.sumOverPrefix, documents) : (seen.byStem.get(key) ?? 0)
    if (isTooFew(claimed, count)) return true
  }
  return false
}

/**
 * The figures all records of one merged answer are scored with: of this registry (`local`, null if it was not
 * searched) and of the peers. `local` counts in full; unsound figures count nothing.
 * If nobody contributed, `documents` is 0: count the records in hand instead (`countStatistics`).
 */
export function poolStatistics(
  contributors: readonly Contributor[],
  local: Statistics | null = null,
): Statistics {
  const inOrder = contributors.toSorted((a, b) => (a.id === b.id ? 0 : a.id < b.id ? -1 : 1))
  const all = [{ id: '', statistics: local, isSizeConfirmed: true }, ...inOrder]
  return sumStatistics(boundStatistics(all))
}

/**
 * The contributors' sound figures, in the order given. A contributor whose size nobody confirmed and that
 * claims more records than all others together (and more than 1,000) has all its figures multiplied by the
 * one factor that takes its size down to that, so that its terms keep their proportions; they need not be
 * whole then. A contributor alone is left as it is: nothing else is there to be misled.
 *
 * At most one can be larger than all others together, so a liar never shrinks the honest.
 */
export function boundStatistics(contributors: readonly Contributor[]): Statistics[] {
  const sound = contributors.flatMap(({ statistics, isSizeConfirmed }) =>
    statistics !== null && isSound(statistics) ? [{ statistics, isSizeConfirmed }] : [],
  )
  const claims = sound.map(({ statistics }) => statistics)
  // Only the largest can be larger than all others together; looking at each would take time by the square of a fleet.
  const place = placeOfLargest(claims)
  const largest = sound[place]
  if (largest === undefined || largest.isSizeConfirmed || sound.length === 1) return claims
  const documentsOfOthers = claims.reduce((sum, { documents }, at) => sum + (at === place ? 0 : documents), 0)
  return claims.with(place, scaleDown(largest.statistics, Math.max(SMALLEST_BOUND, documentsOfOthers)))
}

function placeOfLargest(claims: readonly Statistics[]): number {
  return claims.reduce(
    (best, { documents }, place) => (documents > (claims[best]?.documents ?? 0) ? place : best),
    0,
  )
}

function scaleDown(statistics: Statistics, mostDocuments: number): Statistics {
  if (statistics.documents <= mostDocuments) return statistics
  const factor = mostDocuments / statistics.documents
  const documentFrequency = new Map<string, number>()
  for (const [key, frequency] of statistics.documentFrequency) documentFrequency.set(key, frequency * factor)
  return { documents: statistics.documents * factor, documentFrequency }
}

/** Adds up statistics; a term that one of them does not list counts there as held by no record. */
export function sumStatistics(list: readonly Statistics[]): Statistics {
  let documents = 0
  const documentFrequency = new Map<string, number>()
  for (const statistics of list) {
    documents += statistics.documents
    for (const [key, frequency] of statistics.documentFrequency) {
      documentFrequency.set(key, (documentFrequency.get(key) ?? 0) + frequency)
    }
  }
  return { documents, documentFrequency }
}
