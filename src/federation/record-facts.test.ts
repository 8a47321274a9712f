import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeAgent } from '../../test/support/federation.ts'
import { countStatistics } from '../search/exact-search.ts'
import { createScorer, scoreTerms } from '../search/score.ts'
import { contradicts } from '../search/statistics.ts'
import { parseQuery } from '../search/tokenize.ts'
import { createRecordFacts, scorable } from './record-facts.ts'

const WORDS = [
  'happy',
  'happiness',
  'eyed',
  'eye',
  'translation',
  'translates',
  'tie',
  'ties',
  '数据库',
  'c++',
  'a',
]
const SEARCHES = ['happy', 'translati', 'ey eyed', 'ti', '数据', 'c++ ', 'a tie', 'nothing ']

test('property: what is kept of a record scores and counts like all of it', () => {
  const names = fc.array(fc.subarray(WORDS, { minLength: 1 }), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(names, fc.constantFrom(...SEARCHES), (words, search) => {
      const agents = words.map((name, index) => makeAgent(`${index}`, { name: name.join(' ') }))
      const impactsOf = createRecordFacts().impactsFor(search)
      const query = parseQuery(search)
      const kept = agents.map((agent) => ({ did: agent.did, impacts: impactsOf(agent) }))
      const whole = agents.map((agent) => ({ did: agent.did, impacts: scoreTerms(scorable(agent)) }))
      const statistics = countStatistics(whole, query)
      assert.deepEqual(countStatistics(kept, query), statistics)
      assert.equal(contradicts(statistics, kept), false)
      const scorer = createScorer(query, statistics)
      for (const [index, { impacts }] of whole.entries()) {
        assert.equal(scorer.scoreImpacts(kept[index]?.impacts ?? []), scorer.scoreImpacts(impacts))
      }
    }),
    { numRuns: 200 },
  )
})

test('a record is worked out once a search, and anew for another', () => {
  const memory = createRecordFacts()
  const agent = makeAgent('translate weather')
  const impactsOf = memory.impactsFor('weather ')
  assert.equal(impactsOf(agent), impactsOf(agent))
  assert.deepEqual(
    memory
      .impactsFor('translate ')(agent)
      .map(({ stem }) => stem),
    ['translat'],
  )
})

test('a record whose text was cleaned is scored by the words its registry counted', () => {
  const memory = createRecordFacts()
  const agent = makeAgent('translate')
  memory.keep(agent, { ...scorable(agent), name: 'trans\u200blate' })
  assert.deepEqual(memory.impactsFor('translate ')(agent), [])
})

test('an answer is looked through once for its search, and scores its records as the rule does', () => {
  const agents = ['weather', 'weather maps and more', 'something else'].map((name) =>
    makeAgent('a', { name }),
  )
  const statistics = {
    documents: 10,
    documentFrequency: new Map([
      ['weather', 2],
      ['ma*', 1],
    ]),
    isEstimated: false,
  }
  const rest = { hasMore: false, nextCursor: null, droppedRecords: 0, fetchedAt: 0 }
  const answer = { agents, statistics, ...rest }
  const facts = createRecordFacts()
  const known = facts.answersFor('weather ma')(answer)
  assert.equal(facts.answersFor('weather ma')(answer), known)
  assert.notEqual(facts.answersFor('weather ')(answer), known)
  assert.equal(known.statistics, statistics)

  const scorer = createScorer(parseQuery('weather ma'), statistics)
  assert.deepEqual(
    agents.map((_, row) => scorer.scoreRow(known.impacts, row)),
    agents.map((agent) => scorer.scoreImpacts(scoreTerms(scorable(agent)))),
  )
  const liar = { ...answer, statistics: { ...statistics, documents: 2 } }
  assert.equal(facts.answersFor('weather ma')(liar).statistics, null, 'fewer records than it sent')
})
