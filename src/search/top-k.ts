/** The best `k` of any number of elements, in memory for `k` of them. */
export type TopK<T> = {
  /** Takes an element if it is among the best so far; tells whether it was taken. */
  push(element: T): boolean
  /** The last of the best, which the next one must beat; undefined while there is room for more. */
  worst(): T | undefined
  /** The best, best first. The collection stays usable. */
  toSortedArray(): T[]
}

/**
 * A bounded binary heap with the worst element at its root: O(log k) for an element that is taken, O(1) for
 * one that is not. Of elements that compare as equal the first pushed stays.
 *
 * @param compare negative when `a` ranks before `b`, as for `Array.prototype.sort`.
 * @throws RangeError when `k` is not a non-negative integer.
 */
export function createTopK<T extends NonNullable<unknown>>(
  k: number,
  compare: (a: T, b: T) => number,
): TopK<T> {
  if (!Number.isInteger(k) || k < 0) throw new RangeError(`k must be a non-negative integer, not ${k}`)
  const heap: T[] = []
  return {
    push(element) {
      const worst = heap[0]
      if (heap.length < k) {
        heap.push(element)
        siftUp(heap, compare)
        return true
      }
      if (worst === undefined || compare(element, worst) >= 0) return false
      siftDown(heap, element, compare)
      return true
    },
    worst: () => (heap.length < k ? undefined : heap[0]),
    toSortedArray: () => heap.toSorted(compare),
  }
}

/** Moves the last element up until its parent ranks no better. */
function siftUp<T>(heap: T[], compare: (a: T, b: T) => number): void {
  let place = heap.length - 1
  const element = heap[place]
  if (element === undefined) return
  while (place > 0) {
    const parentPlace = (place - 1) >> 1
    const parent = heap[parentPlace]
    if (parent === undefined || compare(parent, element) >= 0) break
    heap[place] = parent
    place = parentPlace
  }
  heap[place] = element
}

/** Puts `element` in place of the root and moves it down until it ranks no better than its children. */
function siftDown<T>(heap: T[], element: T, compare: (a: T, b: T) => number): void {
  let place = 0
  for (;;) {
    const left = heap[2 * place + 1]
    const right = heap[2 * place + 2]
    if (left === undefined) break
    const isRightWorse = right !== undefined && compare(right, left) > 0
    const child = isRightWorse ? right : left
    if (compare(element, child) >= 0) break
    heap[place] = child
    place = 2 * place + (isRightWorse ? 2 : 1)
  }
  heap[place] = element
}
