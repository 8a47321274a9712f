import type { TermImpact } from './score.ts'

/** In how many of some records the words of a query occur. */
export type TermCounts = {
  readonly byStem: ReadonlyMap<string, number>
  /** Over the distinct stems of all words that begin with the prefix; may exceed the number of records. */
  readonly sumOverPrefix: number
}

/** Counts every stem of the records, and for `prefix` the sum that stands for an unfinished word. */
export function countTerms(
  records: Iterable<{ readonly impacts: readonly TermImpact[] }>,
  prefix: string | null,
): TermCounts {
  const byStem = new Map<string, number>()
  const stemsOfPrefix = new Set<string>()
  for (const { impacts } of records) {
    for (const { stem, forms } of impacts) {
      byStem.set(stem, (byStem.get(stem) ?? 0) + 1)
      if (prefix !== null && forms.some((form) => form.startsWith(prefix))) stemsOfPrefix.add(stem)
    }
  }
  // A stem counts with all its records, those too that hold it only in words with another beginning.
  let sumOverPrefix = 0
  for (const stem of stemsOfPrefix) sumOverPrefix += byStem.get(stem) ?? 0
  return { byStem, sumOverPrefix }
}
