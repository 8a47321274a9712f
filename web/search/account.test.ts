import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completenessInWords, isWhole, lineInWords, progressInWords, totalInWords } from './account.ts'
import { NO_QUESTION } from './question.ts'
import { beginState, type RegistryLine } from './search-state.ts'

const NOW = Date.parse('2026-11-28T12:00:00Z')

const line = (row: Partial<RegistryLine>): RegistryLine => ({
  ...{ peer_id: 'p', name: 'Harbor', registry_url: 'https://h.example' },
  ...row,
})

test('lineInWords: tells a live answer from a kept one', () => {
  assert.equal(
    lineInWords(line({ outcome: 'answered', cache: 'miss', results: 25, duration_ms: 41, more: true }), NOW),
    'answered with 25 results and has more in 41 ms.',
  )
  assert.equal(
    lineInWords(line({ outcome: 'answered', cache: 'hit', results: 1, age_seconds: 12 }), NOW),
    'gave 1 result, from its answer of 12 seconds ago.',
  )
  assert.equal(
    lineInWords(line({ outcome: 'answered', cache: 'revalidating', results: 0, age_seconds: 400 }), NOW),
    'gave no results 6 minutes ago, and is being asked again.',
  )
})

test('lineInWords: has a sentence of its own for every outcome and reason', () => {
  const outcomes = ['stale', 'timeout', 'unreachable', 'refused', 'rate-limited', 'bad-response', 'blocked']
  const reasons = ['not-selected', 'breaker-open', 'budget']
  const sentences = [
    ...outcomes.map((outcome) => lineInWords(line({ outcome, results: 3, duration_ms: 1_500 }), NOW)),
    ...reasons.map((reason) => lineInWords(line({ outcome: 'skipped', reason }), NOW)),
    lineInWords(line({}), NOW),
  ]
  assert.equal(new Set(sentences).size, sentences.length)
  for (const sentence of sentences) assert.match(sentence, /^[a-z][^”]*\.$/)
})

test('lineInWords: says when a peer can be asked again', () => {
  const left = line({ outcome: 'skipped', reason: 'breaker-open', retry_at: '2026-11-28T12:00:30Z' })
  assert.equal(
    lineInWords(left, NOW),
    'was not asked: it has failed too often of late; it can be asked again in 30 seconds.',
  )
  assert.equal(lineInWords(left, NOW + 60_000), 'was not asked: it has failed too often of late.')
})

test('lineInWords: says what was left out and how the rest was ranked', () => {
  const sentence = lineInWords(
    line({
      outcome: 'answered',
      cache: 'miss',
      results: 2,
      duration_ms: 9,
      dropped_records: 3,
      scoring: 'pooled',
    }),
    NOW,
  )
  assert.match(sentence, /3 records were left out .* ranked by the others’\.$/)
})

const STATS = {
  ...{ queried_registries: 3, successful_queries: 2, failed_queries: 1, skipped_registries: 1 },
  ...{ total_federated_results: 27, cache_hits: 0, complete: false, duration_ms: 212 },
  peers: [
    { ...line({ name: 'A' }), outcome: 'answered' },
    { ...line({ name: 'B' }), outcome: 'timeout' },
    { ...line({ name: 'C' }), outcome: 'skipped' },
  ],
}

test('totalInWords: has the numbers of the API, and they add up', () => {
  assert.equal(
    totalInWords(STATS),
    'Of 4 peers, 2 answered, 1 failed, 1 was not asked. Together they gave 27 results, before copies of one agent were put together.',
  )
  const none = {
    ...STATS,
    queried_registries: 0,
    skipped_registries: 0,
    successful_queries: 0,
    failed_queries: 0,
  }
  assert.equal(totalInWords(none), 'This registry has no peers.')
})

test('completenessInWords: names who was not heard', () => {
  assert.equal(
    completenessInWords(STATS),
    'Not heard, so what they have now may be missing: \u2068B\u2069, \u2068C\u2069.',
  )
  assert.equal(completenessInWords({ ...STATS, complete: true }), 'Every peer answered.')
})

test('completenessInWords: whom the searcher left out is not told as silent', () => {
  const [answered, late] = STATS.peers
  assert.ok(answered !== undefined && late !== undefined)
  const leftOut = { ...line({ name: 'C' }), outcome: 'skipped', reason: 'not-selected' }
  const chosen = { ...STATS, peers: [answered, leftOut] }
  assert.equal(completenessInWords(chosen), 'Every peer that was chosen answered.')
  const silent = { ...STATS, peers: [answered, late, leftOut] }
  assert.match(completenessInWords(silent), /missing: \u2068B\u2069\.$/)
  const unasked = { ...STATS, peers: [answered, { ...leftOut, reason: 'breaker-open' }] }
  assert.deepEqual([chosen, silent, unasked].map(isWhole), [true, false, false])
})

test('completenessInWords: a name turns nothing of the sentence around it', () => {
  const stats = { ...STATS, peers: [{ ...line({ name: 'A\u202eB' }), outcome: 'timeout' }] }
  assert.match(completenessInWords(stats), /missing: \u2068A\ufffdB\u2069\.$/)
})

test('progressInWords: counts this registry, and beside those asked who was not', () => {
  const state = {
    ...beginState(NO_QUESTION, 0),
    ...{ phase: 'running' as const, local: { count: 3, ms: 4 } },
    peers: [
      line({ outcome: 'answered' }),
      line({ outcome: 'timeout' }),
      line({}),
      line({ outcome: 'skipped' }),
    ],
  }
  assert.equal(progressInWords(state), '2 of 4 registries answered, 1 did not, 1 not asked')
})
