/**
 * Where results go while better ones still come in. A result that somebody is about to press must not move away from
 * under the pointer, and nobody should have to ask for results that came before they had looked.
 */

/** How long results may be put in order anew: it takes people longer than this to read the first one. */
export const FIRST_MOMENTS_MS = 700

type Reader = {
  /** The list was pointed at, scrolled or focused since its first results came. */
  readonly isTouched: boolean
  /** Since the first results of this search were shown. */
  readonly shownForMs: number
}

type Placement = {
  readonly shown: readonly string[]
  /** Results that stand before one that is shown: to be shown when asked for. */
  readonly waiting: readonly string[]
}

/**
 * The rule, by the keys of results:
 * 1. Nothing is shown, or the list is in its first moments and untouched: all results, in the best order.
 * 2. Else what is shown stays where it is. Results that come after all of it are put at the end, where they move
 *    nothing. All others wait.
 *
 * @param shown as they stand on the page.
 * @param order all results of the page, best first.
 */
export function placeResults(shown: readonly string[], order: readonly string[], reader: Reader): Placement {
  if (shown.length === 0 || isStillFree(reader)) return { shown: order, waiting: [] }
  const isShown = new Set(shown)
  const lacking = order.filter((key) => !isShown.has(key))
  // A shown result that the page no longer has was pushed out by better ones: then none comes after it.
  if (shown.some((key) => !order.includes(key))) return { shown, waiting: lacking }
  const last = order.findLastIndex((key) => isShown.has(key))
  const below = order.slice(last + 1)
  return { shown: [...shown, ...below], waiting: lacking.slice(0, lacking.length - below.length) }
}

/** Whether the list may still be put in order anew. */
export function isStillFree({ isTouched, shownForMs }: Reader): boolean {
  return !isTouched && shownForMs < FIRST_MOMENTS_MS
}

/** What to do with what waits, as the button says it; empty when nothing does. */
export function waitingInWords(better: number, changed: number): string {
  if (better > 0) return `${better} better ${better === 1 ? 'result' : 'results'}: show`
  if (changed > 0) return `News of ${changed} ${changed === 1 ? 'result' : 'results'}: show`
  return ''
}
