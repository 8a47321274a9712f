/**
 * Where answers of peers wait to be read. Fifty that come at one time are a tenth of a second's work; read at one go,
 * they would hold up everybody else whom this process serves, and the deadlines of searches with them. So they are read
 * in the order they came, a few milliseconds of work at a time, and whatever else waits has its turn between.
 */
import type { Clock } from '../domain/ports.ts'

export interface ReadingQueue {
  /** Does the work when its turn comes. Rejects with what the work throws. */
  run<T>(work: () => T): Promise<T>
}

const LEAST_MS = 2 // less than a local search takes, which may come between
const MOST_MS = 10

export function createReadingQueue(clock: Pick<Clock, 'monotonic' | 'soon'>): ReadingQueue {
  const waiting: (() => void)[] = []
  let isRunning = false
  let lastAt = 0

  const runSlice = (): void => {
    const now = clock.monotonic()
    // As long as all others took since the last turn: under load, half of the time is for what searches wait for.
    const end = now + Math.min(Math.max(now - lastAt, LEAST_MS), MOST_MS)
    let next = waiting.shift()
    while (next !== undefined) {
      next()
      next = clock.monotonic() < end ? waiting.shift() : undefined
    }
    lastAt = clock.monotonic()
    isRunning = waiting.length > 0
    if (isRunning) clock.soon(runSlice)
  }

  return {
    run: (work) =>
      new Promise((resolve, reject) => {
        waiting.push(() => {
          try {
            resolve(work())
          } catch (error) {
            reject(error)
          }
        })
        if (isRunning) return
        isRunning = true
        lastAt = clock.monotonic()
        clock.soon(runSlice)
      }),
  }
}
