/** The cache that all replicas share, in Redis. What is wrong with Redis costs its hits, never an answer. */
import type { Clock } from '../../domain/ports.ts'
import type { SharedCache } from '../../domain/sharing.ts'
import { ANSWER_MS } from '../redis/client.ts'
import type { RedisConnection } from '../redis/connection.ts'
import { createTurns } from '../redis/turns.ts'

/** The largest answer of a peer that is read, and room for what is kept with it: no single value fills Redis. */
const MAX_VALUE_BYTES = 4 * 1024 * 1024 + 64 * 1024
/** What may be on its way to Redis: enough for a few of the largest, and what a Redis that hangs can cost us. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024

/**
 * Asked for at once. Of more than that, Redis answers none before it has read them all, and counters would wait behind.
 */
const MAX_ASKED = 100

/** @param options.prefix stands in front of every key. */
export function createRedisCache(
  connection: RedisConnection,
  { prefix, clock }: { readonly prefix: string; readonly clock: Clock },
): SharedCache {
  const turns = createTurns(MAX_ASKED, clock)
  let unsentBytes = 0

  /** A range, since nobody knows what others put there: it ends one byte behind the largest of ours. */
  const fetch = async (key: string, limitMs: number): Promise<Uint8Array | undefined> => {
    const range = ['GETRANGE', prefix + key, '0', String(MAX_VALUE_BYTES)]
    const value = await connection.ask('get', range, limitMs)
    if (!(value instanceof Uint8Array) || value.length === 0) return undefined
    if (value.length <= MAX_VALUE_BYTES) return value
    connection.noteFailure('get', 'too-large', new Error(`A value has more than ${MAX_VALUE_BYTES} bytes.`))
    return undefined
  }

  return {
    async get(key) {
      if (!connection.isUp) return undefined
      const lateAt = clock.monotonic() + ANSWER_MS
      const hasTurn = await turns.take(ANSWER_MS)
      try {
        const leftMs = Math.ceil(lateAt - clock.monotonic())
        if (hasTurn && leftMs > 0) return await fetch(key, leftMs)
        connection.noteFailure('get', 'backlog', new Error('Too many values were asked for at once.'))
        return undefined
      } finally {
        if (hasTurn) turns.giveBack()
      }
    },
    put(key, value, ttlSeconds) {
      const ttlMs = Math.round(ttlSeconds * 1000)
      if (!connection.isUp || ttlMs <= 0 || value.length === 0) return
      const isTooLarge = value.length > MAX_VALUE_BYTES
      if (isTooLarge || unsentBytes + value.length > MAX_UNSENT_BYTES) {
        const error = new Error(`A value of ${value.length} bytes was not kept.`)
        connection.noteFailure('put', isTooLarge ? 'too-large' : 'backlog', error)
        return
      }
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
      unsentBytes += value.length
      void connection.tell('put', ['SET', prefix + key, bytes, 'PX', String(ttlMs)]).then(() => {
        unsentBytes -= value.length
      })
    },
  }
}
