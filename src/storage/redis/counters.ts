/** Counters that all replicas share, in Redis. */
import type { SharedCount, SharedCounters } from '../../domain/sharing.ts'
import type { RedisConnection } from './connection.ts'

/**
 * Adds, and gives a counter that has no end, or one too far away, the end it should have; one that was lost since it
 * was last heard of is put right before. One step for Redis, so that no counter is left without an end. Sent whole:
 * Redis keeps scripts by their hash, and they are gone when it starts anew.
 */
const ADD = `
local points, longest = tonumber(ARGV[1]), tonumber(ARGV[2])
local total = redis.call('INCRBY', KEYS[1], points)
local left = redis.call('PTTL', KEYS[1])
local lost = tonumber(ARGV[3]) + points - total
if lost > 0 then
  total = redis.call('INCRBY', KEYS[1], lost)
  longest = left < 0 and tonumber(ARGV[4]) or longest
end
if left < 0 or left > longest then
  redis.call('PEXPIRE', KEYS[1], longest)
  left = longest
end
return {total, left}
`

const NEVER_HEARD_OF: SharedCount = { total: 0, msLeft: 0 }

/** @param prefix stands in front of every key. */
export function createRedisCounters(connection: RedisConnection, prefix: string): SharedCounters {
  return {
    isUp: () => connection.isUp,
    async add(key, points, windowMs, known = NEVER_HEARD_OF) {
      const figures = [points, windowMs, known.total, Math.ceil(known.msLeft)].map(String)
      return readCount(await connection.ask('count', ['EVAL', ADD, '1', prefix + key, ...figures]))
    },
  }
}

function readCount(reply: unknown): SharedCount | undefined {
  if (!Array.isArray(reply)) return undefined
  const [total, left]: readonly unknown[] = reply
  if (!isWhole(total) || !isWhole(left)) return undefined
  return { total, msLeft: Math.max(1, left) }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}
