/** Ids of requests: UUIDs of version 7, so that they sort by time (RFC 9562, section 5.7). */
import { randomBytes } from 'node:crypto'

const RANDOM_DIGITS = 19 // 74 random bits are in 3, 1 and 15 hexadecimal digits
const POOLED = 512 // asking the system for each alone costs more than all else about an id

/** Requests of one millisecond come in no order. */
export function createRequestIds(): () => string {
  let digits = ''
  let used = 0
  let at = 0
  let time = ''
  return () => {
    if (used + RANDOM_DIGITS > digits.length) {
      digits = randomBytes((RANDOM_DIGITS * POOLED) / 2).toString('hex')
      used = 0
    }
    const now = Date.now()
    if (now !== at) {
      at = now
      const hex = now.toString(16).padStart(12, '0')
      time = `${hex.slice(0, 8)}-${hex.slice(8)}-7`
    }
    const start = used
    used += RANDOM_DIGITS
    const variant = VARIANTS[Number.parseInt(digits.charAt(start + 3), 16) & 3]
    const tail = start + 4
    return `${time}${digits.slice(start, start + 3)}-${variant}${digits.slice(tail, tail + 3)}-${digits.slice(tail + 3, tail + 15)}`
  }
}

/** The first digit of the fourth group: two fixed bits and two random ones. */
const VARIANTS = ['8', '9', 'a', 'b'] as const
