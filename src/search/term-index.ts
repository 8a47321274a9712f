/**
 * Some records by their terms, for many searches over the same ones: what a search finds is read off, and of the records
 * that it does not show none is looked at.
 */
import { pseudoTerm, type Statistics, type TermImpact, zeros } from './score.ts'
import { initialOf, type QueryTerms } from './tokenize.ts'

export interface TermIndex {
  /** Gives the next place to a record. @param terms all of its terms, each once. */
  add(terms: readonly TermImpact[]): void
  /** @param isCounted whether the record at a place counts in how common the words are; all others are as if not there. */
  lookUp(query: QueryTerms, isCounted: (place: number) => boolean): FoundTerms
}

export type FoundTerms = {
  /** What the query's words are worth in each record, a row for each as an `ImpactReader` writes it; zeros if not counted. */
  readonly rows: readonly number[]
  /** As `countStatistics` counts them over the records that count. */
  readonly statistics: Statistics
}

/** Where a term, or a form of one, is held, and what the term is worth there. */
type Postings = { readonly stem: string; readonly places: number[]; readonly impacts: number[] }

/** An index of no record yet. */
export function createTermIndex(): TermIndex {
  const stems = new Map<string, Postings>()
  const forms = new Map<string, Postings>()
  const formsByInitial = new Map<string, string[]>()
  let size = 0

  const begunWith = (prefix: string): Postings[] =>
    (formsByInitial.get(initialOf(prefix)) ?? [])
      .filter((form) => form.startsWith(prefix))
      .flatMap((form) => forms.get(form) ?? [])

  return {
    add(terms) {
      const place = size
      size += 1
      for (const { stem, impact, forms: ownForms } of terms) {
        post(stems, stem, { stem, place, impact })
        for (const form of ownForms) {
          if (!forms.has(form)) listIn(formsByInitial, initialOf(form)).push(form)
          post(forms, form, { stem, place, impact })
        }
      }
    },
    lookUp({ terms, prefix }, isCounted) {
      const width = terms.length + 1
      const rows = zeros(size * width)
      const counted = Array.from({ length: size }, (_, place) => isCounted(place))
      const documents = counted.filter(Boolean).length
      const countOf = (stem: string): number =>
        stems.get(stem)?.places.filter((place) => counted[place]).length ?? 0
      const documentFrequency = new Map<string, number>()
      terms.forEach((term, column) => {
        let frequency = 0
        eachOf(stems.get(term), (place, impact) => {
          if (!counted[place]) return
          frequency += 1
          rows[place * width + column] = impact
        })
        documentFrequency.set(term, frequency)
      })
      if (prefix !== null) {
        const begun = begunWith(prefix)
        const column = terms.length
        const stemsOfPrefix = new Set<string>()
        for (const postings of begun) {
          eachOf(postings, (place, impact) => {
            if (!counted[place]) return
            stemsOfPrefix.add(postings.stem)
            const at = place * width + column
            if (impact > (rows[at] ?? 0)) rows[at] = impact
          })
        }
        const sum = [...stemsOfPrefix].reduce((total, stem) => total + countOf(stem), 0)
        documentFrequency.set(pseudoTerm(prefix), Math.min(sum, documents))
      }
      return { rows, statistics: { documents, documentFrequency } }
    },
  }
}

function post(
  into: Map<string, Postings>,
  key: string,
  { stem, place, impact }: { readonly stem: string; readonly place: number; readonly impact: number },
): void {
  const known = into.get(key)
  if (known === undefined) {
    into.set(key, { stem, places: [place], impacts: [impact] })
    return
  }
  known.places.push(place)
  known.impacts.push(impact)
}

function eachOf(postings: Postings | undefined, take: (place: number, impact: number) => void): void {
  postings?.places.forEach((place, at) => {
    take(place, postings.impacts[at] ?? 0)
  })
}

function listIn(lists: Map<string, string[]>, key: string): string[] {
  const known = lists.get(key)
  if (known !== undefined) return known
  const made: string[] = []
  lists.set(key, made)
  return made
}
