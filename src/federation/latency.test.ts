import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LatencyHistogram } from './latency.ts'

const MINUTE_MS = 60_000

function recordTimes(histogram: LatencyHistogram, times: number, durationMs: number, now: number): void {
  for (let time = 0; time < times; time += 1) histogram.record(durationMs, now)
}

test('without answers there is nothing to tell', () => {
  const histogram = new LatencyHistogram(0)
  assert.equal(histogram.samples, 0)
  assert.equal(histogram.quantile(0.95), 0)
})

test('a quantile is never too short, and too long by a fifth at most', () => {
  const durations = fc.array(fc.double({ min: 1, max: 60_000, noNaN: true }), {
    minLength: 1,
    maxLength: 200,
  })
  const shares = fc.double({ min: 0.01, max: 0.99, noNaN: true })
  fc.assert(
    fc.property(durations, shares, (given, share) => {
      const histogram = new LatencyHistogram(0)
      for (const duration of given) histogram.record(duration, 0)
      const exact = given.toSorted((a, b) => a - b)[Math.ceil(share * given.length) - 1] ?? 0
      const told = histogram.quantile(share)
      assert.ok(told >= exact * (1 - 1e-9), `${told} for ${exact}`)
      assert.ok(told <= exact * 1.2, `${told} for ${exact}`)
    }),
  )
})

test('times beyond the scale count as its ends', () => {
  const histogram = new LatencyHistogram(0)
  histogram.record(0, 0)
  assert.equal(histogram.quantile(0.5), 1)
  recordTimes(histogram, 3, 3_600_000, 0)
  assert.ok(Math.abs(histogram.quantile(0.5) - 60_000) < 1)
})

test('the past fades: what was twice as often five minutes ago weighs as much as what is new', () => {
  const histogram = new LatencyHistogram(0)
  recordTimes(histogram, 200, 1_000, 0)
  recordTimes(histogram, 99, 10, 5 * MINUTE_MS)
  assert.ok(histogram.quantile(0.5) >= 1_000)
  recordTimes(histogram, 2, 10, 5 * MINUTE_MS)
  assert.ok(histogram.quantile(0.5) < 12)
  assert.equal(histogram.samples, 301)
})

test('a peer that has become fast is known as fast within the hour, slow as it was for long', () => {
  const histogram = new LatencyHistogram(0)
  recordTimes(histogram, 1_000, 2_000, 0)
  for (let minute = 1; minute <= 45; minute += 1) recordTimes(histogram, 20, 50, minute * MINUTE_MS)
  assert.ok(histogram.quantile(0.95) < 60)
})

test('answers count in a row until a silence after which all before weigh less than one', () => {
  const histogram = new LatencyHistogram(0)
  recordTimes(histogram, 20, 50, 0)
  histogram.record(50, 20 * MINUTE_MS) // 20 have become 1.25
  assert.equal(histogram.samplesInARow, 21)
  histogram.record(50, 30 * MINUTE_MS) // 2.25 have become 0.56
  assert.deepEqual([histogram.samplesInARow, histogram.samples], [1, 22])
})

test('a peer that answers every five minutes, or many times in one, does so in a row from the first time on', () => {
  for (const everyMs of [5 * MINUTE_MS, MINUTE_MS, 5_000, 4_999, 1_000]) {
    const histogram = new LatencyHistogram(0)
    for (let time = 0; time < 1_000; time += 1) histogram.record(50, time * everyMs)
    assert.equal(histogram.samplesInARow, 1_000, `every ${everyMs} ms`)
  }
})
