import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { timeAwake } from '../../test/support/awake-time.ts'
import { scorableRecords } from '../../test/support/scorable-records.ts'
import { createScorer, type ScorableRecord, scoreTerms, type TermImpact } from './score.ts'
import { parseQuery } from './tokenize.ts'
import { createWordReader } from './words.ts'

const TEXTS = fc.array(
  fc.constantFrom('Translate', 'translator', 'data-base', 'C++', '数据库', 'naïve', 'to', 'a'),
  {
    maxLength: 6,
  },
)
const text = TEXTS.map((words) => words.join(' '))
const record = scorableRecords(text, ['a2a', 'mcp-server'])

function named(name: string): ScorableRecord {
  return { name, description: '', agentType: 'a2a', tags: [], providerOrganization: null, skills: [] }
}

const search = fc.constantFrom(
  'translate',
  'transl',
  'data ',
  'a2',
  'c++ to',
  '数据',
  'mcp server naive',
  'nothing',
)

test('property: a record in numbers scores exactly like the record, also by a reader that keeps nothing', () => {
  const readers = [createWordReader(), createWordReader(1)]
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), search, (records, searched) => {
      const query = parseQuery(searched)
      const scorer = createScorer(query, { documents: 100, documentFrequency: new Map([['translat', 7]]) })
      for (const reader of readers) {
        const relevantTerms = reader.relevantTo(query)
        for (const one of records) {
          const score = scorer.scoreImpacts(relevantTerms(reader.read(one)))
          assert.equal(score, scorer.scoreImpacts(scoreTerms(one)))
        }
      }
    }),
    { numRuns: 300 },
  )
})

test('a record of very many words that begin alike is counted like any other', () => {
  const words = Array.from({ length: 2_000 }, (_, place) => `sail${place % 700}`).join(' ')
  const one = { ...named('Sailing sails sailed'), description: words }
  const query = parseQuery('sail')
  const scorer = createScorer(query, { documents: 100, documentFrequency: new Map([['sail', 7]]) })
  const reader = createWordReader()
  const read = reader.read(one)
  assert.equal(scorer.scoreImpacts(reader.relevantTo(query)(read)), scorer.scoreImpacts(scoreTerms(one)))
  const byStem = (terms: readonly TermImpact[]) =>
    terms
      .map((term) => ({ ...term, forms: term.forms.toSorted() }))
      .sort((a, b) => (a.stem < b.stem ? -1 : 1))
  assert.deepEqual(byStem(reader.termsOf(read)), byStem(scoreTerms(one)))
})

test('a record of a hundred thousand words that begin alike, made to be slow, is a moment of work', async () => {
  const description = Array.from({ length: 100_000 }, (_, place) => `sail${place}x`).join(' ')
  const reader = createWordReader()
  const read = reader.read({ ...named('Sail'), description })
  const { value: found, ms } = await timeAwake(async () => reader.relevantTo(parseQuery('sail'))(read))
  assert.equal(found.length, 100_001)
  assert.ok(ms < 2_000, `${ms} ms; a look through all for each takes ten seconds`)
})

test('words read before the vocabulary was full are known as such', () => {
  const reader = createWordReader(3)
  const first = reader.read(named('one two three'))
  assert.equal(reader.isCurrent(first), true)
  const second = reader.read(named('four'))
  assert.equal(reader.isCurrent(first), false)
  assert.equal(reader.isCurrent(second), true)
  // A search that began before goes on with what is read anew.
  const relevantTerms = reader.relevantTo(parseQuery('two four '))
  assert.deepEqual(
    relevantTerms(second).map(({ stem }) => stem),
    ['four'],
  )
  assert.throws(() => relevantTerms(first), /given up/)
})

test('few long words fill the vocabulary, too', () => {
  const reader = createWordReader(100)
  const first = reader.read(named('a'.repeat(1_000)))
  reader.read(named('b'.repeat(1_000)))
  assert.equal(reader.isCurrent(first), true)
  reader.read(named('c'))
  assert.equal(reader.isCurrent(first), false)
})
