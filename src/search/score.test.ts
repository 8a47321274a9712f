import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ScorableRecord } from './score.ts'
import { compareRanked, createScorer, idf, pseudoTerm, scoreTerms } from './score.ts'
import { createTokenizer, parseQuery } from './tokenize.ts'

const EMPTY: ScorableRecord = {
  name: '',
  description: '',
  agentType: '',
  tags: [],
  providerOrganization: null,
  skills: [],
}

const words = fc
  .array(fc.constantFrom('data', 'databases', 'database', 'translating', 'c++', '数据库', 'sql'))
  .map((list) => list.join(' '))
const record: fc.Arbitrary<ScorableRecord> = fc.record({
  name: words,
  description: words,
  agentType: words,
  tags: fc.array(words, { maxLength: 3 }),
  providerOrganization: fc.option(words),
  skills: fc.array(fc.record({ name: words, description: words }), { maxLength: 3 }),
})

const impactOf = (of: Partial<ScorableRecord>, stem: string): number | undefined =>
  scoreTerms({ ...EMPTY, ...of }).find((term) => term.stem === stem)?.impact

test('scoreTerms: weighs the fields 3, 2 and 1 and counts their lengths once', () => {
  const impactOfFrequency = (frequency: number) => (frequency * 3) / (frequency + 2 * (0.25 + 0.75 / 25))
  assert.equal(impactOf({ name: 'nlp' }, 'nlp'), impactOfFrequency(3))
  assert.equal(impactOf({ tags: ['nlp'] }, 'nlp'), impactOfFrequency(2))
  assert.equal(impactOf({ agentType: 'nlp' }, 'nlp'), impactOfFrequency(2))
  assert.equal(impactOf({ providerOrganization: 'nlp' }, 'nlp'), impactOfFrequency(2))
  assert.equal(impactOf({ description: 'nlp' }, 'nlp'), impactOfFrequency(1))
  assert.equal(impactOf({ skills: [{ name: 'nlp', description: '' }] }, 'nlp'), impactOfFrequency(1))
  assert.equal(impactOf({ skills: [{ name: '', description: 'nlp' }] }, 'nlp'), impactOfFrequency(1))
})

test('scoreTerms: adds up a term over all fields and divides by the length of all of them', () => {
  // tf = 3 + 2 + 1 + 1 = 7; 7 tokens in all.
  const of = { name: 'NLP', tags: ['nlp', 'text'], description: 'nlp for you', skills: skill('NLP') }
  assert.equal(impactOf(of, 'nlp'), (7 * 3) / (7 + 2 * (0.25 + (0.75 * 7) / 25)))
})

test('scoreTerms: words of two fields never grow together', () => {
  assert.deepEqual(
    scoreTerms({ ...EMPTY, tags: ['数', '据'] }).map(({ stem }) => stem),
    ['据', '数'],
  )
})

test('scoreTerms: lists stems and their distinct forms in order of code units', () => {
  assert.deepEqual(
    scoreTerms({ ...EMPTY, name: 'ｚ 𠮷 databases Database databases' }).map(({ stem, forms }) => [
      stem,
      forms,
    ]),
    [
      ['databas', ['database', 'databases']],
      ['z', ['z']],
      ['𠮷', ['𠮷']],
    ],
  )
})

test('scoreTerms: an empty record has no terms', () => {
  assert.deepEqual(scoreTerms(EMPTY), [])
})

test('scoreTerms: impacts lie between 0 and 3, stems are sorted, a remembering tokenizer changes nothing', () => {
  const tokenizeText = createTokenizer()
  fc.assert(
    fc.property(record, (of) => {
      const impacts = scoreTerms(of)
      assert.ok(impacts.every(({ impact }) => impact > 0 && impact < 3))
      const stems = impacts.map(({ stem }) => stem)
      assert.deepEqual(stems, [...new Set(stems)].sort())
      assert.deepEqual(scoreTerms(of, tokenizeText), impacts)
    }),
  )
})

test('idf: is positive, falls with the frequency and takes a frequency out of range as the nearer end', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (documents, frequency) => {
      assert.ok(idf(documents, frequency) > 0)
      assert.ok(idf(documents, frequency) >= idf(documents, frequency + 1))
    }),
  )
  assert.equal(idf(10, 99), idf(10, 10))
  assert.equal(idf(10, -1), idf(10, 0))
  assert.equal(idf(1000, 10), Math.log(1 + 990.5 / 10.5))
})

test('createScorer: sums weight times impact over the terms, then adds 0.4 for the unfinished word', () => {
  const query = parseQuery('sql datab')
  const statistics = {
    documents: 100,
    documentFrequency: new Map([
      ['sql', 5],
      ['datab', 0],
      [pseudoTerm('datab'), 30],
    ]),
  }
  const impacts = scoreTerms({ ...EMPTY, name: 'Database', description: 'sql databases datable' })
  const impact = (stem: string) => impacts.find((term) => term.stem === stem)?.impact ?? Number.NaN
  const scorer = createScorer(query, statistics)
  assert.equal(scorer.termWeight('sql'), idf(100, 5))
  assert.equal(scorer.termWeight('other'), 0)
  assert.equal(scorer.prefixWeight, 0.4 * idf(100, 30))
  assert.equal(
    scorer.scoreImpacts(impacts),
    idf(100, 5) * impact('sql') + 0.4 * idf(100, 30) * impact('databas'),
  )
})

test('createScorer: the unfinished word is compared with forms, not with stems', () => {
  const score = (search: string, name: string) =>
    createScorer(parseQuery(search), { documents: 9, documentFrequency: new Map() }).scoreImpacts(
      scoreTerms({ ...EMPTY, name }),
    )
  // `translati` begins the form `translating` but not its stem `translat`.
  assert.ok(score('translati', 'translating') > 0)
  assert.equal(score('translati', 'translate'), 0)
})

test('createScorer: without prefix nothing is added, without match the score is 0', () => {
  const scorer = createScorer(parseQuery('data '), {
    documents: 9,
    documentFrequency: new Map([['data', 1]]),
  })
  assert.equal(scorer.prefixWeight, 0)
  assert.equal(scorer.scoreImpacts(scoreTerms({ ...EMPTY, name: 'datalog' })), 0)
  assert.equal(scorer.scoreImpacts([]), 0)
})

test('createScorer: a score has the same bits whatever was scored before and in which order stems come', () => {
  const query = parseQuery('sql translating 数据库 c++ databa')
  const statistics = { documents: 70, documentFrequency: new Map([['sql', 3]]) }
  const scorer = createScorer(query, statistics)
  fc.assert(
    fc.property(record, (of) => {
      const impacts = scoreTerms(of)
      const expected = createScorer(query, statistics).scoreImpacts(impacts)
      assert.equal(scorer.scoreImpacts(impacts), expected)
      assert.equal(scorer.scoreImpacts(impacts.toReversed()), expected)
    }),
  )
})

test('compareRanked: higher scores first, equal ones by DID in order of code units, not of a language', () => {
  const ranked = [
    { score: 1, did: 'did:web:é' },
    { score: 1, did: 'did:web:z' },
    { score: 2, did: 'did:web:x' },
    { score: 1, did: 'did:web:Z' },
  ].toSorted(compareRanked)
  assert.deepEqual(
    ranked.map(({ did }) => did),
    ['did:web:x', 'did:web:Z', 'did:web:z', 'did:web:é'],
  )
})

function skill(name: string): ScorableRecord['skills'] {
  return [{ name, description: '' }]
}
