import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { countStatistics, rankAll } from './exact-search.ts'
import { compareRanked, createScorer, scoreTerms } from './score.ts'
import { sumStatistics } from './statistics.ts'
import { parseQuery } from './tokenize.ts'

function recordNamed(name: string, did: string) {
  const record = { name, description: '', agentType: '', tags: [], providerOrganization: null, skills: [] }
  return { did, impacts: scoreTerms(record) }
}

const records = fc
  .array(fc.array(fc.constantFrom('data', 'databases', 'database', 'sql', 'c++', 'translated', 'translates')))
  .map((names) =>
    names.map((name, place) => recordNamed(name.join(' '), `did:web:r.example:agents:${place}`)),
  )
const query = fc.constantFrom('data', 'databas', 'sql translat', 'c++ ', 'zebra', '').map(parseQuery)

test('countStatistics: lists every term and the unfinished word, zeros included', () => {
  const held = [recordNamed('translating sql', 'did:1'), recordNamed('translated', 'did:2')]
  const { documents, documentFrequency } = countStatistics(held, parseQuery('sql zebra translati'))
  assert.equal(documents, 2)
  assert.deepEqual(
    [...documentFrequency],
    [
      ['sql', 1],
      ['zebra', 0],
      ['translati', 0],
      // One form begins so, its stem occurs in both records.
      ['translati*', 2],
    ],
  )
})

test('countStatistics: the unfinished word counts at most once for every record', () => {
  const held = [recordNamed('data database datalog', 'did:1')]
  assert.equal(countStatistics(held, parseQuery('dat')).documentFrequency.get('dat*'), 1)
})

test('rankAll: gives what scoring and sorting all matches gives', () => {
  fc.assert(
    fc.property(records, query, fc.nat({ max: 5 }), (held, asked, k) => {
      const statistics = countStatistics(held, asked)
      const { scoreImpacts } = createScorer(asked, statistics)
      const expected = held
        .map(({ did, impacts }) => ({ did, score: scoreImpacts(impacts) }))
        .filter(({ score }) => score > 0)
        .toSorted(compareRanked)
      assert.deepEqual(rankAll(held, asked, statistics, k), expected.slice(0, k))
    }),
  )
})

test('rankAll: split over two registries and merged, records rank as in one central index', () => {
  fc.assert(
    fc.property(records, query, fc.nat(), (held, asked, seed) => {
      const here = held.filter((_, place) => (place + seed) % 3 === 0)
      const there = held.filter((record) => !here.includes(record))
      const central = countStatistics(held, asked)
      const sum = sumStatistics([countStatistics(here, asked), countStatistics(there, asked)])
      assert.equal(sum.documents, central.documents)
      for (const term of asked.terms) {
        assert.equal(sum.documentFrequency.get(term), central.documentFrequency.get(term))
      }
      const merged = [...rankAll(here, asked, central, 99), ...rankAll(there, asked, central, 99)]
      assert.deepEqual(merged.toSorted(compareRanked), rankAll(held, asked, central, 99))
    }),
  )
})
