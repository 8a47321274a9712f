/** Counts that are ranges, in figures and in words. Pure. */
import type { Range } from './facets.ts'

/** `12`, `12–40`, or `12+` where nobody knows how many there are. */
export function rangeInFigures({ at_least, at_most }: Range): string {
  if (at_most === null) return `${at_least}+`
  return at_most === at_least ? String(at_least) : `${at_least}–${at_most}`
}

export function rangeInWords({ at_least, at_most }: Range): string {
  if (at_most === null) return `at least ${at_least}`
  return at_most === at_least ? String(at_least) : `${at_least} to ${at_most}`
}

export type Option = { readonly value: string; readonly range: Range | null; readonly isChosen: boolean }

/** What can be chosen: what is chosen first, then the most frequent. */
export function optionsOf(
  counts: readonly (Range & { readonly value: string })[],
  chosen: readonly string[],
): readonly Option[] {
  const found = new Map(counts.map(({ value, at_least, at_most }) => [value, { at_least, at_most }]))
  const first = chosen.map((value) => ({ value, range: found.get(value) ?? null, isChosen: true }))
  const others = [...found]
    .filter(([value]) => !chosen.includes(value))
    .map(([value, range]) => ({ value, range, isChosen: false }))
  return [...first, ...others]
}
