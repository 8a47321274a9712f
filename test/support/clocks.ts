/** Clocks for tests. */
import { SYSTEM_CLOCK } from '../../src/clock.ts'
import type { Clock } from '../../src/domain/ports.ts'
import { awakeNow } from './awake-time.ts'

/**
 * The time of the system, but that what it has to call back never comes due while the process may not run: who is asked
 * in this process, too, would have had no time to answer.
 */
export const AWAKE_CLOCK: Clock = {
  ...SYSTEM_CLOCK,
  monotonic: awakeNow,
  after(delayMs, callBack) {
    const end = awakeNow() + delayMs
    let callOff: () => void
    const wait = (ms: number): void => {
      callOff = SYSTEM_CLOCK.after(ms, () => {
        const leftMs = end - awakeNow()
        if (leftMs < SHORTEST_WAIT_MS) callBack()
        else wait(leftMs)
      })
    }
    wait(delayMs)
    return () => callOff()
  },
}

/** Timers fire on whole milliseconds. */
const SHORTEST_WAIT_MS = 1

/** Stands still until it is told, and calls back what falls due on the way. */
export type ManualClock = Clock & { advance(ms: number): void }

/**
 * @param now Unix ms at the start.
 * @param monotonic ms of the other clock at the start; they run together.
 */
export function createManualClock(now: number, monotonic: number = now): ManualClock {
  let elapsed = 0
  const due = new Set<{ readonly at: number; readonly callBack: () => void }>()
  return {
    now: () => now + elapsed,
    monotonic: () => monotonic + elapsed,
    after(delayMs, callBack) {
      const entry = { at: elapsed + Math.max(0, delayMs), callBack }
      due.add(entry)
      return () => due.delete(entry)
    },
    soon: SYSTEM_CLOCK.soon,
    advance(ms) {
      const end = elapsed + ms
      for (;;) {
        const [next] = [...due].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
        if (next === undefined) break
        due.delete(next)
        elapsed = Math.max(elapsed, next.at)
        next.callBack()
      }
      elapsed = end
    },
  }
}

/**
 * Waits twenty times as long: for tests in which whoever is well has to be in time, on a machine that is busy with others.
 */
export const PATIENT_CLOCK: Clock = {
  ...AWAKE_CLOCK,
  after: (delayMs, callBack) => AWAKE_CLOCK.after(delayMs * 20, callBack),
}

/** The time of the system, and as much later as it was advanced; what waits for a time to pass waits as long as ever. */
export function createLaterClock(): Clock & { advance(ms: number): void } {
  let later = 0
  return {
    now: () => SYSTEM_CLOCK.now() + later,
    monotonic: () => AWAKE_CLOCK.monotonic() + later,
    after: AWAKE_CLOCK.after,
    soon: SYSTEM_CLOCK.soon,
    advance(ms) {
      later += ms
    },
  }
}
