/**
 * Asking peers anew what is shown from memory meanwhile. Nobody waits for these requests, so they must hold up nobody:
 * when hundreds of kept answers grow old in one moment, the requests go out one by one, a few at a time, and searches
 * have their turn between. The slower everything is, the slower they go.
 */
import { PassingMap } from '../domain/passing-map.ts'
import type { Clock } from '../domain/ports.ts'

export interface Refresher {
  /**
   * Asks when its turn comes.
   * @param key of what is asked: it waits once, however many want it.
   * @param ask must not reject.
   */
  want(key: string, ask: () => Promise<unknown>): void
  /** Nothing that waits is asked any more. */
  clear(): void
}

export const AT_A_TIME = 8
/** A request that takes longer goes on, but holds up the next no more: a few peers that hang must not stop the rest. */
export const HOLDS_UP_MS = 250
/** Beyond, whoever asks again will want it again. */
export const MOST_WAITING = 10_000

export function createRefresher(clock: Pick<Clock, 'after' | 'soon'>): Refresher {
  // Maps keep their order: who has waited longest is next.
  const waiting = new PassingMap<string, () => Promise<unknown>>()
  let underWay = 0
  let isDue = false

  const look = (): void => {
    if (isDue || waiting.size === 0 || underWay >= AT_A_TIME) return
    isDue = true
    clock.soon(startNext)
  }

  const startNext = (): void => {
    isDue = false
    const [next] = waiting
    if (next === undefined) return
    const [key, ask] = next
    waiting.delete(key)
    underWay += 1
    let isOver = false
    const end = (): void => {
      if (isOver) return
      isOver = true
      underWay -= 1
      look()
    }
    const callOff = clock.after(HOLDS_UP_MS, end)
    void ask().then(() => {
      callOff()
      end()
    })
    look()
  }

  return {
    want(key, ask) {
      if (waiting.has(key) || waiting.size >= MOST_WAITING) return
      waiting.set(key, ask)
      look()
    },
    clear: () => waiting.clear(),
  }
}
