import type { QueryTerms, Token, Tokenize } from './tokenize.ts'
import { tokenize } from './tokenize.ts'

/**
 * How well a record answers a query, by rule `bm25-1`.
 *
 * A record's impacts depend on nothing but the record, so they are computed once and kept; only the weights of
 * the query's terms depend on how many records the registries hold. Sums are made in one fixed order: the same
 * input gives the same bits in every process, or ties would break differently from one answer to the next.
 */

/** What of a record is searched. The same fields count for local and foreign records, as received. */
export type ScorableRecord = {
  readonly name: string
  readonly description: string
  readonly agentType: string
  readonly tags: readonly string[]
  readonly providerOrganization: string | null
  readonly skills: readonly { readonly name: string; readonly description: string }[]
}

/** What one term is worth in one record. */
export type TermImpact = {
  readonly stem: string
  /** Between 0 and 3, both exclusive. */
  readonly impact: number
  /** The distinct unstemmed words of the record with this stem, in order of UTF-16 code units. */
  readonly forms: readonly string[]
}

/** How many records there are and how many hold each term. */
export type Statistics = {
  readonly documents: number
  /** By stem, and by `pseudoTerm(prefix)` for the word a user may still be typing. */
  readonly documentFrequency: ReadonlyMap<string, number>
}

export type Scorer = {
  /** The score of a record, 0 if it holds no term of the query. */
  scoreImpacts(impacts: readonly TermImpact[]): number
  /** The same from what an `ImpactReader` wrote. */
  scoreRow(rows: readonly number[], row: number): number
  /** What the impact of `stem` is multiplied by; 0 if the query does not ask for it. */
  termWeight(stem: string): number
  /** What the largest impact among the words that begin with the prefix is multiplied by; 0 without prefix. */
  readonly prefixWeight: number
}

/** The key under which statistics hold the frequency of an unfinished word. No stem holds a `*`. */
export function pseudoTerm(prefix: string): string {
  return `${prefix}*`
}

/** Each distinct stem of a record with its impact, in order of UTF-16 code units. */
export function scoreTerms(record: ScorableRecord, tokenizeText: Tokenize = tokenize): TermImpact[] {
  const terms = new Map<string, TermCount>()
  let length = 0
  const count = (text: string, weight: number): void => {
    const tokens = tokenizeText(text)
    length += tokens.length
    for (const token of tokens) countToken(terms, token, weight)
  }
  count(record.name, 3)
  for (const tag of record.tags) count(tag, 2)
  count(record.agentType, 2)
  if (record.providerOrganization !== null) count(record.providerOrganization, 2)
  count(record.description, 1)
  for (const { name, description } of record.skills) {
    count(name, 1)
    count(description, 1)
  }
  return [...terms]
    .map(([stem, { frequency, forms }]) => ({
      stem,
      impact: computeImpact(frequency, length),
      forms: forms.length > 1 ? forms.sort(compareCodeUnits) : forms,
    }))
    .sort((a, b) => compareCodeUnits(a.stem, b.stem))
}

type TermCount = { frequency: number; readonly forms: string[] }

function countToken(terms: Map<string, TermCount>, { form, stem }: Token, weight: number): void {
  const term = terms.get(stem)
  if (term === undefined) {
    terms.set(stem, { frequency: weight, forms: [form] })
    return
  }
  term.frequency += weight
  if (!term.forms.includes(form)) term.forms.push(form)
}

/**
 * What a term is worth that a record of `length` tokens holds with this weighted frequency: BM25's saturation with
 * k1 = 2 and b = 0.75 around a length of 25 tokens, a constant of the rule.
 */
export function computeImpact(frequency: number, length: number): number {
  return (frequency * 3) / (frequency + 2 * (0.25 + (0.75 * length) / 25))
}

/**
 * The weight of a term held by `frequency` of `documents` records: ln(1 + (N − n + 0.5) / (n + 0.5)), above 0.
 * A frequency outside 0..`documents` counts as the nearer end.
 */
export function idf(documents: number, frequency: number): number {
  const n = Math.min(Math.max(frequency, 0), documents)
  return Math.log(1 + (documents - n + 0.5) / (n + 0.5))
}

// An unfinished word supports the finished ones, it never outweighs them.
const PREFIX_FACTOR = 0.4

/** A plain array: thousands of typed ones, each with memory of its own, cost the collector more than they save. */
export function zeros(length: number): number[] {
  return new Array<number>(length).fill(0)
}

/** What of a record's impacts a query has to do with, as numbers: all that is left to score it by any statistics. */
export type ImpactReader = {
  /** Numbers in a row: one for each term of the query, and the last for its unfinished word. */
  readonly width: number
  read(impacts: readonly TermImpact[], into: number[], row: number): void
}

export function createImpactReader({ terms, prefix }: QueryTerms): ImpactReader {
  const width = terms.length + 1
  const places = new Map(terms.map((term, place) => [term, place]))
  return {
    width,
    read(impacts, into, row) {
      const start = row * width
      into.fill(0, start, start + width)
      let prefixImpact = 0
      for (const { stem, impact, forms } of impacts) {
        const place = places.get(stem)
        if (place !== undefined) into[start + place] = impact
        if (prefix !== null && impact > prefixImpact && forms.some((form) => form.startsWith(prefix))) {
          prefixImpact = impact
        }
      }
      into[start + terms.length] = prefixImpact
    },
  }
}

/**
 * Computes the query's weights once. Terms that the statistics do not list count as held by no record.
 * The scorer keeps working memory: use one per search.
 */
export function createScorer(query: QueryTerms, statistics: Statistics): Scorer {
  const weigh = (key: string): number => idf(statistics.documents, statistics.documentFrequency.get(key) ?? 0)
  const { terms, prefix } = query
  const weights = terms.map(weigh)
  const places = new Map(terms.map((term, place) => [term, place]))
  const prefixWeight = prefix === null ? 0 : PREFIX_FACTOR * weigh(pseudoTerm(prefix))
  const reader = createImpactReader(query)
  const found = zeros(reader.width)

  const scoreRow = (rows: readonly number[], row: number): number => {
    const start = row * reader.width
    let score = 0
    for (let place = 0; place < weights.length; place += 1) {
      score += (weights[place] ?? 0) * (rows[start + place] ?? 0)
    }
    return score + prefixWeight * (rows[start + weights.length] ?? 0)
  }
  return {
    scoreRow,
    scoreImpacts(impacts) {
      reader.read(impacts, found, 0)
      return scoreRow(found, 0)
    },
    termWeight: (stem) => weights[places.get(stem) ?? -1] ?? 0,
    prefixWeight,
  }
}

/** Best score first; equal scores by DID in order of UTF-16 code units, the same on every machine. */
export function compareRanked(
  a: { readonly score: number; readonly did: string },
  b: { readonly score: number; readonly did: string },
): number {
  return b.score - a.score || compareCodeUnits(a.did, b.did)
}

function compareCodeUnits(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
