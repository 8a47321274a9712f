import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createManualClock, makeAgent, NOW } from '../../test/support/federation.ts'
import type { DiscoveryAnswer, FederationStats, PeerRow } from '../domain/discovery.ts'
import { createPreparedAnswers, keptForMs } from './prepared-answers.ts'

const SOURCE = { cacheStatus: 'here; hit; ttl=1', serverTiming: null }

function answerWith(descriptionChars = 0): DiscoveryAnswer {
  const agents = [
    {
      agent: makeAgent('a', { description: 'x'.repeat(descriptionChars) }),
      ...{ isFederated: false, registryUrl: 'u', registryName: 'n', score: null, alsoIn: [] },
      provenance: {
        ...{ origin: 'u', peerId: null, fetchedAt: NOW, ageSeconds: 0, isStale: false },
        verification: 'unverified',
      },
    } as const,
  ]
  return { agents, stats: null, nextCursor: null, warnings: [] }
}

function start(maxBytes?: number) {
  const clock = createManualClock()
  const answers = createPreparedAnswers(clock, () => SOURCE, maxBytes)
  const options = () => ({ signal: new AbortController().signal, maxAgeSeconds: null })
  const make = (question: string, answer = answerWith()) =>
    answers.make(question, async () => answer, options())
  return { clock, answers, make, options }
}

test('an answer is ready for a second, the very same bytes', async () => {
  const { clock, answers, make } = start()
  assert.equal(answers.find('q'), undefined)
  const { answer, isJoined } = await make('q')
  assert.equal(isJoined, false)
  clock.advance(800)
  assert.deepEqual(answers.find('q')?.answer, answer)
  assert.equal(answers.find('another'), undefined)
  clock.advance(200)
  assert.equal(answers.find('q'), undefined)
})

test('near its end the first who asks makes the next, while the others still get it', async () => {
  const { clock, answers, make, options } = start()
  const { answer } = await make('q')
  clock.advance(801)
  assert.equal(answers.find('q'), undefined)
  const found = Promise.withResolvers<DiscoveryAnswer>()
  const next = answers.make('q', () => found.promise, options())
  assert.deepEqual(answers.find('q')?.answer, answer)
  found.resolve(answerWith(10))
  const made = await next
  assert.deepEqual(answers.find('q')?.answer, made.answer)
  clock.advance(199)
  assert.deepEqual(answers.find('q')?.answer, made.answer)
})

test('who asks what is being asked waits for the same answer', async () => {
  const { answers, options } = start()
  const found = Promise.withResolvers<DiscoveryAnswer>()
  let searches = 0
  const search = () => {
    searches += 1
    return found.promise
  }
  const asked = [1, 2, 3].map(() => answers.make('q', search, options()))
  found.resolve(answerWith())
  const [first, ...others] = await Promise.all(asked)
  assert.equal(searches, 1)
  assert.equal(first?.isJoined, false)
  assert.ok(others.every(({ answer, isJoined }) => isJoined && answer === first?.answer))
})

test('a search that has run for a second is joined no more', async () => {
  const { clock, answers, make, options } = start()
  const old = Promise.withResolvers<DiscoveryAnswer>()
  const asked = answers.make('q', () => old.promise, options())
  clock.advance(1_000)
  assert.equal((await make('q')).isJoined, false)
  old.resolve(answerWith())
  await asked
})

test('a failure reaches all who wait, and nobody after them', async () => {
  const { answers, make, options } = start()
  const fault = new Error('no database')
  const search = () => Promise.reject(fault)
  const results = await Promise.allSettled([1, 2].map(() => answers.make('q', search, options())))
  assert.ok(results.every((result) => result.status === 'rejected' && result.reason === fault))
  assert.equal(answers.find('q'), undefined)
  assert.equal((await make('q')).isJoined, false)
})

test('one who leaves takes nothing from the others; when all have left, the search is stopped', async () => {
  const { answers, options } = start()
  const found = Promise.withResolvers<DiscoveryAnswer>()
  const leavers = [new AbortController(), new AbortController()]
  let stop: AbortSignal | undefined
  const search = (signal: AbortSignal) => {
    stop = signal
    return found.promise
  }
  const asked = leavers.map(({ signal }) => answers.make('q', search, { ...options(), signal }))
  leavers[0]?.abort()
  assert.equal(stop?.aborted, false)
  leavers[1]?.abort()
  assert.equal(stop?.aborted, true)
  // What a stopped search has is for nobody else, and nobody joins it.
  const after = answers.make('q', async () => answerWith(), options())
  assert.equal((await after).isJoined, false)
  answers.forgetAll()
  found.resolve(answerWith())
  await Promise.all(asked)
  assert.equal(answers.find('q'), undefined)
})

test('who has left before it began is not waited for', async () => {
  const { answers, options } = start()
  let stop: AbortSignal | undefined
  await answers.make(
    'q',
    async (signal) => {
      stop = signal
      return answerWith()
    },
    { ...options(), signal: AbortSignal.abort() },
  )
  assert.equal(stop?.aborted, true)
})

test('after a change nothing is ready, and what was under way before it is neither joined nor kept', async () => {
  const { answers, make, options } = start()
  await make('q')
  const old = Promise.withResolvers<DiscoveryAnswer>()
  const asked = answers.make('slow', () => old.promise, options())
  answers.forgetAll()
  assert.equal(answers.find('q'), undefined)
  const fresh = await make('slow')
  assert.equal(fresh.isJoined, false)
  old.resolve(answerWith(10))
  await asked
  assert.deepEqual(answers.find('slow')?.answer, fresh.answer)
})

test('what is forgotten of one question leaves the others ready', async () => {
  const { answers, make, options } = start()
  await make('q')
  const { answer } = await make('another')
  const old = Promise.withResolvers<DiscoveryAnswer>()
  const asked = answers.make('slow', () => old.promise, options())
  for (const question of ['q', 'slow']) answers.forget(question)
  old.resolve(answerWith())
  await asked
  assert.deepEqual([answers.find('q'), answers.find('slow')], [undefined, undefined])
  assert.deepEqual(answers.find('another')?.answer, answer)
})

test('memory is bounded, and a huge answer is not kept', async () => {
  const { answers, make } = start(100_000)
  for (let index = 0; index < 40; index += 1) await make(`q${index}`, answerWith(3_000))
  const kept = Array.from({ length: 40 }, (_, index) => answers.find(`q${index}`)).filter(
    (whole) => whole !== undefined,
  )
  assert.ok(kept.length > 5)
  assert.ok(kept.reduce((sum, { answer }) => sum + answer.body.length, 0) < 100_000)
  await make('huge', answerWith(20_000))
  assert.equal(answers.find('huge'), undefined)
})

const HIT = { outcome: 'answered', cache: 'hit', ageSeconds: 12, retryAt: null }

for (const [what, row, maxAgeSeconds, expected] of [
  ['a peer from the cache', HIT, null, 1_000],
  ['a peer from the cache, younger than asked for', HIT, 60, 1_000],
  ['one that soon is older than asked for', HIT, 13, 0],
  ['a peer that was asked', { ...HIT, cache: 'miss' }, null, 0],
  ['a copy that is being renewed', { ...HIT, cache: 'revalidating' }, null, 0],
  ['a peer that failed', { ...HIT, outcome: 'timeout', cache: null }, null, 0],
  ['an old copy, shown after a failure just now', { ...HIT, outcome: 'stale', cache: null }, null, 0],
  ['an old copy of a peer left alone', { ...HIT, outcome: 'stale', retryAt: NOW + 9_000 }, null, 1_000],
  ['one that is asked again soon', { ...HIT, outcome: 'skipped', retryAt: NOW + 300 }, null, 300],
  ['a peer not selected', { ...HIT, outcome: 'skipped' }, null, 1_000],
] as const) {
  test(`an answer with ${what} is kept for ${expected} ms`, () => {
    const stats = { peers: [HIT, row] as unknown as readonly PeerRow[] } as FederationStats
    assert.equal(
      Math.max(0, keptForMs({ stats }, { maxAgeSeconds: maxAgeSeconds ?? null, now: NOW })),
      expected,
    )
  })
}
