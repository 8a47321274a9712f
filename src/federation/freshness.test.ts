import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeAgent } from '../../test/support/federation.ts'
import { freshnessOf, freshSeconds } from './freshness.ts'

const AGENTS = [makeAgent('a')]
const NOW = 1_000_000_000

/** What an answer of this age is good for, with a time to live of 300 s. */
function atAge(ageSeconds: number, answer = { agents: AGENTS, hasMore: false }, staleBefore?: number) {
  const fetchedAt = NOW - ageSeconds * 1_000
  return freshnessOf(
    { ...answer, fetchedAt },
    { now: NOW, ttlSeconds: 300, staleBefore: staleBefore ?? null },
  )
}

test('an answer is fresh for its time, then shown while the peer is asked, then a day for bad times', () => {
  assert.deepEqual(
    [0, 300].map((age) => atAge(age)),
    ['fresh', 'fresh'],
  )
  assert.deepEqual(
    [300.001, 900].map((age) => atAge(age)),
    ['revalidate', 'revalidate'],
  )
  assert.deepEqual(
    [900.001, 86_400].map((age) => atAge(age)),
    ['fallback', 'fallback'],
  )
  assert.equal(atAge(86_400.001), 'expired')
})

test('an empty answer is fresh for half a minute, unless there is more behind it', () => {
  const empty = { agents: [], hasMore: false }
  assert.deepEqual(
    [30, 30.001, 630, 630.001].map((age) => atAge(age, empty)),
    ['fresh', 'revalidate', 'revalidate', 'fallback'],
  )
  assert.equal(atAge(300, { agents: [], hasMore: true }), 'fresh')
  assert.equal(freshSeconds(empty, 10), 10, 'never longer than others')
})

test('what the peer has changed since is not fresh, however new', () => {
  const answer = { agents: AGENTS, hasMore: false }
  assert.equal(atAge(5, answer, NOW - 4_999), 'revalidate')
  assert.equal(atAge(5, answer, NOW - 5_000), 'fresh', 'fetched when the change was known already')
  assert.equal(atAge(1_000, answer, NOW), 'fallback')
})
