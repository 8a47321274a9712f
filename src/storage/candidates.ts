/** Records that may be among the best, each with the highest score it can have by what was read of the lists. */
import type { Admission, Engine, Postings } from './engine.ts'
import type { QueryLists } from './query-lists.ts'

export type TermWeights = {
  /** By place in the query. */
  readonly terms: readonly number[]
  /** Of the unfinished last word; 0 without one. */
  readonly prefix: number
}

export type Candidates = {
  /** Highest bound first; equal bounds by ordinal. */
  readonly ordinals: readonly number[]
  boundOf(place: number): number
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
  engine: Engine,
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
  // All lists in one go: in PostgreSQL that is one round trip.
  const postings = await engine.readPostings(
    columns.flatMap(({ own, limit }) => own.map((list) => ({ ...list, limit }))),
    isAdmitted,
  )
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
    postings.ordinals.forEach((ordinal, index) => {
      const at = this.#placeOf(ordinal) * this.#columns + column
      const impact = postings.impacts[index] ?? 0
      if (impact > (this.#impacts[at] ?? 0)) this.#impacts[at] = impact
    })
    return postings.ordinals.length < limit ? 0 : (postings.impacts.at(-1) ?? 0)
  }

  order(
    weights: readonly number[],
    floors: readonly number[],
  ): { ordinals: number[]; boundOf(place: number): number; boundOfUnseen: number } {
    const found = [...this.#places.keys()]
    const bounds = Float64Array.from(found, (_, place) => {
      let bound = 0
      for (let column = 0; column < this.#columns; column += 1) {
        const impact = this.#impacts[place * this.#columns + column] ?? 0
        const floor = floors[column] ?? 0
        // A term's impact is one figure, known or not; an unfinished word's is the largest of several.
        const most = column === this.#columns - 1 ? Math.max(impact, floor) : impact || floor
        bound += (weights[column] ?? 0) * most
      }
      return bound
    })
    const order = Uint32Array.from(found.keys()).sort(
      (a, b) => (bounds[b] ?? 0) - (bounds[a] ?? 0) || (found[a] ?? 0) - (found[b] ?? 0),
    )
    let boundOfUnseen = 0
    weights.forEach((weight, column) => {
      boundOfUnseen += weight * (floors[column] ?? 0)
    })
    return {
      ordinals: Array.from(order, (place) => found[place] ?? 0),
      boundOf: (place) => bounds[order[place] ?? 0] ?? 0,
      boundOfUnseen,
    }
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
