import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson } from './canonical-json.ts'

test('canonicalJson: orders members by their UTF-16 code units, at every depth', () => {
  // The example of RFC 8785, section 3.2.3.
  const value = {
    '€': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '😀': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    ö: 'Latin Small Letter O With Diaeresis',
  }
  assert.deepEqual(Object.values(value).length, 7)
  const order = ['\r', '1', '\u0080', 'ö', '€', '😀', '\ufb33'].map((name) => canonicalJson(name))
  const text = canonicalJson(value)
  const places = order.map((name) => text.indexOf(`${name}:`))
  assert.ok(places.every((place) => place >= 0))
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  )
  assert.equal(
    canonicalJson({ b: [{ d: 1, c: 2 }], a: null, '10': 1, '9': 1 }),
    '{"10":1,"9":1,"a":null,"b":[{"c":2,"d":1}]}',
  )
})

test('canonicalJson: leaves out what is undefined, and writes numbers and texts as JSON.stringify does', () => {
  assert.equal(canonicalJson({ a: undefined, b: 1e21, c: -0, d: 'é\n' }), '{"b":1e+21,"c":0,"d":"é\\n"}')
  assert.equal(canonicalJson([undefined, true]), '[null,true]')
})
