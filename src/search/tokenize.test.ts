import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { timeAwake } from '../../test/support/awake-time.ts'
import { createTokenizer, mayBegin, normalizeText, parseQuery, tokenize } from './tokenize.ts'

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string())
const stems = (text: string) => tokenize(text).map(({ stem }) => stem)
const forms = (text: string) => tokenize(text).map(({ form }) => form)

test('tokenize: splits, joins and stems as the rule says by example', () => {
  assert.deepEqual(forms('Node.js SDK for C++ and C#'), ['node', 'js', 'sdk', 'for', 'c++', 'and', 'c#'])
  assert.deepEqual(stems('translating databases'), ['translat', 'databas'])
  assert.deepEqual(forms('@scope/name_v2'), ['scope', 'name', 'v2'])
  assert.deepEqual(forms('Łódź café ﬁne'), ['łodz', 'cafe', 'fine'])
  assert.deepEqual(forms('数据库mcp'), ['数据', '据库', 'mcp'])
  assert.deepEqual(forms('東京タワー'), ['東京', '京タ', 'タワ', 'ワー'])
})

test('tokenize: keeps order and repeats', () => {
  assert.deepEqual(tokenize('databases, database'), [
    { form: 'databases', stem: 'databas' },
    { form: 'database', stem: 'databas' },
  ])
})

test('tokenize: leaves words of three letters and mixed words unstemmed', () => {
  assert.deepEqual(stems('yes mp3s naming2'), ['yes', 'mp3s', 'naming2'])
})

test('tokenize: drops halves of surrogate pairs and keeps whole ones', () => {
  assert.deepEqual(forms('a\ud800b \udc00 𠮷'), ['a', 'b', '𠮷'])
})

test('tokenize: the ASCII path and the path for all of Unicode find the same tokens', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
      // The last word is outside ASCII, so that the whole text takes the other path.
      assert.deepEqual([...tokenize(text), { form: 'ж', stem: 'ж' }], tokenize(`${text} ж`))
    }),
  )
})

test('tokenize: no token holds white space or an accent, and a stem never a star', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      for (const { form, stem } of tokenize(text)) {
        assert.match(form, /^[\p{L}\p{N}\p{M}]+(?:\+\+|#)?$/u)
        assert.doesNotMatch(form, /[\u0300-\u036f]/)
        assert.ok(!stem.includes('*') && stem.length > 0)
      }
    }),
  )
})

test('tokenize: its forms are stable, tokenizing them again gives the same', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      for (const form of forms(text)) assert.deepEqual(forms(form), [form])
    }),
  )
})

test('tokenize: the longest words and the densest texts allowed cost milliseconds', async () => {
  const hostile = ['a', 'y', 'ab', 'yx', 'ation', 'a+', '数', 'ﷺ', 'a\u05b0', 'a\u0323\u0301\u0315', '\u0f73']
  const { ms } = await timeAwake(() => {
    for (const part of hostile) tokenize(part.repeat(Math.ceil(4_000 / part.length)))
  })
  assert.ok(ms < 500, `${ms} ms`)
})

test('createTokenizer: finds what tokenize finds, with a memory that is too small too', () => {
  const tokenizeText = createTokenizer(2)
  fc.assert(fc.property(anyText, (text) => assert.deepEqual(tokenizeText(text), tokenize(text))))
  const words = 'translating databases agreed translating registries databases'
  assert.deepEqual(tokenizeText(words), tokenize(words))
})

test('normalizeText: normalizing twice changes nothing', () => {
  const isStable = (text: string) => normalizeText(normalizeText(text)) === normalizeText(text)
  fc.assert(fc.property(anyText, isStable))
  for (let code = 0; code <= 0x1ffff; code += 1) {
    const character = String.fromCodePoint(code)
    if (!isStable(character)) assert.fail(`U+${code.toString(16)} changes again`)
  }
})

test('normalizeText: the composition of the input does not matter', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      assert.equal(normalizeText(text.normalize('NFD')), normalizeText(text.normalize('NFC')))
    }),
  )
})

test('mayBegin: no beginning of a word is held unlike the stem of the word', () => {
  const beginnings = 'a be re tr ss sk ie hop fall sens conflat vil abl iz yy univers happ agre tt'.split(' ')
  const endings = [
    ...'s es ies ed eed ing y e ll ational tional ency ancy enci izer bly ably alli ally ently ely ously'.split(
      ' ',
    ),
    ...'ization ation ator alism iveness fulness ousness ality ivity bility biliti logi logy icate'.split(
      ' ',
    ),
    ...'ative alize icity iciti ical ful ness al ance ence er ic able ible ant ement ment ent ion'.split(' '),
    ...'ou ism ate iti ous ive ize ssed tted bled'.split(' '),
  ]
  const words = beginnings.flatMap((beginning) =>
    endings.flatMap((first) => ['', ...endings].map((second) => `${beginning}${first}${second}`)),
  )
  for (const word of [...words, 'c++', 'naïve', '数据', 'x1y2']) {
    for (const { form, stem } of tokenize(word)) {
      for (let length = 1; length <= form.length; length += 1) {
        assert.ok(
          mayBegin(form.slice(0, length), stem),
          `${form.slice(0, length)} begins ${form}, or ${stem}`,
        )
      }
    }
  }
  assert.equal(mayBegin('trans', 'train'), false)
})

test('parseQuery: keeps each stem once, in the order of first sight', () => {
  assert.deepEqual(parseQuery('databases sql database ').terms, ['databas', 'sql'])
})

test('parseQuery: the last word is a prefix in the form typed, not its stem', () => {
  assert.deepEqual(parseQuery('my Databases'), { terms: ['my', 'databas'], prefix: 'databases' })
})

test('parseQuery: white space of any kind at the end completes the last word', () => {
  for (const space of [' ', '\t', '\n', '\u00a0', '\u3000', '\u0085']) {
    assert.equal(parseQuery(`nlp${space}`).prefix, null)
  }
  assert.equal(parseQuery('nlp.').prefix, 'nlp')
})

test('parseQuery: a last word of one character is no prefix, whatever its length in UTF-16', () => {
  assert.equal(parseQuery('sql c').prefix, null)
  assert.equal(parseQuery('𠮷').prefix, null)
  assert.equal(parseQuery('𠮷野').prefix, '𠮷野')
  assert.equal(parseQuery('数据库').prefix, '据库')
})

test('parseQuery: a text without words asks for nothing', () => {
  assert.deepEqual(parseQuery(''), { terms: [], prefix: null })
  assert.deepEqual(parseQuery(' … '), { terms: [], prefix: null })
})
