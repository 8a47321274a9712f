/**
 * What records hold of words, in a few long lists of numbers: a search looks through all of them, and numbers that lie
 * side by side are read much faster than objects here and there.
 */
import type { AgentStatus } from '../domain/agent.ts'
import type { FoldedFacts } from '../domain/share-policy.ts'
import type { TermImpact } from '../search/score.ts'
import { SharedWords } from './shared-words.ts'

export type SharedRecord = {
  readonly id: string
  readonly ordinal: number
  readonly did: string
  readonly status: AgentStatus
  readonly facts: FoldedFacts
}

/** A record that is put in again gets another slot; the old one stays empty until all are moved together. */
export class SharedArena {
  readonly words: SharedWords
  /** By slot; an empty one has none. */
  readonly records: (SharedRecord | undefined)[] = []
  readonly #slots = new Map<string, number>()
  /** Of each slot: where its stems and its words begin; where they end, the next one's begin. */
  readonly stemStarts: number[] = [0]
  readonly formStarts: number[] = [0]
  stems: Int32Array = new Int32Array(1 << 12)
  /** Beside the stems: what each is worth in its record. */
  impacts: Float64Array = new Float64Array(1 << 12)
  forms: Int32Array = new Int32Array(1 << 12)

  constructor(words: SharedWords = new SharedWords()) {
    this.words = words
  }

  get size(): number {
    return this.#slots.size
  }

  /** More than half of it is empty. */
  get isLoose(): boolean {
    return this.records.length > 2 * this.#slots.size + MOST_EMPTY
  }

  put(record: SharedRecord, terms: readonly TermImpact[]): void {
    this.delete(record.id)
    const { words } = this
    const stems = terms.map(({ stem }) => words.addStem(stem))
    const forms = terms.flatMap((term, place) =>
      term.forms.map((form) => words.addForm(form, stems[place] ?? -1)),
    )
    this.#append(record, { stems, impacts: terms.map(({ impact }) => impact), forms })
  }

  delete(id: string): void {
    const slot = this.#slots.get(id)
    if (slot === undefined) return
    this.records[slot] = undefined
    this.#slots.delete(id)
  }

  /** The same records without empty slots. */
  tightened(): SharedArena {
    const tight = new SharedArena(this.words)
    for (const [slot, record] of this.records.entries()) {
      if (record === undefined) continue
      const [first, end] = [this.stemStarts[slot] ?? 0, this.stemStarts[slot + 1] ?? 0]
      tight.#append(record, {
        stems: this.stems.subarray(first, end),
        impacts: this.impacts.subarray(first, end),
        forms: this.forms.subarray(this.formStarts[slot] ?? 0, this.formStarts[slot + 1] ?? 0),
      })
    }
    return tight
  }

  #append(
    record: SharedRecord,
    numbers: {
      readonly stems: ArrayLike<number>
      readonly impacts: ArrayLike<number>
      readonly forms: ArrayLike<number>
    },
  ): void {
    const { stems, impacts, forms } = numbers
    const [stemStart, formStart] = [this.stemStarts.at(-1) ?? 0, this.formStarts.at(-1) ?? 0]
    this.stems = grown(this.stems, stemStart + stems.length, (size) => new Int32Array(size))
    this.impacts = grown(this.impacts, stemStart + impacts.length, (size) => new Float64Array(size))
    this.forms = grown(this.forms, formStart + forms.length, (size) => new Int32Array(size))
    this.stems.set(stems, stemStart)
    this.impacts.set(impacts, stemStart)
    this.forms.set(forms, formStart)
    this.#slots.set(record.id, this.records.push(record) - 1)
    this.stemStarts.push(stemStart + stems.length)
    this.formStarts.push(formStart + forms.length)
  }
}

const MOST_EMPTY = 1_000

function grown<T extends Int32Array | Float64Array>(list: T, length: number, make: (size: number) => T): T {
  if (length <= list.length) return list
  const larger = make(Math.max(length, Math.ceil(1.5 * list.length)))
  larger.set(list)
  return larger
}
