/**
 * Ids of new records. Equal scores are ordered by DID, and searches take records of equal bounds in the order they
 * were stored: the two must agree, also when several replicas with slightly different clocks store records.
 */
import { randomBytes } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import type { AgentId } from '../domain/agent.ts'

/**
 * A function that gives UUIDs of version 7, each greater than the one before and all greater than `newest`.
 * @param newest the id of the record stored last, `null` if there is none.
 * @param now Unix ms.
 * @see RFC 9562 section 6.2, method 1 (a counter beside the time)
 */
export function createIdMinter(newest: string | null, now: number): () => AgentId {
  const msecs = newest === null ? now : Math.max(now, timeOf(newest) + 1)
  let seq = 0
  let random = new Uint8Array()
  return () => {
    const place = (seq % RANDOM_FOR_IDS) * RANDOM_BYTES
    // The system is asked for many at once: asking for each takes longer than making its id.
    if (place === 0) random = randomBytes(RANDOM_FOR_IDS * RANDOM_BYTES)
    const id = uuidv7({ msecs, seq, random: random.subarray(place, place + RANDOM_BYTES) }) as AgentId
    seq += 1
    return id
  }
}

const RANDOM_BYTES = 16
const RANDOM_FOR_IDS = 64

/** The 48 bits of time that a UUID of version 7 begins with, in Unix ms. */
function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}
