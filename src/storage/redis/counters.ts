/** Counters that all replicas share, in Redis. */
import type { SharedCount, SharedCounters } from '../../domain/sharing.ts'
import type { RedisConnection } from './connection.ts'

/**
 * Adds, and gives a counter that has no end, or one too far away, the end it should have. One step for Redis, so that
 * no counter is left without. Sent whole: Redis keeps scripts by their hash, and they are gone when it starts anew.
 */
const ADD = `
local total = redis.call('INCRBY', KEYS[1], ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 or left > tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  left = tonumber(ARGV[2])
end
return {total, left}
`

/** @param prefix stands in front of every key. */
export function createRedisCounters(connection: RedisConnection, prefix: string): SharedCounters {
  return {
    isUp: () => connection.isUp,
    async add(key, points, windowMs) {
      const command = ['EVAL', ADD, '1', prefix + key, String(points), String(windowMs)]
      return readCount(await connection.ask('count', command))
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
