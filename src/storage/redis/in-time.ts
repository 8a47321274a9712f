/** Waiting for others, but not for long. */
import type { Clock } from '../../domain/ports.ts'

/**
 * What a promise resolves to, or undefined once the limit is over. After a pause of our own, in which both happened,
 * what came in meanwhile is read before it is called late.
 */
export function inTime<T>(promise: Promise<T>, limitMs: number, clock: Clock): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const callOff = clock.after(limitMs, () => setImmediate(resolve, undefined))
    promise.then(resolve, reject).finally(callOff)
  })
}
