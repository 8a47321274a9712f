/** The time of this machine. */
import type { Clock } from './domain/ports.ts'

export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, callBack) {
    const timer = setTimeout(callBack, delayMs)
    return () => clearTimeout(timer)
  },
  soon: (callBack) => void setImmediate(callBack),
}
