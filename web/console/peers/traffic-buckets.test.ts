import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bucketsOf } from './traffic-buckets.ts'

const UNTIL = Date.parse('2026-11-28T22:00:00Z')

test('bucketsOf: counts each question once, in its part of the time', () => {
  const queries = Array.from({ length: 120 }, (_, place) => ({
    created_at: new Date(UNTIL - place * 30_000 - 1).toISOString(),
    direction: place % 3 === 0 ? ('inbound' as const) : ('outbound' as const),
    outcome: place % 10 === 0 ? 'timeout' : 'answered',
  }))
  const buckets = bucketsOf(queries, { until: UNTIL, spanMs: 3_600_000 })
  const sum = (of: (bucket: (typeof buckets)[number]) => number): number =>
    buckets.reduce((total, bucket) => total + of(bucket), 0)
  assert.equal(buckets.length, 30)
  assert.deepEqual(
    [sum((one) => one.inbound), sum((one) => one.outbound), sum((one) => one.failed)],
    [40, 80, 12],
  )
  assert.equal(buckets.at(-1)?.at, UNTIL - 120_000)
})

test('bucketsOf: leaves out what is older, and answers that still hold are no failures', () => {
  const one = { direction: 'outbound' as const, outcome: 'unchanged' }
  const buckets = bucketsOf(
    [
      { ...one, created_at: new Date(UNTIL - 3_700_000).toISOString() },
      { ...one, created_at: new Date(UNTIL - 60_000).toISOString() },
    ],
    { until: UNTIL, spanMs: 3_600_000 },
  )
  assert.equal(
    buckets.reduce((total, bucket) => total + bucket.outbound, 0),
    1,
  )
  assert.equal(
    buckets.reduce((total, bucket) => total + bucket.failed, 0),
    0,
  )
})
