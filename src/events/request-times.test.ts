import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRequestTimes } from './request-times.ts'

const GET = { route: '/livez', method: 'GET', status: 200 } as const

test('buckets hold all that took no longer than their bound; sum and count hold all', () => {
  const times = createRequestTimes()
  for (const durationMs of [0.4, 1, 3, 7_000]) times.observe({ ...GET, durationMs })
  const text = times.render()
  const labels = 'route="/livez",method="GET",status="200"'
  for (const line of [
    '# TYPE http_request_duration_seconds histogram',
    `http_request_duration_seconds_bucket{le="0.001",${labels}} 2`,
    `http_request_duration_seconds_bucket{le="0.0025",${labels}} 2`,
    `http_request_duration_seconds_bucket{le="0.005",${labels}} 3`,
    `http_request_duration_seconds_bucket{le="5",${labels}} 3`,
    `http_request_duration_seconds_bucket{le="+Inf",${labels}} 4`,
    `http_request_duration_seconds_sum{${labels}} 7.0044`,
    `http_request_duration_seconds_count{${labels}} 4`,
  ]) {
    assert.ok(text.split('\n').includes(line), `${line}\nin\n${text}`)
  }
  assert.ok(text.endsWith('\n'))
})

test('each route, method and status is a series of its own', () => {
  const times = createRequestTimes()
  times.observe({ ...GET, durationMs: 1 })
  times.observe({ ...GET, durationMs: 1, status: 503 })
  times.observe({ ...GET, durationMs: 1, method: 'HEAD' })
  times.observe({ ...GET, durationMs: 1, route: null, method: 'BREW' })
  const counts = times
    .render()
    .split('\n')
    .filter((line) => line.includes('_count'))
  assert.equal(counts.length, 4)
  assert.ok(counts.every((line) => line.endsWith(' 1')))
  assert.ok(counts.some((line) => line.includes('{route="none",method="other",status="200"}')))
})

test('what is no time is not counted', () => {
  const times = createRequestTimes()
  assert.throws(() => times.observe({ ...GET, durationMs: Number.NaN }))
  assert.doesNotMatch(times.render(), /_count|NaN/)
})
