import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mintTraceId } from './domain/trace-context.ts'
import { createMetrics } from './events/metrics.ts'
import { createEvents, createLog, describeError } from './events.ts'
import { mintToken } from './security/tokens.ts'

function captured(): { readonly lines: string[]; readonly events: ReturnType<typeof createEvents> } {
  const lines: string[] = []
  const log = createLog('debug', { write: (line) => void lines.push(line) })
  return { lines, events: createEvents(log, createMetrics().events) }
}

test('secrets in errors and their causes never reach the log', () => {
  const { lines, events } = captured()
  const token = mintToken('avf')
  const cause = new Error(`postgres://user:hunter2@db.example refused Bearer ${token}`)
  events.requestFailed(new Error(`failed for ${token}`, { cause }), 'r1')
  const [line = ''] = lines
  assert.match(line, /"requestId":"r1"/)
  assert.doesNotMatch(line, /hunter2/)
  assert.ok(!line.includes(token))
})

test('a chain of causes without end is cut', () => {
  const error = new Error('round')
  error.cause = error
  assert.ok(JSON.stringify(describeError(error)).length < 100_000)
})

const SERVED = {
  ...{
    requestId: '01997b2c-6f3a-7d51-9c0e-4b6f1d2a8e77',
    method: 'GET',
    route: '/api/v1/agents',
    status: 200,
  },
  ...{
    durationMs: 1.26,
    bodyBytes: 2,
    principal: 'key:01997b2c-6f3a-7d51-9c0e-4b6f1d2a8e77',
    peerName: null,
    traceParent: null,
  },
} as const

test('a served request is logged by its route, not by what was searched for', () => {
  const { lines, events } = captured()
  events.requestServed(SERVED)
  events.requestServed({ ...SERVED, route: null, status: 404 })
  const [first, second] = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
  const { time, ...rest } = first ?? {}
  const { peerName: _, bodyBytes: __, traceParent: ___, ...logged } = SERVED
  assert.deepEqual(rest, { level: 'info', ...logged, durationMs: 1.3, msg: 'request served' })
  assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 5_000)
  assert.deepEqual([second?.route, second?.status], [null, 404])
})

test('the trace a request belongs to is logged with it, where there is one', () => {
  const { lines, events } = captured()
  const traceId = mintTraceId()
  events.requestServed({ ...SERVED, traceParent: { traceId, spanId: 'b7ad6b7169203331', isSampled: false } })
  events.requestServed(SERVED)
  const [traced, plain] = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
  assert.equal(traced?.trace_id, traceId)
  assert.equal('trace_id' in (plain ?? {}), false)
})

test('every line has the same members first, whoever writes it, and ends', () => {
  const { lines, events } = captured()
  events.requestServed(SERVED)
  events.rateLimited('key', SERVED.requestId)
  for (const line of lines) assert.match(line, /^\{"level":"info","time":"[-0-9T:.]+Z",[^\n]*"\}\n$/)
})

test('requests are not logged where warnings are wanted only', () => {
  const lines: string[] = []
  const log = createLog('warn', { write: (line) => void lines.push(line) })
  createEvents(log, createMetrics().events).requestServed(SERVED)
  assert.deepEqual(lines, [])
})

test('of Redis the log tells changes, and each kind of failure once until the next', () => {
  const { lines, events } = captured()
  const error = new Error('connect to redis://:hunter2@cache failed')
  events.sharingChanged({ kind: 'up' })
  for (let time = 0; time < 3; time += 1) {
    events.sharingFailed('put', 'full', new Error('OOM'))
    events.sharingFailed('get', 'timeout', new Error('late'))
    events.sharingFailed('connect', 'unreachable', error)
  }
  events.sharingChanged({ kind: 'down', fault: 'unreachable', error })
  events.sharingFailed('put', 'full', new Error('OOM'))
  const told = lines.map((line) => (JSON.parse(line) as { readonly msg: string }).msg)
  const failed = 'Redis failed; further failures like it are counted'
  assert.deepEqual(told, [
    'Redis answers',
    failed,
    failed,
    'Redis is down, each replica goes on alone',
    failed,
  ])
  assert.doesNotMatch(lines.join(''), /hunter2/)
})
