/**
 * How many requests may be repeated. When much fails at once, repeating all of it would double the load on peers that
 * are in trouble already: repeats are a tenth of all requests, and one a second.
 */

const PER_REQUEST = 0.1
const PER_SECOND = 1
const MOST_SAVED = 10 // of quiet times, so that a burst cannot spend what was saved all day

export interface RetryBudget {
  /** Notes a first request. */
  deposit(): void
  /** Spends one repeat, if there is one. */
  spend(): boolean
}

/** @param monotonic ms of a clock that never jumps. */
export function createRetryBudget(monotonic: () => number): RetryBudget {
  let saved = MOST_SAVED
  let savedAt = monotonic()
  const add = (amount: number): void => {
    saved = Math.min(MOST_SAVED, saved + amount)
  }
  return {
    deposit: () => add(PER_REQUEST),
    spend() {
      const now = monotonic()
      add(((now - savedAt) / 1000) * PER_SECOND)
      savedAt = now
      if (saved < 1) return false
      saved -= 1
      return true
    },
  }
}
