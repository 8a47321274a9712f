import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseQuery } from '../search/tokenize.ts'
import { keysWithPrefix, termKey } from './term-keys.ts'

/** PostgreSQL's largest entry of a B-tree, with some left for the other columns of the key. */
const LARGEST_ENTRY = 2_704 - 100

const bytesOf = (text: string) => Buffer.from(text)
const isWithin = (key: string, { first, last }: { readonly first: string; readonly last: string }) =>
  bytesOf(key).compare(bytesOf(first)) >= 0 && bytesOf(key).compare(bytesOf(last)) <= 0

test('termKey: keeps words as they are, and very long ones short enough for an index', () => {
  for (const word of ['a', 'データ', 'x'.repeat(800)]) assert.equal(termKey(word), word)
  for (const letter of ['x', 'é', '字', '𒀀']) {
    const key = termKey(letter.repeat(4_000))
    assert.ok(bytesOf(key).length <= LARGEST_ENTRY, letter)
    assert.ok(key.isWellFormed())
    assert.equal(termKey(`x${'𒀀'.repeat(3_000)}`).isWellFormed(), true)
  }
})

test('termKey: words that differ only at their end have different keys', () => {
  const long = 'x'.repeat(2_000)
  const keys = ['a', 'b', 'ab', ''].map((end) => termKey(long + end))
  assert.equal(new Set(keys).size, 4)
})

test('keysWithPrefix: holds the keys of all words that begin so, and of no others', () => {
  const anyWord = fc
    .array(fc.constantFrom('a', 'b', 'é', '字', '𒀀', '\uffdc'), { maxLength: 6 })
    .map((l) => l.join(''))
  fc.assert(
    fc.property(anyWord, anyWord, fc.constantFrom(1, 400), (prefix, word, times) => {
      const long = word.repeat(times)
      if (prefix === '' || long === '') return
      assert.equal(isWithin(termKey(long), keysWithPrefix(prefix)), long.startsWith(prefix))
    }),
    { numRuns: 500 },
  )
})

test('keysWithPrefix: a word longer than what is kept finds itself', () => {
  const long = '𒀀'.repeat(3_000)
  assert.ok(isWithin(termKey(long), keysWithPrefix(long)))
  assert.ok(!isWithin(termKey(`${long}𒀀`), keysWithPrefix(long)))
})

test('no search of 200 characters has a word longer than what is kept', () => {
  let longest = 0
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += 1) {
    const character = String.fromCodePoint(codePoint)
    // Only what grows when it is normalised can become longer than it is.
    if (character.normalize('NFKD').length <= 2 * character.length) continue
    for (const search of [character.repeat(200 / character.length), `${character}x`.repeat(66)]) {
      longest = Math.max(longest, ...parseQuery(search).terms.map((term) => term.length))
    }
  }
  assert.ok(longest > 200 && longest <= 800, `${longest}`)
})
