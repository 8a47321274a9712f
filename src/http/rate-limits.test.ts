import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SYSTEM_CLOCK } from '../clock.ts'
import type { OwnerId } from '../domain/agent.ts'
import type { KeyId, Principal } from '../domain/principal.ts'
import { createRateLimits } from './rate-limits.ts'
import { ANONYMOUS } from './request-state.ts'

const ALONE = { clock: SYSTEM_CLOCK, shared: null }
const LIMITS = { peer: 3, key: 2, anonymous: 1, authFailures: 2 }

function key(id: string): Principal {
  return { kind: 'key', keyId: id as KeyId, ownerId: 'o' as OwnerId, role: 'viewer', name: id }
}

test('the request beyond the limit is refused with the time to wait, and told what is left before', async () => {
  const limits = createRateLimits(LIMITS, ALONE)
  const first = await limits.spend(key('a'), '203.0.113.1')
  assert.equal(first.refusal, null)
  assert.equal(first.headers['ratelimit-policy'], '"key";q=2;w=60')
  assert.match(first.headers.ratelimit ?? '', /^"key";r=1;t=\d+$/)
  await limits.spend(key('a'), '203.0.113.1')
  const { refusal } = await limits.spend(key('a'), '203.0.113.1')
  assert.equal(refusal?.problem.status, 429)
  assert.match(refusal?.problem.headers['retry-after'] ?? '', /^[1-9]\d*$/)
})

test('one caller does not spend what another has left', async () => {
  const limits = createRateLimits(LIMITS, ALONE)
  for (let times = 0; times < 3; times += 1) await limits.spend(key('a'), '203.0.113.1')
  assert.equal((await limits.spend(key('b'), '203.0.113.1')).refusal, null)
  assert.equal((await limits.spend(ANONYMOUS, '203.0.113.1')).refusal, null)
  assert.equal((await limits.spend(ANONYMOUS, '203.0.113.2')).refusal, null)
  assert.notEqual((await limits.spend(ANONYMOUS, '203.0.113.2')).refusal, null)
})

test('an address that fails to authenticate too often is refused, others are not', async () => {
  const limits = createRateLimits(LIMITS, ALONE)
  await limits.noteAuthFailure('203.0.113.1')
  assert.equal((await limits.checkAuthFailures('203.0.113.1')).refusal, null)
  await limits.noteAuthFailure('203.0.113.1')
  assert.equal((await limits.checkAuthFailures('203.0.113.1')).refusal?.problem.status, 429)
  assert.equal((await limits.checkAuthFailures('203.0.113.2')).refusal, null)
})
