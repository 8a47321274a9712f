import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SharedCache } from '../domain/sharing.ts'
import { createKeyRing, type KeyRing, withNewKey } from './key-ring.ts'
import { createSealedCache } from './sealed-cache.ts'

const VALUE = Buffer.from('{"agents":[]}')

/** A cache whose every stored byte can be reached. */
function openCache(ring: KeyRing = createKeyRing()) {
  const stored = new Map<string, Uint8Array>()
  const bare: SharedCache = {
    get: async (key) => stored.get(key),
    put: (key, value) => void stored.set(key, value),
  }
  let corrupt = 0
  const onCorrupt = () => {
    corrupt += 1
  }
  const over = (by: KeyRing) => createSealedCache(bare, { keys: by.deriveKeys('shared-cache'), onCorrupt })
  return { stored, ring, sealed: over(ring), over, corruptSeen: () => corrupt }
}

function storedUnder(stored: ReadonlyMap<string, Uint8Array>, key: string): Uint8Array {
  const bytes = stored.get(key)
  assert.ok(bytes !== undefined)
  return bytes
}

test('a sealed value comes back as it was', async () => {
  const { sealed, corruptSeen } = openCache()
  sealed.put('a', VALUE, 60)
  assert.deepEqual(Buffer.from((await sealed.get('a')) ?? []), VALUE)
  assert.equal(await sealed.get('b'), undefined)
  assert.equal(corruptSeen(), 0)
})

test('one bit turned, in the seal or in the value, and it was never there', async () => {
  const { stored, sealed, corruptSeen } = openCache()
  sealed.put('a', VALUE, 60)
  const whole = storedUnder(stored, 'a')
  for (let bit = 0; bit < whole.length * 8; bit += 1) {
    const turned = Uint8Array.from(whole)
    turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    stored.set('a', turned)
    assert.equal(await sealed.get('a'), undefined, `bit ${bit}`)
  }
  assert.equal(corruptSeen(), whole.length * 8)
})

test('a value cut short or made longer is none', async () => {
  const { stored, sealed, corruptSeen } = openCache()
  sealed.put('a', VALUE, 60)
  const whole = storedUnder(stored, 'a')
  const spoiled = [
    ...Array.from({ length: whole.length }, (_, length) => whole.subarray(0, length)),
    Buffer.concat([whole, Buffer.from(' ')]),
    Buffer.from('a note by somebody else'),
  ]
  for (const bytes of spoiled) {
    stored.set('a', bytes)
    assert.equal(await sealed.get('a'), undefined, `${bytes.length} bytes`)
  }
  assert.equal(corruptSeen(), spoiled.length)
})

test('a value moved to another key is none, even where key and value join to the same text', async () => {
  const { stored, sealed, corruptSeen } = openCache()
  sealed.put('ab', Buffer.from('cd'), 60)
  const whole = storedUnder(stored, 'ab')
  stored.set('b', whole)
  stored.set('abc', Buffer.concat([whole.subarray(0, 32), Buffer.from('d')]))
  assert.equal(await sealed.get('b'), undefined)
  assert.equal(await sealed.get('abc'), undefined)
  assert.equal(corruptSeen(), 2)
})

test('what another ring sealed is none; what an older key of ours sealed is good', async () => {
  const { ring, sealed, over, corruptSeen } = openCache()
  sealed.put('a', VALUE, 60)
  assert.equal(await over(createKeyRing()).get('a'), undefined)
  assert.equal(corruptSeen(), 1)
  const rotated = over(withNewKey(ring))
  assert.deepEqual(Buffer.from((await rotated.get('a')) ?? []), VALUE)
  rotated.put('a', VALUE, 60)
  assert.equal(await sealed.get('a'), undefined) // a replica that has not got the new key yet
})
