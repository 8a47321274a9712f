import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ageInWords, durationInWords, milliseconds, untilInWords } from './durations.ts'

test('durationInWords: counts whole units of the largest that fits', () => {
  assert.deepEqual([0.4, 1, 59.9, 60, 3_599, 3_600, 86_400, 200_000].map(durationInWords), [
    ...[
      'less than a second',
      '1 second',
      '59 seconds',
      '1 minute',
      '59 minutes',
      '1 hour',
      '1 day',
      '2 days',
    ],
  ])
})

test('ageInWords: calls the last seconds just now', () => {
  assert.deepEqual([0, 4.9, 5, 120].map(ageInWords), [
    'just now',
    'just now',
    '5 seconds ago',
    '2 minutes ago',
  ])
  assert.equal(untilInWords(30), 'in 30 seconds')
})

test('milliseconds: uses seconds from one second on', () => {
  assert.deepEqual([0.4, 41.2, 1_500].map(milliseconds), ['0 ms', '41 ms', '1.5 s'])
})
