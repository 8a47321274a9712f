/** Every match scored, over an inverted index in memory: what benches compare with, fast enough for many queries. */
import { createScorer, pseudoTerm, type Statistics, type TermImpact } from '../src/search/score.ts'
import type { QueryTerms } from '../src/search/tokenize.ts'

export type ExactRecord = { readonly did: string; readonly impacts: readonly TermImpact[] }

export interface ExactIndex {
  /** The `k` best records of all, and the figures they were scored with. */
  search(query: QueryTerms, k: number): { readonly dids: string[]; readonly statistics: Statistics }
}

type Posting = { readonly place: number; readonly impact: number }

export function createExactIndex(records: readonly ExactRecord[]): ExactIndex {
  const byStem = new Map<string, Posting[]>()
  const byForm = new Map<string, { readonly stem: string; readonly postings: Posting[] }>()
  records.forEach(({ impacts }, place) => {
    for (const { stem, impact, forms } of impacts) {
      const postings = byStem.get(stem) ?? []
      byStem.set(stem, postings)
      postings.push({ place, impact })
      for (const form of forms) {
        const entry = byForm.get(form) ?? { stem, postings: [] }
        byForm.set(form, entry)
        entry.postings.push({ place, impact })
      }
    }
  })
  const forms = [...byForm.keys()].sort()

  return {
    search(query, k) {
      const expansions = query.prefix === null ? [] : formsWith(query.prefix)
      const statistics = count(query, expansions)
      const scorer = createScorer(query, statistics)
      const scores = new Map<number, number>()
      for (const term of query.terms) {
        const weight = scorer.termWeight(term)
        for (const { place, impact } of byStem.get(term) ?? []) {
          scores.set(place, (scores.get(place) ?? 0) + weight * impact)
        }
      }
      for (const [place, impact] of bestOf(expansions)) {
        scores.set(place, (scores.get(place) ?? 0) + scorer.prefixWeight * impact)
      }
      const ranked = [...scores].map(([place, score]) => ({ did: records[place]?.did ?? '', score }))
      ranked.sort((a, b) => b.score - a.score || (a.did < b.did ? -1 : 1))
      return { dids: ranked.slice(0, k).map(({ did }) => did), statistics }
    },
  }

  function formsWith(prefix: string): string[] {
    let low = 0
    let high = forms.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((forms[middle] ?? '') < prefix) low = middle + 1
      else high = middle
    }
    let end = low
    while (forms[end]?.startsWith(prefix)) end += 1
    return forms.slice(low, end)
  }

  function count(query: QueryTerms, expansions: readonly string[]): Statistics {
    const documentFrequency = new Map(query.terms.map((term) => [term, byStem.get(term)?.length ?? 0]))
    if (query.prefix !== null) {
      const stems = new Set(expansions.map((form) => byForm.get(form)?.stem ?? ''))
      let sum = 0
      for (const stem of stems) sum += byStem.get(stem)?.length ?? 0
      documentFrequency.set(pseudoTerm(query.prefix), Math.min(records.length, sum))
    }
    return { documents: records.length, documentFrequency }
  }

  function bestOf(expansions: readonly string[]): Map<number, number> {
    const best = new Map<number, number>()
    for (const form of expansions) {
      for (const { place, impact } of byForm.get(form)?.postings ?? []) {
        if (impact > (best.get(place) ?? 0)) best.set(place, impact)
      }
    }
    return best
  }
}
