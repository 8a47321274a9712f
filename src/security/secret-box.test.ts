import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SecretBoxError } from '../domain/secrets.ts'
import { createKeyRing, parseKeyRing, withNewKey } from './key-ring.ts'
import { createSecretBox } from './secret-box.ts'

const place = { table: 'federation_peers', id: '0199-a', column: 'api_key' }
const ring = createKeyRing()
const box = createSecretBox(ring)
const refusal = (reason: string) => (error: unknown) =>
  error instanceof SecretBoxError && error.reason === reason

test('seal and open: any text comes back, twice sealed is never the same', () => {
  for (const plain of ['', 'avf_secret', 'schlüssel-鍵 🔑', 'x'.repeat(10_000)]) {
    assert.equal(box.open(box.seal(plain, place), place), plain)
  }
  const sealed = box.seal('avf_secret', place)
  assert.notEqual(sealed, box.seal('avf_secret', place))
  assert.ok(!sealed.includes(Buffer.from('avf_secret').toString('base64url').slice(0, 8)))
  assert.equal(box.kidOf(sealed), 'k1')
  assert.equal(box.kidOf('avf_secret'), undefined)
})

test('open: refuses a value moved to another row, column or table', () => {
  const sealed = box.seal('secret', place)
  for (const other of [{ id: '0199-b' }, { column: 'signing_secret' }, { table: 'agents' }]) {
    assert.throws(() => box.open(sealed, { ...place, ...other }), refusal('tampered'))
  }
})

test('seal: places cannot be spelled so that two share one text', () => {
  assert.throws(() => box.seal('s', { table: 'a|b', id: 'c', column: 'd' }), TypeError)
  assert.throws(() => box.seal('s', { table: 'a', id: 'c', column: 'd|e' }), TypeError)
  const sealed = box.seal('s', { table: 'a', id: 'b|c', column: 'd' })
  assert.throws(() => box.open(sealed, { table: 'a', id: 'b', column: 'd' }), refusal('tampered'))
})

test('open: refuses a change of any single character', () => {
  const sealed = box.seal('secret value', place)
  for (let index = 0; index < sealed.length; index += 1) {
    for (const char of ['A', 'B', '_', '.']) {
      const changed = sealed.slice(0, index) + char + sealed.slice(index + 1)
      if (changed !== sealed) assert.throws(() => box.open(changed, place), SecretBoxError, changed)
    }
  }
})

test('open: refuses parts of two sealed values put together, and shortened tags', () => {
  const [one, two] = [box.seal('one', place), box.seal('two', place)].map((sealed) => sealed.split('.'))
  assert.throws(() => box.open([...(one ?? []).slice(0, 3), two?.[3]].join('.'), place), refusal('tampered'))
  const short = Buffer.from(one?.[3] ?? '', 'base64url')
    .subarray(0, -4)
    .toString('base64url')
  assert.throws(() => box.open([...(one ?? []).slice(0, 3), short].join('.'), place), SecretBoxError)
})

test('open: names the key that is missing, and tells a wrong key of the same name from it', () => {
  const sealed = box.seal('secret', place)
  const other = createSecretBox(parseKeyRing(`k9:${Buffer.alloc(32, 9).toString('base64')}`))
  assert.throws(() => other.open(sealed, place), /key "k1", which is not in the key ring/)
  assert.throws(() => createSecretBox(createKeyRing()).open(sealed, place), refusal('tampered'))
  assert.throws(() => box.open('plain text', place), refusal('malformed'))
})

test('rewrap: moves a secret to the first key without touching its ciphertext, twice changes nothing', () => {
  const sealed = box.seal('secret', place)
  const rotated = createSecretBox(withNewKey(ring))
  const moved = rotated.rewrap(sealed, place)
  assert.equal(rotated.kidOf(moved), 'k2')
  assert.equal(moved.split('.')[3], sealed.split('.')[3])
  assert.equal(rotated.open(moved, place), 'secret')
  assert.equal(rotated.open(sealed, place), 'secret')
  assert.equal(rotated.rewrap(moved, place), moved)
  assert.throws(() => rotated.rewrap(sealed, { ...place, id: 'other' }), refusal('tampered'))
})
