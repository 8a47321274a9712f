import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCursorSealer } from './cursor-seal.ts'
import { createKeyRing, withNewKey } from './key-ring.ts'

const ring = createKeyRing()
const sealer = createCursorSealer(ring.deriveKeys('cursor'))
const payload = { snapshot: '0199', offsets: { a: 20 }, name: 'ä' }

test('seal and open: the payload comes back, in characters that need no escaping in a URL', () => {
  const cursor = sealer.seal(payload)
  assert.match(cursor, /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{22}$/)
  assert.deepEqual(sealer.open(cursor), payload)
})

test('open: a change of any character gives nothing', () => {
  const cursor = sealer.seal(payload)
  for (let index = 0; index < cursor.length; index += 1) {
    for (const char of ['A', 'B', 'x', '-', '.', '=']) {
      const changed = cursor.slice(0, index) + char + cursor.slice(index + 1)
      if (changed !== cursor) assert.equal(sealer.open(changed), undefined, changed)
    }
  }
})

test('open: forged, foreign and malformed cursors give nothing', () => {
  const body = Buffer.from('{"snapshot":"other"}').toString('base64url')
  const mac = sealer.seal(payload).split('.')[1]
  const foreign = createCursorSealer(createKeyRing().deriveKeys('cursor')).seal(payload)
  const otherPurpose = createCursorSealer(ring.deriveKeys('other')).seal(payload)
  for (const text of [
    '',
    '.',
    `${body}.`,
    `${body}.${mac}`,
    `.${mac}`,
    'a.b.c',
    foreign,
    otherPurpose,
    'x'.repeat(1e6),
  ]) {
    assert.equal(sealer.open(text), undefined, text.slice(0, 80))
  }
})

test('open: cursors survive a new first key', () => {
  const rotated = createCursorSealer(withNewKey(ring).deriveKeys('cursor'))
  assert.deepEqual(rotated.open(sealer.seal(payload)), payload)
  assert.equal(sealer.open(rotated.seal(payload)), undefined)
})
