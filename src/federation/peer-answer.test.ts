import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeAgent, NOW } from '../../test/support/federation.ts'
import { answerOf } from './peer-answer.ts'
import { createRecordFacts } from './record-facts.ts'

const FACTS = createRecordFacts()
const [ONE, TWO] = [makeAgent('one'), makeAgent('two')]

function pageOf(agents: readonly (typeof ONE)[], count = 1) {
  return {
    kind: 'answered' as const,
    records: agents.map((agent) => ({ agent, received: null })),
    statistics: { documents: 9, documentFrequency: new Map([['one', count]]), isEstimated: false },
    ...{ hasMore: false, nextCursor: null, droppedRecords: 0 },
  }
}

test('answerOf: an answer that says what the last one said has its very lists, and its own time', () => {
  const rest = { search: 'one', facts: FACTS }
  const kept = answerOf(pageOf([ONE, TWO]), { ...rest, fetchedAt: NOW })
  const again = answerOf({ ...pageOf([ONE, TWO]), nextCursor: 'new' }, { ...rest, fetchedAt: NOW + 1, kept })
  assert.equal(again.agents, kept.agents)
  assert.equal(again.statistics, kept.statistics)
  assert.deepEqual([again.fetchedAt, again.nextCursor], [NOW + 1, 'new'])
  const factsOf = FACTS.answersFor('one')
  assert.equal(factsOf(again), factsOf(kept))
})

test('answerOf: other records, another order of them or other figures are another answer', () => {
  const rest = { search: 'one', facts: FACTS }
  const kept = answerOf(pageOf([ONE, TWO]), { ...rest, fetchedAt: NOW })
  for (const page of [
    pageOf([ONE]),
    pageOf([TWO, ONE]),
    pageOf([ONE, makeAgent('two')]),
    pageOf([ONE, TWO], 2),
  ]) {
    const other = answerOf(page, { ...rest, fetchedAt: NOW, kept })
    assert.notEqual(other.agents, kept.agents)
    assert.equal(other.statistics, page.statistics)
  }
  const silent = answerOf({ ...pageOf([ONE, TWO]), statistics: null }, { ...rest, fetchedAt: NOW, kept })
  assert.equal(silent.statistics, null)
})
