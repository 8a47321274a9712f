import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { countStatistics } from './exact-search.ts'
import type { Statistics } from './score.ts'
import { idf, scoreTerms } from './score.ts'
import type { Contributor } from './statistics.ts'
import {
  boundStatistics,
  contradicts,
  isSound,
  listKeys,
  parseSearchStats,
  poolStatistics,
  sumStatistics,
} from './statistics.ts'
import { parseQuery } from './tokenize.ts'

const query = parseQuery('nlp age')
const honestWire = {
  scoring: 'bm25-1',
  documents: 1234,
  document_frequency: { nlp: 210, ag: 1, age: 12, 'age*': 431 },
  estimated: false,
}

const claim = (documents: number, frequencies: Readonly<Record<string, number>> = {}): Statistics => ({
  documents,
  documentFrequency: new Map(Object.entries(frequencies)),
})
const peer = (id: string, statistics: Statistics | null, isSizeConfirmed = false): Contributor => ({
  id,
  statistics,
  isSizeConfirmed,
})
const soundClaim = fc
  .tuple(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([documents, share]) => claim(documents, { nlp: Math.floor(documents * share) }))

function recordNamed(name: string) {
  const record = { name, description: '', agentType: '', tags: [], providerOrganization: null, skills: [] }
  return { did: `did:${name}`, impacts: scoreTerms(record) }
}

test('parseSearchStats: reads the terms of the query and leaves out what was not asked', () => {
  assert.deepEqual(parseSearchStats(honestWire, query), {
    scoring: 'bm25-1',
    documents: 1234,
    documentFrequency: new Map([
      ['nlp', 210],
      ['age', 12],
      ['age*', 431],
    ]),
    estimated: false,
  })
})

test('parseSearchStats: takes figures without `estimated` as exact', () => {
  const { estimated: _, ...wire } = honestWire
  assert.equal(parseSearchStats(wire, query)?.estimated, false)
  assert.equal(parseSearchStats({ ...wire, estimated: true }, query)?.estimated, true)
})

test('parseSearchStats: refuses another rule, other shapes and missing terms', () => {
  const frequencies = honestWire.document_frequency
  const { 'age*': _, ...withoutPseudoTerm } = frequencies
  const refused: unknown[] = [
    undefined,
    null,
    'bm25-1',
    [],
    {},
    { ...honestWire, scoring: 'bm25-2' },
    { ...honestWire, documents: '1234' },
    { ...honestWire, estimated: 'no' },
    { ...honestWire, document_frequency: [210, 12, 431] },
    { ...honestWire, document_frequency: null },
    { ...honestWire, document_frequency: withoutPseudoTerm },
    { ...honestWire, document_frequency: { ...frequencies, nlp: null } },
  ]
  for (const wire of refused) assert.equal(parseSearchStats(wire, query), undefined, JSON.stringify(wire))
})

test('parseSearchStats: refuses figures that cannot be true', () => {
  const impossible = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1e300, -0.1]
  for (const figure of impossible) {
    assert.equal(parseSearchStats({ ...honestWire, documents: figure }, query), undefined, `${figure}`)
    const document_frequency = { ...honestWire.document_frequency, nlp: figure }
    assert.equal(parseSearchStats({ ...honestWire, document_frequency }, query), undefined, `${figure}`)
  }
  const document_frequency = { ...honestWire.document_frequency, 'age*': 1235 }
  assert.equal(parseSearchStats({ ...honestWire, document_frequency }, query), undefined)
})

test('parseSearchStats: a word that names a property of every object is not found there', () => {
  assert.equal(
    parseSearchStats({ ...honestWire, document_frequency: {} }, parseQuery('constructor ')),
    undefined,
  )
})

test('listKeys: terms first, then the unfinished word with its star', () => {
  assert.deepEqual(listKeys(query), ['nlp', 'age', 'age*'])
  assert.deepEqual(listKeys(parseQuery('nlp ')), ['nlp'])
})

test('contradicts: never an honest registry, whichever of its records it sends', () => {
  const names = fc.array(fc.constantFrom('translating', 'translates', 'translated sql', 'sql', 'transit'))
  const asked = fc.constantFrom('sql ', 'translati', 'tran', 'sql translates').map(parseQuery)
  fc.assert(
    fc.property(names, asked, fc.nat({ max: 10 }), (held, search, sent) => {
      const records = held.map(recordNamed)
      assert.equal(contradicts(countStatistics(records, search), records.slice(0, sent)), false)
    }),
  )
})

test('contradicts: a registry that hides how common its own words are', () => {
  const sent = ['nlp agent', 'nlp agents', 'nlp'].map(recordNamed)
  const honest = { nlp: 3, age: 0, 'age*': 2 }
  assert.equal(contradicts(claim(3, honest), sent), false)
  assert.equal(contradicts(claim(2, { nlp: 2, age: 0, 'age*': 2 }), sent), true)
  assert.equal(contradicts(claim(900, { ...honest, nlp: 2 }), sent), true)
  assert.equal(contradicts(claim(900, { ...honest, 'age*': 1 }), sent), true)
})

test('contradicts: estimates may be five per cent too low, no more', () => {
  const sent = Array.from({ length: 100 }, (_, place) => recordNamed(`nlp ${place}`))
  assert.equal(contradicts(claim(5000, { nlp: 95 }), sent, { isEstimated: true }), false)
  assert.equal(contradicts(claim(5000, { nlp: 94 }), sent, { isEstimated: true }), true)
  assert.equal(contradicts(claim(5000, { nlp: 99 }), sent), true)
})

test('isSound: exactly when every figure is a count and no term exceeds the documents', () => {
  fc.assert(fc.property(soundClaim, isSound))
  assert.equal(isSound(claim(3, { nlp: 4 })), false)
  assert.equal(isSound(claim(Number.NaN)), false)
  assert.equal(isSound(claim(3, { nlp: -1 })), false)
})

test('boundStatistics: one liar counts at most as much as all others, in the proportions it claimed', () => {
  const honest = [peer('a', claim(6_000, { nlp: 60 })), peer('b', claim(4_000, { nlp: 40 }))]
  const liar = peer('liar', claim(1e12, { nlp: 5e11 }))
  assert.deepEqual(boundStatistics([...honest, liar]), [
    claim(6_000, { nlp: 60 }),
    claim(4_000, { nlp: 40 }),
    claim(10_000, { nlp: 5_000 }),
  ])
})

test('boundStatistics: leaves up to 1,000 records alone, whatever the others have', () => {
  const others = peer('a', claim(3))
  assert.deepEqual(
    boundStatistics([others, peer('b', claim(1_000, { nlp: 7 }))])[1],
    claim(1_000, { nlp: 7 }),
  )
  assert.deepEqual(
    boundStatistics([others, peer('b', claim(4_000, { nlp: 8 }))])[1],
    claim(1_000, { nlp: 2 }),
  )
})

test('boundStatistics: leaves a lone contributor and a confirmed one alone', () => {
  const huge = claim(5_000_000, { nlp: 9 })
  assert.deepEqual(boundStatistics([peer('a', huge)]), [huge])
  assert.deepEqual(boundStatistics([peer('a', huge), peer('b', null)]), [huge])
  assert.deepEqual(boundStatistics([peer('a', huge, true), peer('b', claim(10))])[0], huge)
})

test('boundStatistics: two contributors with one and the same claim bound each other', () => {
  const same = claim(9_000)
  assert.deepEqual(boundStatistics([peer('a', same), peer('b', same)]), [same, same])
})

test('boundStatistics: bounds each claim by what all others have, whoever is confirmed', () => {
  const contributors = fc.array(fc.tuple(soundClaim, fc.boolean()), { maxLength: 6 })
  fc.assert(
    fc.property(contributors, (claims) => {
      const bounded = boundStatistics(claims.map(([one, isConfirmed], id) => peer(`${id}`, one, isConfirmed)))
      claims.forEach(([one, isConfirmed], place) => {
        const others = claims.reduce((sum, [other], at) => sum + (at === place ? 0 : other.documents), 0)
        const isFree = isConfirmed || claims.length === 1
        const most = isFree ? Number.POSITIVE_INFINITY : Math.max(1_000, others)
        assert.ok(Math.abs((bounded[place]?.documents ?? 0) - Math.min(one.documents, most)) < 1e-3)
      })
    }),
  )
})

test('boundStatistics: nobody ends up larger than all others together, and no term than its registry', () => {
  fc.assert(
    fc.property(fc.array(soundClaim, { minLength: 2, maxLength: 6 }), (claims) => {
      const bounded = boundStatistics(claims.map((statistics, place) => peer(`${place}`, statistics)))
      const total = sumStatistics(bounded).documents
      for (const { documents, documentFrequency } of bounded) {
        assert.ok(documents <= Math.max(1_000, total - documents) * (1 + 1e-12))
        assert.ok((documentFrequency.get('nlp') ?? 0) <= documents)
      }
    }),
  )
})

test('poolStatistics: an unsound claim counts nothing, even from a confirmed registry', () => {
  const honest = claim(50, { nlp: 5 })
  for (const lie of [
    claim(10, { nlp: 11 }),
    claim(Number.POSITIVE_INFINITY),
    claim(9, { nlp: Number.NaN }),
  ]) {
    assert.deepEqual(poolStatistics([peer('liar', lie, true), peer('a', honest)]), honest)
  }
})

test('poolStatistics: a liar among honest registries moves the weight of a word by a bounded factor', () => {
  const local = claim(7_000, { nlp: 70 })
  const honest = [peer('a', claim(3_000, { nlp: 30 }))]
  const weigh = ({ documents, documentFrequency }: Statistics) =>
    idf(documents, documentFrequency.get('nlp') ?? 0)
  const truth = weigh(poolStatistics(honest, local))
  for (const lie of [claim(2 ** 53 - 1, { nlp: 0 }), claim(2 ** 53 - 1, { nlp: 2 ** 53 - 1 })]) {
    const weight = weigh(poolStatistics([...honest, peer('liar', lie)], local))
    // Twice the records: a word can look at most half as common, or as if every second record held it.
    assert.ok(weight <= truth + Math.log(2) + 0.01)
    assert.ok(weight >= Math.log(2 * 0.98))
  }
})

test('poolStatistics: this registry counts in full and bounds the peers', () => {
  const local = claim(200_000, { nlp: 9 })
  assert.deepEqual(poolStatistics([peer('a', claim(10, { nlp: 1 }))], local), claim(200_010, { nlp: 10 }))
  const bounded = poolStatistics([peer('a', claim(800_000, { nlp: 40 }))], local)
  assert.deepEqual(bounded, claim(400_000, { nlp: 19 }))
})

test('poolStatistics: has the same bits in whatever order the peers answered', () => {
  fc.assert(
    fc.property(fc.array(soundClaim, { maxLength: 6 }), soundClaim, (claims, local) => {
      const peers = claims.map((statistics, place) => peer(`${place}`, statistics))
      assert.deepEqual(poolStatistics(peers.toReversed(), local), poolStatistics(peers, local))
    }),
  )
})

test('poolStatistics: says 0 records when nobody contributed', () => {
  assert.deepEqual(poolStatistics([peer('a', null)]), claim(0))
})

test('sumStatistics: adds documents and every term, in any grouping', () => {
  assert.deepEqual(
    sumStatistics([claim(3, { nlp: 1, age: 2 }), claim(5, { age: 1 })]),
    claim(8, { nlp: 1, age: 3 }),
  )
  fc.assert(
    fc.property(soundClaim, soundClaim, soundClaim, (a, b, c) => {
      assert.deepEqual(sumStatistics([a, sumStatistics([b, c])]), sumStatistics([sumStatistics([a, b]), c]))
    }),
  )
})
