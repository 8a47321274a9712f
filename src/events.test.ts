import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from './events/metrics.ts'
import { createEvents, createLogger, describeError } from './events.ts'
import { mintToken } from './security/tokens.ts'

function captured(): { readonly lines: string[]; readonly events: ReturnType<typeof createEvents> } {
  const lines: string[] = []
  const log = createLogger('debug', { write: (line) => void lines.push(line) })
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

test('a served request is logged by its route, not by what was searched for', () => {
  const { lines, events } = captured()
  events.requestServed({
    ...{
      requestId: 'r',
      method: 'GET',
      route: '/api/v1/agents',
      status: 200,
      durationMs: 1.26,
      bodyBytes: 2,
      principal: 'anonymous',
      peerName: null,
    },
  })
  const line: unknown = JSON.parse(lines[0] ?? '')
  assert.ok(typeof line === 'object' && line !== null && 'durationMs' in line && 'level' in line)
  assert.equal(line.durationMs, 1.3)
  assert.equal(line.level, 'info')
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
