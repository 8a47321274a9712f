import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answeredOf } from './figures.ts'

test('answeredOf: answers that only say that nothing changed are answers, too', () => {
  const outcomes = { answered: 4, unchanged: 3, timeout: 2, refused: 1 }
  const times = { p50_response_time_ms: 12, p95_response_time_ms: 40 }
  assert.equal(answeredOf({ queries: 10, outcomes, ...times }), 7)
})
