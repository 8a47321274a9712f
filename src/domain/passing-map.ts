/**
 * A map of what comes and goes, such as requests under way: a `Map` that is replaced as often as its entries have been.
 *
 * V8's `Map` moves to a new table as entries come and go, and the table before points to the next, for iterators, and
 * still holds what it held. Once the collector holds one such table for old, it carries along every table that followed,
 * with all that was ever under way, until it looks through all memory: of a search's objects three quarters stayed. A
 * new `Map` is not pointed to by what was before it.
 *
 * @see https://github.com/v8/v8/blob/main/src/objects/ordered-hash-table.h (obsolete tables, `NextTable`)
 */
export class PassingMap<K, V> {
  #map = new Map<K, V>()
  #gone = 0

  get size(): number {
    return this.#map.size
  }

  get(key: K): V | undefined {
    return this.#map.get(key)
  }

  has(key: K): boolean {
    return this.#map.has(key)
  }

  set(key: K, value: V): void {
    this.#map.set(key, value)
  }

  /** Whether it was there. */
  delete(key: K): boolean {
    if (!this.#map.delete(key)) return false
    this.#gone += 1
    const { size } = this.#map
    if (size === 0 || this.#gone >= Math.max(size, FEWEST_GONE)) this.#replace()
    return true
  }

  clear(): void {
    this.#map = new Map()
    this.#gone = 0
  }

  /** In the order in which they came. */
  values(): MapIterator<V> {
    return this.#map.values()
  }

  /** What is deleted while this is gone through may still come up. */
  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.#map[Symbol.iterator]()
  }

  #replace(): void {
    this.#map = new Map(this.#map)
    this.#gone = 0
  }
}

const FEWEST_GONE = 16 // those that are there are copied: hardly ever more than one for each that went
