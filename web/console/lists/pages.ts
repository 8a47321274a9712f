/** The pages of a list that is walked by cursors: the API gives the way on, the way back is remembered here. */

/** Cursors that led to the pages up to this one; the first page has none. */
export type Trail = readonly string[]

export const FIRST_PAGE: Trail = []

/** What the page shown is asked for with; undefined on the first. */
export function cursorOf(trail: Trail): string | undefined {
  return trail.at(-1)
}

export function onward(trail: Trail, next: string): Trail {
  return [...trail, next]
}

export function backward(trail: Trail): Trail {
  return trail.slice(0, -1)
}

/** Which page it is, from 1. */
export function pageNumber(trail: Trail): number {
  return trail.length + 1
}
