/** Everything that replicas share through one Redis, over one connection. */
import type { SharedCache, SharedCounters } from '../../domain/sharing.ts'
import { createRedisCache } from '../cache/redis.ts'
import { type ConnectionOptions, RedisConnection } from './connection.ts'
import { createRedisCounters } from './counters.ts'

export interface SharedStore extends AsyncDisposable {
  readonly cache: SharedCache
  readonly counters: SharedCounters
}

/**
 * Opens the store, whether Redis answers or not; when it does, what is shared is shared.
 * @param options.prefix stands in front of every key: the replicas of one registry have the same, no other has.
 */
export async function openSharedStore(
  url: string,
  { prefix, ...options }: ConnectionOptions & { readonly prefix: string },
): Promise<SharedStore> {
  const connection = await RedisConnection.open(url, options)
  return {
    cache: createRedisCache(connection, { prefix, clock: options.clock }),
    counters: createRedisCounters(connection, prefix),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  }
}
