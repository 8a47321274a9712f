import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { scorableRecords } from '../../test/support/scorable-records.ts'
import { countStatistics } from './exact-search.ts'
import { createImpactReader, scoreTerms, type TermImpact, zeros } from './score.ts'
import { createTermIndex, type TermIndex } from './term-index.ts'
import { parseQuery } from './tokenize.ts'
import { createWordReader } from './words.ts'

const WORDS = ['happy', 'happiness', 'eyed', 'eye', 'translation', 'translates', 'ties', '数据库', 'c++', 'a']
const SEARCHES = ['happy', 'translati', 'ey eyed', 'ti', '数据', 'c++ ', 'a tie', 'nothing ', 'happy tr']

const texts = fc.array(fc.constantFrom(...WORDS), { maxLength: 5 }).map((words) => words.join(' '))
const record = scorableRecords(texts, ['a2a', 'translation'])

function indexed(records: readonly (readonly TermImpact[])[]): TermIndex {
  const index = createTermIndex()
  for (const terms of records) index.add(terms)
  return index
}

test('property: the index tells of the records that count what going through them tells, whoever read their words', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(record, fc.boolean()), { maxLength: 6 }),
      fc.constantFrom(...SEARCHES),
      (records, search) => {
        const query = parseQuery(search)
        const reader = createWordReader()
        const ofText = indexed(records.map(([one]) => scoreTerms(one)))
        const ofWords = indexed(records.map(([one]) => reader.termsOf(reader.read(one))))
        const isCounted = (place: number): boolean => records[place]?.[1] === true
        const impacts = createImpactReader(query)
        const rows = zeros(records.length * impacts.width)
        records.forEach(([one, counts], row) => {
          if (counts) impacts.read(scoreTerms(one), rows, row)
        })
        const counted = records.filter(([, counts]) => counts)
        const statistics = countStatistics(
          counted.map(([one], place) => ({ did: `${place}`, impacts: scoreTerms(one) })),
          query,
        )
        assert.deepEqual(ofText.lookUp(query, isCounted), { rows, statistics })
        assert.deepEqual(ofWords.lookUp(query, isCounted), { rows, statistics })
      },
    ),
    { numRuns: 300 },
  )
})
