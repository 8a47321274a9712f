/**
 * Which of some records hold a word that a search has to do with. Those are few, and without it a search looks at every
 * word of all of them.
 */
import type { RecordWords, Relevance } from './words.ts'

export interface WordIndex {
  /** Of the vocabulary whose numbers it holds. */
  readonly generation: number
  /** The places of records that hold one, ascending. @throws Error when the words are no longer current. */
  find(relevance: Relevance): number[]
}

/** @param records their words, all of one vocabulary. */
export function indexWords(generation: number, records: readonly Pick<RecordWords, 'numbers'>[]): WordIndex {
  const placesOf = new Map<number, number[]>()
  records.forEach(({ numbers }, place) => {
    for (const number of numbers) {
      const places = placesOf.get(number)
      if (places === undefined) placesOf.set(number, [place])
      else if (places.at(-1) !== place) places.push(place)
    }
  })
  const numbers = Uint32Array.from(placesOf.keys())
  return {
    generation,
    find(relevance) {
      const isFound = new Uint8Array(records.length)
      for (const number of relevance.among({ generation, numbers })) {
        for (const place of placesOf.get(number) ?? []) isFound[place] = 1
      }
      const found: number[] = []
      for (let place = 0; place < isFound.length; place += 1) if (isFound[place] === 1) found.push(place)
      return found
    },
  }
}
