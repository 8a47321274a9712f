import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { timeAwake } from '../../test/support/awake-time.ts'
import { type JsonLimits, parseJson } from './json-guard.ts'

const limits: JsonLimits = { maxDepth: 32 }
const problemOf = (input: Uint8Array | string, more: Partial<JsonLimits> = {}) => {
  const result = parseJson(input, { ...limits, ...more })
  return result.ok ? 'ok' : result.problem
}
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

test('parseJson: gives what JSON.parse gives, from bytes and from text', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (text) => {
      for (const input of [text, Buffer.from(text)]) {
        const result = parseJson(input, { maxDepth: 32, forbiddenKeys: 'refuse' })
        if (result.ok) assert.deepEqual(result.value, JSON.parse(text))
        else assert.equal(result.problem, 'forbidden-key')
      }
    }),
    { numRuns: 300 },
  )
  assert.deepEqual(parseJson('\ufeff{"a":1}', limits), { ok: true, value: { a: 1 } })
})

test('parseJson: counts depth exactly and not inside strings', () => {
  assert.equal(problemOf(nested(32)), 'ok')
  assert.equal(problemOf(nested(33)), 'too-deep')
  assert.equal(problemOf(`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`), 'too-deep')
  assert.equal(problemOf(JSON.stringify({ text: nested(99), '[[{{': '"[\\"[\\\\' }), { maxDepth: 1 }), 'ok')
  assert.equal(problemOf(`["${'\\\\'.repeat(5)}",[]]`, { maxDepth: 1 }), 'too-deep')
  assert.equal(problemOf(`["${'\\"'.repeat(5)}[[[["]`, { maxDepth: 1 }), 'ok')
  assert.equal(problemOf(`[${'[],'.repeat(1000)}[]]`, { maxDepth: 2 }), 'ok')
})

test('parseJson: stops a megabyte of brackets at once', async () => {
  const { ms } = await timeAwake(() => {
    assert.equal(problemOf(Buffer.alloc(1 << 20, '[')), 'too-deep')
    assert.equal(problemOf(Buffer.alloc(1 << 20, '{"a":')), 'too-deep')
  })
  assert.ok(ms < 100, `${ms} ms`)
})

test('parseJson: bounds the number of values', () => {
  assert.equal(problemOf('[1,2,3]', { maxTokens: 3 }), 'ok')
  assert.equal(problemOf('[1,2,3,4]', { maxTokens: 3 }), 'too-many-values')
  assert.equal(problemOf('[",,,,:::"]', { maxTokens: 1 }), 'ok')
})

test('parseJson: refuses bytes that are not UTF-8', () => {
  for (const bytes of [
    [0x22, 0xff, 0x22],
    [0x22, 0xc0, 0xaf, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
  ]) {
    assert.equal(problemOf(Uint8Array.from(bytes)), 'not-utf8')
  }
})

test('parseJson: drops keys that reach a prototype, however spelled, and keeps the rest', () => {
  const text =
    '{"a":{"__proto__":{"isAdmin":true},"b":1},"\\u005f_proto__":1,"c":[{"constructor":{"prototype":{"x":1}}}]}'
  const result = parseJson(text, limits)
  assert.ok(result.ok)
  assert.deepEqual(result.value, { a: { b: 1 }, c: [{}] })
  const copy: Record<string, unknown> = Object.assign({}, Object(result.value).a)
  assert.equal(copy.isAdmin, undefined)
  for (const escaped of [
    '{"\\u005F\\u005fproto\\u005f_":1}',
    '{"c\\u006fnstructor":{"prototype":1}}',
    '{"__proto__":1}',
  ]) {
    assert.equal(problemOf(escaped, { forbiddenKeys: 'refuse' }), 'forbidden-key', escaped)
  }
})

test('parseJson: words that only look forbidden stay', () => {
  const value = {
    text: '__proto__ and constructor',
    constructor: 'a builder',
    prototype: { constructor: { a: 1 } },
  }
  const result = parseJson(JSON.stringify(value), { maxDepth: 32, forbiddenKeys: 'refuse' })
  assert.deepEqual(result, { ok: true, value })
})

test('parseJson: says line and column of the first fault', () => {
  const faults: readonly (readonly [string, string])[] = [
    ['', 'line 1, column 1: expected a value'],
    ['nul', 'line 1, column 1: expected a value'],
    ['{"a":1,}', 'line 1, column 8: expected a name in double quotes'],
    ['{\n  "a" 1}', 'line 2, column 7: expected a colon'],
    ['[1 2]', 'line 1, column 4: expected a comma or ]'],
    ['{"a":1\n"b":2}', 'line 2, column 1: expected a comma or }'],
    ['{"a":[true,\n\n  fals]}', 'line 3, column 3: expected a value'],
    ['[1] x', 'line 1, column 5: expected the end of the text'],
    ['["abc', 'line 1, column 2: this string has no closing quote'],
    ['["a\\x"]', 'line 1, column 4: unknown escape'],
    ['["a\nb"]', 'line 1, column 4: control character inside a string'],
    ['[01]', 'line 1, column 3: expected a comma or ]'],
    ['[1.]', 'line 1, column 3: expected a comma or ]'],
    ["{'a':1}", 'line 1, column 2: expected a name in double quotes'],
    ['[', 'line 1, column 2: expected a value'],
    [']'.repeat(3), 'line 1, column 1: expected a value'],
  ]
  for (const [text, place] of faults) {
    const result = parseJson(text, limits)
    assert.ok(!result.ok && result.problem === 'malformed', text)
    assert.equal(result.detail, `Malformed JSON at ${place}.`, text)
  }
})

test('parseJson: never throws and always finds a place, whatever the text', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.string({ maxLength: 2 }), (text, offset, noise) => {
      const cut = offset % (text.length + 1)
      const broken = text.slice(0, cut) + noise + text.slice(cut + 1)
      const result = parseJson(broken, limits)
      if (!result.ok && result.problem === 'malformed') assert.ok((result.position ?? -1) <= broken.length)
    }),
    { numRuns: 500 },
  )
})

test('parseJson: looks for no place where none is to be told', () => {
  const result = parseJson('{"a":1,}', { ...limits, isPlaceTold: false })
  assert.deepEqual(result, { ok: false, problem: 'malformed', detail: 'Malformed JSON.' })
})
