import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseQuery } from '../search/tokenize.ts'
import { statisticsFromPeer, statisticsToWire } from './search-stats.ts'

const QUERY = parseQuery('nlp age')
const WIRE = {
  scoring: 'bm25-1',
  documents: 1234,
  document_frequency: { nlp: 210, age: 12, 'age*': 431 },
  estimated: false,
}

test('statistics survive the way from the wire and back, asked terms only', () => {
  const read = statisticsFromPeer(
    { ...WIRE, document_frequency: { ...WIRE.document_frequency, other: 5 } },
    QUERY,
  )
  assert.ok(read !== null)
  assert.deepEqual(statisticsToWire(read), WIRE)
})

test('impossible figures are no statistics', () => {
  for (const change of [
    { documents: -1 },
    { documents: 1.5 },
    { documents: '1234' },
    { documents: Number.POSITIVE_INFINITY },
    { documents: 100 },
    { document_frequency: { nlp: 210, age: 12 } },
    { document_frequency: { nlp: 210, age: Number.NaN, 'age*': 431 } },
    { document_frequency: [] },
    { scoring: 'other' },
    { estimated: 'yes' },
  ]) {
    assert.equal(statisticsFromPeer({ ...WIRE, ...change }, QUERY), null, JSON.stringify(change))
  }
  for (const value of [undefined, null, 3, []]) assert.equal(statisticsFromPeer(value, QUERY), null)
})
