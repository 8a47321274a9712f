/** What every shared cache keeps to, plain or sealed. */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { SharedCache } from '../../src/domain/sharing.ts'
import { createKeyRing } from '../../src/security/key-ring.ts'
import { createSealedCache } from '../../src/security/sealed-cache.ts'
import { PATIENT_CLOCK } from '../support/clocks.ts'
import { eventually, hasRedis, openStore, ownPrefix } from '../support/redis.ts'

const KEYS = createKeyRing().deriveKeys('shared-cache')

const CACHES: Readonly<Record<string, (cache: SharedCache) => SharedCache>> = {
  'in Redis': (cache) => cache,
  'in Redis, sealed': (cache) => createSealedCache(cache, { keys: KEYS, onCorrupt: assert.fail }),
}

/** Two replicas' views of one cache, which is not taken for empty because this machine is busy. */
async function openTwice(t: TestContext, wrap: (cache: SharedCache) => SharedCache) {
  const options = { prefix: ownPrefix(t), clock: PATIENT_CLOCK }
  const [one, other] = await Promise.all([openStore(t, options), openStore(t, options)])
  return { one: wrap(one.cache), other: wrap(other.cache), told: one.told }
}

async function untilKept(cache: SharedCache, key: string): Promise<void> {
  await eventually(`${key} is kept`, async () => (await cache.get(key)) !== undefined)
}

const isThere = await hasRedis('shared cache')
for (const [name, wrap] of isThere ? Object.entries(CACHES) : []) {
  describe(`a shared cache ${name}`, () => {
    test('gives every replica the bytes that one put in, and nothing for other keys', async (t) => {
      const { one, other } = await openTwice(t, wrap)
      const value = Uint8Array.from({ length: 1_000 }, (_, index) => index % 256)
      one.put('a', value, 60)
      await untilKept(other, 'a')
      assert.deepEqual(new Uint8Array((await other.get('a')) ?? []), value)
      assert.equal(await other.get('b'), undefined)
    })

    test('keeps the last value of a key', async (t) => {
      const { one } = await openTwice(t, wrap)
      for (const text of ['first', 'second']) one.put('a', Buffer.from(text), 60)
      await untilKept(one, 'a')
      assert.equal(Buffer.from((await one.get('a')) ?? []).toString(), 'second')
    })

    test('forgets a value when its time is over, and keeps none without time or bytes', async (t) => {
      const { one } = await openTwice(t, wrap)
      one.put('never', Buffer.from('x'), 0)
      one.put('past', Buffer.from('x'), -1)
      one.put('empty', new Uint8Array(), 60)
      one.put('long', Buffer.from('x'), 60)
      await eventually('short was kept', async () => {
        one.put('short', Buffer.from('x'), 0.15) // until it is seen in time
        return (await one.get('short')) !== undefined
      })
      for (const key of ['never', 'past', 'empty']) assert.equal(await one.get(key), undefined, key)
      await eventually('short is forgotten', async () => (await one.get('short')) === undefined)
      assert.notEqual(await one.get('long'), undefined)
    })

    test('gives a thousand values asked for at once, each its own', async (t) => {
      const { one, other } = await openTwice(t, wrap)
      const keys = Array.from({ length: 1_000 }, (_, index) => `key-${index}`)
      for (const key of keys) one.put(key, Buffer.from(`of ${key}`), 60)
      const seen = new Set<string>()
      // On a machine that is busy with other tests some come too late, and then the next time.
      await eventually('all were given', async () => {
        const missing = keys.filter((key) => !seen.has(key))
        const values = await Promise.all(missing.map((key) => other.get(key)))
        for (const [index, key] of missing.entries()) {
          const value = values[index]
          if (value === undefined) continue
          assert.equal(Buffer.from(value).toString(), `of ${key}`)
          seen.add(key)
        }
        return seen.size === keys.length
      })
    })

    test('keeps a value as large as a peer may send, and none that is larger', async (t) => {
      const { one, told } = await openTwice(t, wrap)
      one.put('large', Buffer.alloc(4 * 1024 * 1024, 1), 60)
      one.put('too-large', Buffer.alloc(5 * 1024 * 1024, 1), 60)
      await untilKept(one, 'large')
      assert.equal(await one.get('too-large'), undefined)
      assert.ok(told.kinds().includes('put too-large'))
    })
  })
}
