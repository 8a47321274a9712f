import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOW } from '../../test/support/federation.ts'
import type { FailureReason } from '../domain/discovery.ts'
import type { PeerHealth, PeerHealthStatus } from '../domain/peer.ts'
import { nextHealth, type Observation, overallStatus, UNKNOWN_HEALTH } from './health.ts'

const OK: Observation = {
  by: 'probe',
  probe: { kind: 'answered', responseTimeMs: 12, agentCount: 7, clockSkewSeconds: -2 },
}

function failing(reason: FailureReason): Observation {
  return {
    by: 'probe',
    probe: { kind: 'failed', reason, error: reason, responseTimeMs: null, clockSkewSeconds: null },
  }
}

function follow(seen: readonly Observation[], from: PeerHealth = UNKNOWN_HEALTH): PeerHealthStatus[] {
  let health = from
  return seen.map((one) => {
    health = nextHealth(health, one, { threshold: 3, now: NOW })
    return health.status
  })
}

test('a peer is healthy at once when nothing was known', () => {
  const health = nextHealth(UNKNOWN_HEALTH, OK, { threshold: 3, now: NOW })
  assert.deepEqual(health, {
    ...{
      status: 'healthy',
      consecutiveFailures: 0,
      consecutiveSuccesses: 1,
      responseTimeMs: 12,
      error: null,
    },
    ...{ lastCheckAt: NOW, agentCount: 7, clockSkewSeconds: -2 },
  })
})

test('a peer is degraded until the threshold, then down by the last cause', () => {
  const timeout = failing('timeout')
  assert.deepEqual(follow([OK, timeout, timeout, timeout, failing('unreachable'), failing('bad-response')]), [
    ...['healthy', 'degraded', 'degraded', 'timeout', 'unreachable', 'unhealthy'],
  ])
  assert.deepEqual(follow([failing('refused'), failing('blocked'), failing('refused')]).at(-1), 'error')
})

test('a peer that was down is healthy after two successes in a row, one that never was after one', () => {
  const down = [failing('timeout'), failing('timeout'), failing('timeout')]
  assert.deepEqual(follow([...down, OK, OK]).slice(3), ['degraded', 'healthy'])
  assert.deepEqual(follow([OK, failing('timeout'), OK]), ['healthy', 'degraded', 'healthy'])
})

test('a peer that falls back while recovering is down again, however often it flickers', () => {
  const down = [failing('timeout'), failing('timeout'), failing('timeout')]
  assert.deepEqual(follow([...down, OK, failing('unreachable'), OK, failing('timeout'), OK, OK]).slice(3), [
    ...['degraded', 'unreachable', 'degraded', 'timeout', 'degraded', 'healthy'],
  ])
})

test('what searches see counts, and takes no measurement away', () => {
  const healthy = nextHealth(UNKNOWN_HEALTH, OK, { threshold: 2, now: NOW })
  const seen: Observation = { by: 'search', failure: { reason: 'timeout', error: 'no answer' } }
  const once = nextHealth(healthy, seen, { threshold: 2, now: NOW + 1 })
  assert.deepEqual(once, {
    ...{
      ...healthy,
      status: 'degraded',
      consecutiveFailures: 1,
      consecutiveSuccesses: 0,
      error: 'no answer',
    },
  })
  assert.equal(nextHealth(once, seen, { threshold: 2, now: NOW + 2 }).status, 'timeout')
  assert.equal(
    nextHealth(once, { by: 'search', failure: null }, { threshold: 2, now: NOW }).status,
    'healthy',
  )
})

test('a peer that asks us to slow down is neither better nor worse', () => {
  assert.deepEqual(follow([OK, failing('rate-limited'), failing('rate-limited'), failing('rate-limited')]), [
    ...['healthy', 'healthy', 'healthy', 'healthy'],
  ])
  assert.deepEqual(follow([failing('rate-limited')]), ['unknown'])
})

test('one word for all: by active peers only', () => {
  const of = (...statuses: PeerHealthStatus[]) =>
    statuses.map((status) => ({ isActive: true, health: { status } }))
  const inactive = { isActive: false, health: { status: 'timeout' } } as const
  assert.equal(overallStatus(of('healthy'), false), 'disabled')
  assert.equal(overallStatus([inactive], true), 'healthy')
  assert.equal(overallStatus([...of('healthy', 'healthy'), inactive], true), 'healthy')
  assert.equal(overallStatus(of('unknown', 'unknown'), true), 'unknown')
  assert.equal(overallStatus(of('timeout', 'unhealthy'), true), 'unhealthy')
  assert.equal(overallStatus(of('unknown', 'error'), true), 'unhealthy')
  assert.equal(overallStatus(of('healthy', 'unreachable'), true), 'degraded')
  assert.equal(overallStatus(of('healthy', 'unknown'), true), 'degraded')
  assert.equal(overallStatus(of('degraded'), true), 'degraded')
})
