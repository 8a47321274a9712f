/** Looking through the records that one peer sees for the words of a query. */
import { setImmediate } from 'node:timers/promises'
import type { QueryTerms } from '../search/tokenize.ts'
import type { SharedArena } from './shared-arena.ts'
import type { SharedView } from './shared-records.ts'

export type Matches = {
  readonly slots: readonly number[]
  /** One row a match: the impact of each term, last that of the unfinished word. */
  readonly impacts: Float64Array
  readonly columns: number
  /** How many of the records hold each term. */
  readonly counts: Int32Array
  /** The stems that the unfinished word may belong to, and that a record has such a word of. */
  readonly expansions: readonly number[]
  /** How many records hold a stem; `undefined` of one that no word beginning so belongs to, which was not counted. */
  countOf(stem: number): number | undefined
}

/** Records looked at in one go, some milliseconds. */
const CHUNK = 10_000

/** The shared records that hold any word of a query, and what each is worth in them. */
export async function matchAll({ arena, slots }: SharedView, query: QueryTerms): Promise<Matches> {
  const matcher = new Matcher(arena, query)
  for (let start = 0; start < slots.length; start += CHUNK) {
    if (start > 0) await setImmediate()
    matcher.look(slots.subarray(start, start + CHUNK))
  }
  return matcher.matches()
}

/** How many of the shared records hold each of some stems. */
export async function countHolders(
  { arena, slots }: SharedView,
  counted: ReadonlySet<number>,
): Promise<ReadonlyMap<number, number>> {
  const holders = new Map<number, number>()
  if (counted.size === 0) return holders
  const isCounted = new Uint8Array(arena.words.stemCount)
  for (const stem of counted) isCounted[stem] = 1
  const { stems, stemStarts } = arena
  for (const [place, slot] of slots.entries()) {
    if (place > 0 && place % CHUNK === 0) await setImmediate()
    const end = stemStarts[slot + 1] ?? 0
    for (let at = stemStarts[slot] ?? 0; at < end; at += 1) {
      const stem = stems[at] ?? 0
      if (isCounted[stem] === 1) holders.set(stem, (holders.get(stem) ?? 0) + 1)
    }
  }
  return holders
}

/** Looks through records for the words of one query. */
class Matcher {
  readonly #arena: SharedArena
  readonly #columns: number
  /** For each stem its place among the terms, -1 for most. */
  readonly #placeOf: Int16Array
  /** For each word whether it begins as the unfinished one, for each stem whether it has such words. */
  readonly #begins: Uint8Array
  readonly #isExpansion: Uint8Array
  /** The last record, counted from 1, in which a stem had a word that begins so. */
  readonly #seenIn: Int32Array
  readonly #countOfStem: Int32Array
  readonly #counts: Int32Array
  readonly #found: number[] = []
  #impacts: Float64Array
  #looked = 0

  constructor(arena: SharedArena, { terms, prefix }: QueryTerms) {
    const { words } = arena
    this.#arena = arena
    this.#columns = terms.length + 1
    this.#placeOf = new Int16Array(words.stemCount).fill(-1)
    for (const [place, term] of terms.entries()) {
      const stem = words.findStem(term)
      if (stem !== undefined) this.#placeOf[stem] = place
    }
    this.#begins = new Uint8Array(words.formCount)
    this.#isExpansion = new Uint8Array(words.stemCount)
    for (const form of prefix === null ? [] : words.beginningWith(prefix)) {
      this.#begins[form] = 1
      this.#isExpansion[words.stemOfForm(form)] = 1
    }
    this.#seenIn = new Int32Array(words.stemCount)
    this.#countOfStem = new Int32Array(words.stemCount)
    this.#counts = new Int32Array(terms.length)
    this.#impacts = new Float64Array(this.#columns * 1_024)
  }

  look(slots: Int32Array): void {
    const { stems, stemStarts } = this.#arena
    for (const slot of slots) {
      this.#looked += 1
      const end = stemStarts[slot + 1] ?? 0
      let hasTerm = false
      let mayExpand = false
      for (let at = stemStarts[slot] ?? 0; at < end; at += 1) {
        const stem = stems[at] ?? 0
        if ((this.#placeOf[stem] ?? -1) >= 0) hasTerm = true
        if (this.#isExpansion[stem] === 1) mayExpand = true
      }
      // Nearly all records have nothing of the query, and are passed by with one look at each stem.
      if (hasTerm || mayExpand) this.#note(slot, mayExpand)
    }
  }

  #note(slot: number, mayExpand: boolean): void {
    const { stems, impacts, stemStarts } = this.#arena
    if (mayExpand) this.#markExpansions(slot)
    const row = this.#found.length * this.#columns
    this.#makeRoom(row + this.#columns)
    const last = row + this.#columns - 1
    let isMatch = false
    const end = stemStarts[slot + 1] ?? 0
    for (let at = stemStarts[slot] ?? 0; at < end; at += 1) {
      const stem = stems[at] ?? 0
      const impact = impacts[at] ?? 0
      const place = this.#placeOf[stem] ?? -1
      if (place >= 0) {
        this.#impacts[row + place] = impact
        this.#counts[place] = (this.#counts[place] ?? 0) + 1
        isMatch = true
      }
      if (this.#isExpansion[stem] !== 1) continue
      this.#countOfStem[stem] = (this.#countOfStem[stem] ?? 0) + 1
      if (this.#seenIn[stem] !== this.#looked) continue
      this.#impacts[last] = Math.max(this.#impacts[last] ?? 0, impact)
      isMatch = true
    }
    if (isMatch) this.#found.push(slot)
  }

  #markExpansions(slot: number): void {
    const { forms, formStarts, words } = this.#arena
    const end = formStarts[slot + 1] ?? 0
    for (let at = formStarts[slot] ?? 0; at < end; at += 1) {
      const form = forms[at] ?? 0
      if (this.#begins[form] === 1) this.#seenIn[words.stemOfForm(form)] = this.#looked
    }
  }

  #makeRoom(length: number): void {
    if (length <= this.#impacts.length) return
    const larger = new Float64Array(2 * length)
    larger.set(this.#impacts)
    this.#impacts = larger
  }

  matches(): Matches {
    const expansions: number[] = []
    for (const [stem, place] of this.#seenIn.entries()) if (place > 0) expansions.push(stem)
    return {
      ...{ slots: this.#found, impacts: this.#impacts, columns: this.#columns, counts: this.#counts },
      ...{
        expansions,
        countOf: (stem) => (this.#isExpansion[stem] === 1 ? this.#countOfStem[stem] : undefined),
      },
    }
  }
}
