import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sliceMember } from './raw-slice.ts'

function slice(json: string, member = 'card'): string | undefined {
  const bytes = sliceMember(new TextEncoder().encode(json), member)
  return bytes && new TextDecoder('utf-8', { fatal: true }).decode(bytes)
}

test('sliceMember: gives the value exactly as it was written', () => {
  assert.equal(
    slice('{ "name":"x", "card" : {"b": 1.0,\n "a":"\\u00e9"} \n,"z":[] }'),
    '{"b": 1.0,\n "a":"\\u00e9"}',
  )
  assert.equal(slice('{"card":"}\\"{,"}'), '"}\\"{,"')
  assert.equal(slice('{"card":-1e5}'), '-1e5')
  assert.equal(slice('{"card":null , "x":1}'), 'null')
  assert.equal(slice('\ufeff {"card":[1,[2]]}'), '[1,[2]]')
  assert.equal(slice('{"card":{"größe":"𝒳 “}”"}}'), '{"größe":"𝒳 “}”"}')
})

test('sliceMember: names are compared unescaped', () => {
  assert.equal(slice('{"\\u0063ard":1}'), '1')
  assert.equal(slice('{"car\\"d":1,"x":2}', 'car"d'), '1')
  assert.equal(slice('{"größe":3}', 'größe'), '3')
})

test('sliceMember: of several members of the name the last one counts, as with JSON.parse', () => {
  const json = '{"card":{"safe":true},"\\u0063ard":{"safe":false}}'
  assert.deepEqual(JSON.parse(slice(json) ?? ''), JSON.parse(json).card)
})

test('sliceMember: finds members of the outermost object only, and none where there is none', () => {
  assert.equal(slice('{"x":{"card":1},"y":["card",2],"z":"\\"card\\":3"}'), undefined)
  for (const json of ['{}', '[]', '"card"', '12', '', '[{"card":1}]'])
    assert.equal(slice(json), undefined, json)
})

test('sliceMember: malformed text gives nothing, and never hangs', () => {
  for (const json of [
    '{"card":',
    '{"card"',
    '{"card":1',
    '{"card":"x',
    '{"card" 1}',
    '{"card":}',
    '{"card":1,"x"}',
    '{"card\\',
    '{,}',
  ]) {
    assert.equal(slice(json), undefined, json)
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      sliceMember(Uint8Array.from([0x7b, 0x22, ...bytes]), 'card')
    }),
    { numRuns: 300 },
  )
})

test('sliceMember: nesting does not exhaust the stack', () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
  assert.equal(slice(`{"card":${deep}}`), deep)
})

test('sliceMember: what the slice says is what the whole says', () => {
  const name = fc.oneof(fc.constantFrom('card', 'cards', 'c\\ard', 'ca"rd'), fc.string({ unit: 'grapheme' }))
  const space = fc.stringMatching(/^[ \t\n\r]{0,3}$/)
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.jsonValue(), space)), fc.nat(4), (members, indent) => {
      const text = members.map(([key, value, blank]) => {
        const escaped = JSON.stringify(key).replace('c', '\\u0063')
        return `${blank}${escaped}${blank}:${blank}${JSON.stringify(value, null, indent)}${blank}`
      })
      const json = `{${text.join(',')}}`
      const whole: Record<string, unknown> = JSON.parse(json)
      for (const key of [...Object.keys(whole), 'card']) {
        const found = slice(json, key)
        if (Object.hasOwn(whole, key)) assert.deepEqual(JSON.parse(found ?? ''), whole[key])
        else assert.equal(found, undefined)
      }
    }),
    { numRuns: 200 },
  )
})
