/**
 * A shared cache that gives back only what this registry put in, under the key it was put under. Caches are kept by
 * other programs, on other machines, and may be written to by others: what does not verify was never there.
 *
 * Stored form: HMAC-SHA-256 (32 bytes), then the value. The HMAC covers the key with its length, and the value.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { SharedCache } from '../domain/sharing.ts'
import type { DerivedKey } from './key-ring.ts'

const MAC_BYTES = 32

/**
 * @param options.keys `ring.deriveKeys('shared-cache')`: the first seals, all open, so values survive a new first key.
 * @param options.onCorrupt told of every value that does not verify.
 */
export function createSealedCache(
  cache: SharedCache,
  options: { readonly keys: readonly DerivedKey[]; readonly onCorrupt: () => void },
): SharedCache {
  const [first] = options.keys
  if (first === undefined) throw new TypeError('A sealed cache needs at least one key.')
  return {
    async get(key) {
      const sealed = await cache.get(key)
      if (sealed === undefined) return undefined
      const mac = sealed.subarray(0, MAC_BYTES)
      const value = sealed.subarray(MAC_BYTES)
      const isOurs = mac.length === MAC_BYTES && options.keys.some((by) => equals(macOf(by, key, value), mac))
      if (isOurs) return value
      options.onCorrupt()
      return undefined
    },
    put(key, value, ttlSeconds) {
      if (value.length > 0) cache.put(key, Buffer.concat([macOf(first, key, value), value]), ttlSeconds)
    },
  }
}

/** The length tells where the key ends, so that no byte moves between key and value. */
function macOf({ key: secret }: DerivedKey, key: string, value: Uint8Array): Uint8Array {
  return createHmac('sha256', secret)
    .update(`${Buffer.byteLength(key)}:${key}`)
    .update(value)
    .digest()
}

function equals(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}
