/** Records that may be among the best, each with the highest score it can have by what was read of the lists. */
import type { Admission, Engine, PostingList, Postings } from './engine.ts'
import type { KnownIndex } from './index-memory.ts'
import type { QueryLists } from './query-lists.ts'

export type TermWeights = {
  /** By place in the query. */
  readonly terms: readonly number[]
  /** Of the unfinished last word; 0 without one. */
  readonly prefix: number
}

export type Candidates = {
  /** Highest bound first; equal bounds by ordinal. */
  readonly queue: CandidateQueue
  /** The highest score that a record not among the candidates can have. */
  readonly boundOfUnseen: number
  /** Every matching record is among the candidates. */
  readonly areComplete: boolean
}

/** Stems tried for an unfinished word at the first depth: what users type next is among the frequent ones. */
const EXPANSIONS_PER_DEPTH = 1 / 20
const LEAST_OF_EXPANSION = 20

/** Reads the best `depth` postings of each term; the stems an unfinished word may become share one depth. */
export async function gatherCandidates(
  { engine, known: remembered }: { readonly engine: Engine; readonly known: RememberedLists },
  lists: QueryLists,
  options: {
    readonly weights: TermWeights
    readonly depth: number
    readonly isAdmitted: Admission | null
  },
): Promise<Candidates> {
  const { weights, depth, isAdmitted } = options
  const expansions = lists.expansions.slice(0, Math.ceil(depth * EXPANSIONS_PER_DEPTH))
  const expansionDepth = Math.max(LEAST_OF_EXPANSION, Math.ceil(depth / Math.max(1, expansions.length)))
  const columns = [
    ...lists.terms.map((own) => ({ own, limit: depth })),
    { own: expansions.flat(), limit: expansionDepth },
  ]
  const wanted = columns.flatMap(({ own, limit }) => own.map((list) => ({ ...list, limit })))
  const postings =
    isAdmitted === null
      ? await readOrRecall(engine, remembered, wanted)
      : await engine.readPostings(wanted, isAdmitted)
  const known = new KnownImpacts(columns.length)
  let next = 0
  const allFloors = columns.map(({ own, limit }, column) => {
    const read = postings.slice(next, next + own.length)
    next += own.length
    return Math.max(0, ...read.map((list) => known.add(list, column, limit)))
  })
  return {
    ...known.order([...weights.terms, weights.prefix], allFloors),
    areComplete: allFloors.every((floor) => floor === 0) && expansions.length === lists.expansions.length,
  }
}

type RememberedLists = Pick<KnownIndex<never>, 'postings' | 'keepPostings'>

async function readOrRecall(
  engine: Engine,
  remembered: RememberedLists,
  lists: readonly (PostingList & { readonly limit: number })[],
): Promise<Postings[]> {
  const found = lists.map((list) => remembered.postings(list))
  const missing = lists.filter((_, place) => found[place] === undefined)
  // All lists in one go: in PostgreSQL that is one round trip.
  const read = missing.length === 0 ? [] : await engine.readPostings(missing, null)
  missing.forEach((list, place) => {
    const postings = read[place]
    if (postings !== undefined) remembered.keepPostings(list, postings)
  })
  let next = 0
  return found.map((known) => known ?? read[next++] ?? NO_POSTINGS)
}

const NO_POSTINGS: Postings = { ordinals: [], impacts: [] }

/** What the lists told of each record: one row a record, one column a term, the unfinished word's last. */
class KnownImpacts {
  readonly #columns: number
  readonly #places = new Map<number, number>()
  #impacts: Float64Array

  constructor(columns: number) {
    this.#columns = columns
    this.#impacts = new Float64Array(columns * 1_024)
  }

  /** Notes a list; returns the largest impact it may still hold, 0 when it was read whole. */
  add(postings: Postings, column: number, limit: number): number {
    const { ordinals, impacts } = postings
    for (let index = 0; index < ordinals.length; index += 1) {
      const at = this.#placeOf(ordinals[index] ?? 0) * this.#columns + column
      const impact = impacts[index] ?? 0
      if (impact > (this.#impacts[at] ?? 0)) this.#impacts[at] = impact
    }
    return ordinals.length < limit ? 0 : (impacts[impacts.length - 1] ?? 0)
  }

  order(
    weights: readonly number[],
    floors: readonly number[],
  ): { queue: CandidateQueue; boundOfUnseen: number } {
    const ordinals = Float64Array.from(this.#places.keys())
    const bounds = new Float64Array(ordinals.length)
    for (let place = 0; place < bounds.length; place += 1) {
      let bound = 0
      for (let column = 0; column < this.#columns; column += 1) {
        const impact = this.#impacts[place * this.#columns + column] ?? 0
        const floor = floors[column] ?? 0
        // A term's impact is one figure, known or not; an unfinished word's is the largest of several.
        const most = column === this.#columns - 1 ? Math.max(impact, floor) : impact || floor
        bound += (weights[column] ?? 0) * most
      }
      bounds[place] = bound
    }
    let boundOfUnseen = 0
    weights.forEach((weight, column) => {
      boundOfUnseen += weight * (floors[column] ?? 0)
    })
    return { queue: new CandidateQueue(ordinals, bounds), boundOfUnseen }
  }

  #placeOf(ordinal: number): number {
    const known = this.#places.get(ordinal)
    if (known !== undefined) return known
    const place = this.#places.size
    this.#places.set(ordinal, place)
    if ((place + 1) * this.#columns > this.#impacts.length) {
      const larger = new Float64Array(this.#impacts.length * 2)
      larger.set(this.#impacts)
      this.#impacts = larger
    }
    return place
  }
}

/**
 * Candidates in order, sorted only as far as they are taken: a binary heap in place over both arrays. Most searches
 * take a tenth of them.
 */
export class CandidateQueue {
  readonly #ordinals: Float64Array
  readonly #bounds: Float64Array
  #size: number

  /** @param bounds by the same places; both arrays are the queue's from here on. */
  constructor(ordinals: Float64Array, bounds: Float64Array) {
    this.#ordinals = ordinals
    this.#bounds = bounds
    this.#size = ordinals.length
    for (let place = (this.#size >> 1) - 1; place >= 0; place -= 1) this.#siftDown(place)
  }

  get size(): number {
    return this.#size
  }

  /** The next candidate's ordinal and bound; undefined when none is left. */
  peek(): { readonly ordinal: number; readonly bound: number } | undefined {
    return this.#size === 0 ? undefined : { ordinal: this.#ordinals[0] ?? 0, bound: this.#bounds[0] ?? 0 }
  }

  /** Takes the next `count` candidates, fewer when fewer are left. */
  take(count: number): number[] {
    const taken: number[] = []
    while (taken.length < count && this.#size > 0) {
      taken.push(this.#ordinals[0] ?? 0)
      this.#size -= 1
      this.#swap(0, this.#size)
      this.#siftDown(0)
    }
    return taken
  }

  #siftDown(from: number): void {
    for (let place = from; ; ) {
      let best = place
      const left = 2 * place + 1
      if (left < this.#size && this.#isBefore(left, best)) best = left
      if (left + 1 < this.#size && this.#isBefore(left + 1, best)) best = left + 1
      if (best === place) return
      this.#swap(place, best)
      place = best
    }
  }

  #isBefore(a: number, b: number): boolean {
    const difference = (this.#bounds[b] ?? 0) - (this.#bounds[a] ?? 0)
    return difference < 0 || (difference === 0 && (this.#ordinals[a] ?? 0) < (this.#ordinals[b] ?? 0))
  }

  #swap(a: number, b: number): void {
    const ordinal = this.#ordinals[a] ?? 0
    const bound = this.#bounds[a] ?? 0
    this.#ordinals[a] = this.#ordinals[b] ?? 0
    this.#bounds[a] = this.#bounds[b] ?? 0
    this.#ordinals[b] = ordinal
    this.#bounds[b] = bound
  }
}
