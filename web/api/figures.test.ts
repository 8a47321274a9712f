import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answeredOf, isFailed, judgedOf } from './figures.ts'

test('answeredOf: answers that only say that nothing changed are answers, too', () => {
  const outcomes = { answered: 4, unchanged: 3, timeout: 2, refused: 1 }
  const times = { p50_response_time_ms: 12, p95_response_time_ms: 40 }
  assert.equal(answeredOf({ queries: 10, outcomes, ...times }), 7)
})

test('judgedOf: what was called off here says nothing of a peer', () => {
  const times = { p50_response_time_ms: null, p95_response_time_ms: null }
  const outcomes = { answered: 4, timeout: 2, 'called-off': 4 }
  assert.equal(judgedOf({ queries: 10, outcomes, ...times }), 6)
  assert.deepEqual(['answered', 'timeout', 'called-off'].map(isFailed), [false, true, false])
})
