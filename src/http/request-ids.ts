/** Ids of requests: UUIDs of version 7, so that they sort by time (RFC 9562, section 5.7). */
import { randomFillSync } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'

const BYTES = 16
const POOLED = 512 // asking the system for each alone costs more than all else about an id

export function createRequestIds(): () => string {
  const pool = new Uint8Array(BYTES * POOLED)
  let used = pool.length
  return () => {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    const random = pool.subarray(used, used + BYTES)
    used += BYTES
    return uuidv7({ random })
  }
}
