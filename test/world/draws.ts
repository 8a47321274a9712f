/** What chance gives a simulated world: times as networks have them, and seeds for its parts. */
import type { Random } from '../support/random.ts'

/** A time with this median whose logarithm is normal: most are near, some take long, none is below 0. */
export function drawLognormal(random: Random, medianMs: number, sigma: number): number {
  return medianMs * Math.exp(sigma * drawNormal(random))
}

/** Box and Muller's way. */
function drawNormal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()))
  return radius * Math.cos(2 * Math.PI * random.next())
}

/**
 * One seed for the part of a world that these numbers name: what one part draws does not depend on what happened
 * in the others.
 */
export function seedOf(...parts: readonly number[]): number {
  let mixed = 0x811c9dc5
  for (const part of parts) {
    mixed = Math.imul(mixed ^ part, 0x01000193)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d)
    mixed ^= mixed >>> 12
  }
  return mixed | 0
}
