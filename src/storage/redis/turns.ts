/** So many at a time. */
import { PassingMap } from '../../domain/passing-map.ts'
import type { Clock } from '../../domain/ports.ts'
import { inTime } from './in-time.ts'

export interface Turns {
  /** Waits for a turn; false when none came in time. Who got one gives it back. */
  take(limitMs: number): Promise<boolean>
  giveBack(): void
}

export function createTurns(atOnce: number, clock: Clock): Turns {
  let taken = 0
  const waiting = new PassingMap<() => void, null>()
  return {
    async take(limitMs) {
      if (taken < atOnce) {
        taken += 1
        return true
      }
      let goOn = (): void => {}
      const turn = new Promise<void>((resolve) => {
        goOn = resolve
      })
      waiting.set(goOn, null)
      await inTime(turn, limitMs, clock)
      // Who does not wait any more was handed a turn, be it at the last moment.
      return !waiting.delete(goOn)
    },
    giveBack() {
      const [[next] = []] = waiting
      if (next === undefined) taken -= 1
      else {
        waiting.delete(next)
        next()
      }
    },
  }
}
