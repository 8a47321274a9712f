import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { createKeyRing, formatKeyRing, KeyRingError, parseKeyRing, withNewKey } from './key-ring.ts'

const K1 = Buffer.alloc(32, 1).toString('base64')
const K2 = Buffer.alloc(32, 2).toString('base64')

test('parseKeyRing: the first key writes, order and text survive', () => {
  const ring = parseKeyRing(` k2:${K2},k1:${K1}\n`)
  assert.deepEqual(
    ring.keys.map(({ kid }) => kid),
    ['k2', 'k1'],
  )
  assert.equal(formatKeyRing(ring), `k2:${K2},k1:${K1}`)
})

test('parseKeyRing: names what is wrong and never shows a key', () => {
  const short = Buffer.alloc(31, 7).toString('base64')
  const faults: readonly (readonly [string, RegExp])[] = [
    ['', /empty/],
    [' , ', /empty/],
    [K1, /Entry 1 .* no name/],
    [`k1:${K1},${K2}`, /Entry 2/],
    [`k.1:${K1}`, /bad name/],
    [`:${K1}`, /bad name/],
    [`k1:${K1},k1:${K2}`, /"k1" twice/],
    [`k1:${short}`, /"k1".* 31 bytes/],
    [`k1:${K1}AAAA`, /"k1"/],
    ['k1:', /0 bytes/],
    ['k1:not base64!', /not valid base64/],
  ]
  for (const [text, expected] of faults) {
    assert.throws(
      () => parseKeyRing(text),
      (error: unknown) =>
        error instanceof KeyRingError &&
        expected.test(error.message) &&
        !error.message.includes(K1.slice(0, 12)),
      text,
    )
  }
})

test('deriveKeys: same ring, same keys; a new first key keeps the old ones for verifying', () => {
  const ring = parseKeyRing(`k1:${K1}`)
  const [before] = ring.deriveKeys('cursor')
  const [added, kept] = withNewKey(ring).deriveKeys('cursor')
  assert.deepEqual(kept, before)
  assert.deepEqual(parseKeyRing(formatKeyRing(ring)).deriveKeys('cursor'), [before])
  assert.equal(added?.kid, 'k2')
  assert.notDeepEqual(added?.key, before?.key)
})

test('deriveKeys: each purpose has its own keys, none of them the ring key', () => {
  const ring = parseKeyRing(`k1:${K1}`)
  const keys = ['cursor', 'secret-box', 'query-log'].map((purpose) =>
    Buffer.from(ring.deriveKeys(purpose)[0]?.key ?? []).toString('base64'),
  )
  assert.equal(new Set([...keys, K1]).size, 4)
})

test('withNewKey: takes a name that is free', () => {
  assert.equal(withNewKey(parseKeyRing(`k2:${K2}`)).keys[0]?.kid, 'k3')
  assert.equal(withNewKey(createKeyRing()).keys[0]?.kid, 'k2')
})

test('a key ring that reaches a logger shows no key', () => {
  const ring = parseKeyRing(`k1:${K1}`)
  const hex = Buffer.from(K1, 'base64').toString('hex').slice(0, 16)
  for (const text of [JSON.stringify(ring), inspect(ring, { depth: 9, showHidden: true })]) {
    assert.ok(!text.includes(K1.slice(0, 16)) && !text.includes(hex))
  }
})
