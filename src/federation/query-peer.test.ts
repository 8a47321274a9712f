import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { timeAwake } from '../../test/support/awake-time.ts'
import { askOne, createTestEngine, page, scripted, settle } from '../../test/support/engine.ts'
import {
  answerWith,
  createEventLog,
  createManualClock,
  makeAgent,
  makePeer,
  openLoopback,
  SEARCH_REQUEST,
  sendJson,
  serve,
} from '../../test/support/federation.ts'
import type { PeerOutcome } from '../domain/discovery.ts'
import type { StopSignal } from '../domain/stop.ts'
import type { ProtocolResult } from './protocols/protocol.ts'
import { createQueryKeys } from './query-key.ts'

const ASK = { request: SEARCH_REQUEST }
const GOOD = answerWith([makeAgent('translate')])
const DOWN: ProtocolResult = { kind: 'failed', reason: 'unreachable', error: 'nobody is there' }
const PEER = makePeer('https://a.example')

function cacheOf(outcome: PeerOutcome): string {
  assert.ok(outcome.kind === 'answered', JSON.stringify(outcome))
  return outcome.cache
}

/** A peer that answers once it is told to; `asked` when a question has come. */
async function serveHeld() {
  const { promise: asked, resolve: tellAsked } = Promise.withResolvers<void>()
  const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>()
  const server = await serve((request, response) => {
    tellAsked()
    void mayAnswer.then(() => GOOD(request, response))
  })
  return { ...server, asked, answer }
}

test('a second question is answered from the cache, with the very same records', async () => {
  await using server = await serve(GOOD)
  await using outbound = openLoopback()
  const engine = createTestEngine({ outbound })
  const peer = makePeer(server.url)
  const first = await askOne(engine, peer, ASK)
  const second = await askOne(engine, peer, ASK)
  assert.deepEqual([cacheOf(first), cacheOf(second)], ['miss', 'hit'])
  assert.ok(first.kind === 'answered' && second.kind === 'answered')
  assert.equal(second.answer, first.answer)
  assert.equal(server.requests.length, 1)
})

test('identical questions at one time are one request', async () => {
  await using server = await serve((request, response) => void setTimeout(() => GOOD(request, response), 30))
  await using outbound = openLoopback()
  const engine = createTestEngine({ outbound })
  const peer = makePeer(server.url)
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => askOne(engine, peer, ASK)))
  assert.ok(outcomes.every((outcome) => outcome.kind === 'answered'))
  assert.equal(server.requests.length, 1)
  await askOne(engine, peer, { request: { ...SEARCH_REQUEST, visibility: 'public' } })
  assert.equal(server.requests.length, 2, 'anonymous users never share an answer with key holders')
})

test('force_refresh passes the cache, max_age what is older, a raised epoch everything', async () => {
  const clock = createManualClock()
  let asked = 0
  const engine = createTestEngine({ clock, ...scripted(async () => page(`${asked++}`)) })
  const ask = { ...ASK, clock }
  await askOne(engine, PEER, ask)
  clock.advance(10_000)
  assert.equal(cacheOf(await askOne(engine, PEER, { ...ask, maxAgeSeconds: 10 })), 'hit')
  assert.equal(cacheOf(await askOne(engine, PEER, { ...ask, maxAgeSeconds: 9 })), 'miss')
  assert.equal(cacheOf(await askOne(engine, PEER, { ...ask, forceRefresh: true })), 'miss')
  assert.equal(cacheOf(await askOne(engine, PEER, ask)), 'hit')
  assert.equal(cacheOf(await askOne(engine, { ...PEER, epoch: 1 }, ask)), 'miss')
})

test('an older answer is shown at once and marked, while the peer is asked in the background', async () => {
  const clock = createManualClock()
  let asked = 0
  const engine = createTestEngine({ clock, ...scripted(async () => page(`${asked++}`)) })
  const ask = { ...ASK, clock }
  await askOne(engine, PEER, ask)
  clock.advance(300_001)
  const shown = await askOne(engine, PEER, ask)
  assert.equal(cacheOf(shown), 'revalidating')
  assert.ok(shown.kind === 'answered' && shown.answer.agents[0]?.id === '0')
  await settle()
  assert.equal(asked, 2)
  const next = await askOne(engine, PEER, ask)
  assert.ok(next.kind === 'answered' && next.answer.agents[0]?.id === '1')
  assert.equal(next.cache, 'hit')
  clock.advance(900_001)
  assert.equal(
    cacheOf(await askOne(engine, PEER, ask)),
    'miss',
    'too old to be shown before the peer is asked',
  )
})

test('what the peer has changed since is asked for anew, the older answer shown meanwhile', async () => {
  const clock = createManualClock()
  const engine = createTestEngine({ clock, ...scripted(async () => page('x')) })
  const ask = { ...ASK, clock }
  await askOne(engine, PEER, ask)
  clock.advance(5_000)
  const changed = { ...PEER, staleBefore: clock.now() }
  assert.equal(cacheOf(await askOne(engine, changed, ask)), 'revalidating')
  await settle()
  assert.equal(cacheOf(await askOne(engine, changed, ask)), 'hit')
})

test('an answer that still holds is renewed by its tag, records and all', async () => {
  const clock = createManualClock()
  const tags: (string | null)[] = []
  const seen: number[] = []
  const engine = createTestEngine({
    clock,
    onAnswer: (_, { fetchedAt }) => seen.push(fetchedAt),
    ...scripted(async ({ knownEtag }) => {
      tags.push(knownEtag)
      return knownEtag === null ? page('x') : 'not-modified'
    }, '"v1"'),
  })
  const ask = { ...ASK, clock }
  const first = await askOne(engine, PEER, ask)
  clock.advance(1_000_000)
  const renewed = await askOne(engine, PEER, ask)
  assert.deepEqual(tags, [null, '"v1"'])
  assert.ok(first.kind === 'answered' && renewed.kind === 'answered')
  assert.equal(renewed.answer.agents, first.answer.agents)
  assert.equal(renewed.answer.fetchedAt, clock.now())
  assert.equal(seen.at(-1), clock.now(), 'its records were seen now, too')
})

test('a copy is shown for a day when the peer fails, as a failure and with the reason', async () => {
  const clock = createManualClock()
  let result = page('x')
  const engine = createTestEngine({ clock, ...scripted(async () => result) })
  const ask = { ...ASK, clock }
  await askOne(engine, PEER, ask)
  result = DOWN
  clock.advance(3_600_000)
  const shown = await askOne(engine, PEER, ask)
  assert.ok(shown.kind === 'stale')
  assert.equal(shown.reason, 'unreachable')
  assert.equal(shown.error, 'nobody is there')
  assert.equal(shown.answer.agents[0]?.id, 'x')
  const strict = await askOne(engine, PEER, { ...ask, maxAgeSeconds: 60 })
  assert.equal(strict.kind, 'failed', 'who wants nothing that old gets nothing that old')
  assert.equal((await askOne(engine, PEER, { ...ask, forceRefresh: true })).kind, 'failed')
  clock.advance(86_400_000)
  assert.equal((await askOne(engine, PEER, ask)).kind, 'failed')
})

test('what a peer gave that refuses us now is not shown, however fresh', async () => {
  const clock = createManualClock()
  const refused: ProtocolResult = { kind: 'failed', reason: 'refused', error: 'It knows us no more.' }
  let result = page('x')
  const engine = createTestEngine({ clock, ...scripted(async () => result) })
  const ask = { ...ASK, clock }
  const another = { ...ask, request: { ...SEARCH_REQUEST, search: 'another' } }
  await askOne(engine, PEER, ask)
  clock.advance(200_000)
  await askOne(engine, PEER, another)
  clock.advance(200_000)
  result = refused
  assert.equal(cacheOf(await askOne(engine, PEER, ask)), 'revalidating')
  await settle()
  assert.equal((await askOne(engine, PEER, ask)).kind, 'failed')
  assert.equal((await askOne(engine, PEER, another)).kind, 'failed')
  result = page('x')
  assert.equal(cacheOf(await askOne(engine, PEER, ask)), 'miss')
  assert.equal(cacheOf(await askOne(engine, PEER, another)), 'hit')
})

test('records last seen stand in where no answer is kept', async () => {
  const clock = createManualClock()
  const loaded: string[] = []
  const engine = createTestEngine({
    clock,
    ...scripted(async () => DOWN),
    lastSeen: {
      recall: () => {
        const agents = loaded.length > 0 ? [makeAgent('seen')] : []
        const rest = { statistics: null, hasMore: false, nextCursor: null, droppedRecords: 0 }
        return loaded.length > 0 ? { agents, ...rest, fetchedAt: clock.now() - 7_000 } : undefined
      },
      isLoaded: () => loaded.length > 0,
      load: async (peer) => void loaded.push(peer.name),
    },
  })
  const shown = await askOne(engine, PEER, { ...ASK, clock })
  assert.ok(shown.kind === 'stale')
  assert.equal(shown.answer.agents[0]?.id, 'seen')
})

test('what comes of a peer that is left alone is known at once, unless somebody else may know more', async () => {
  const clock = createManualClock()
  const scriptedDown = scripted(async () => DOWN)
  let isLoaded = false
  const lastSeen = {
    recall: () => undefined,
    isLoaded: () => isLoaded,
    load: async () => {
      isLoaded = true
    },
  }
  for (const [sharedCache, isKnownAtOnce] of [
    [null, true],
    [{ get: async () => undefined, put: () => {} }, false],
  ] as const) {
    isLoaded = false
    const engine = createTestEngine({ clock, ...scriptedDown, lastSeen, sharedCache })
    engine.experience([PEER, makePeer('https://b.example')])
    const keyOf = createQueryKeys(SEARCH_REQUEST)
    const ask = { ...ASK, keyOf, deadlineMs: 1_000, maxAgeSeconds: null, forceRefresh: false, turn: {} }
    const query = () => engine.querier.query(PEER, ask)
    for (let time = 0; time < 5; time += 1) await askOne(engine, PEER, { ...ASK, clock })
    isLoaded = false
    assert.ok('outcome' in query(), 'its records have to be fetched')
    await settle()
    const outcome = query()
    assert.equal('kind' in outcome, isKnownAtOnce)
    const last = 'kind' in outcome ? outcome : await outcome.outcome
    assert.ok(last.kind === 'skipped' && last.reason === 'breaker-open')
    assert.equal(last.retryAt, clock.now() + 30_000)
  }
})

test('an empty answer is an answer, for half a minute', async () => {
  const clock = createManualClock()
  const engine = createTestEngine({ clock, ...scripted(async () => page()) })
  const ask = { ...ASK, clock }
  assert.equal(cacheOf(await askOne(engine, PEER, ask)), 'miss')
  clock.advance(29_000)
  assert.equal(cacheOf(await askOne(engine, PEER, ask)), 'hit')
  clock.advance(2_000)
  assert.equal(cacheOf(await askOne(engine, PEER, ask)), 'revalidating')
})

test('a failure is never kept', async () => {
  let calls = 0
  await using server = await serve((request, response) => {
    calls += 1
    if (calls === 1) sendJson(response, {}, 500)
    else GOOD(request, response)
  })
  await using outbound = openLoopback()
  const engine = createTestEngine({ outbound })
  const peer = makePeer(server.url)
  assert.equal((await askOne(engine, peer, ASK)).kind, 'failed')
  assert.equal(cacheOf(await askOne(engine, peer, ASK)), 'miss')
})

test('what may help at once is asked once more, anything else not', async () => {
  for (const [status, calls] of [
    [502, 2],
    [500, 1],
  ] as const) {
    await using server = await serve((_, response) => sendJson(response, {}, status))
    await using outbound = openLoopback()
    const outcome = await askOne(createTestEngine({ outbound }), makePeer(server.url), ASK)
    assert.ok(outcome.kind === 'failed')
    assert.equal(server.requests.length, calls)
  }
})

test('a peer that hangs is a timeout at the deadline', async () => {
  await using server = await serve(() => {})
  await using outbound = openLoopback()
  const { value: outcome, ms } = await timeAwake(() =>
    askOne(createTestEngine({ outbound }), makePeer(server.url), { ...ASK, deadlineMs: 100 }),
  )
  assert.ok(outcome.kind === 'failed')
  assert.equal(outcome.reason, 'timeout')
  assert.equal(outcome.error, 'no answer within 100 ms')
  assert.ok(ms < 1_000, `${ms} ms`)
})

test('a protocol deaf to its signal, and credentials that never come, end with the time of the request', async () => {
  const peer = makePeer('https://a.example', { timeoutMs: 30 })
  const never = () => new Promise<never>(() => {})
  const deaf = await askOne(createTestEngine(scripted(never)), peer, ASK)
  assert.ok(deaf.kind === 'failed' && deaf.reason === 'timeout')
  const locked = createTestEngine({ ...scripted(async () => page('x')), getCredentials: never })
  const outcome = await askOne(locked, peer, ASK)
  assert.ok(outcome.kind === 'failed' && outcome.reason === 'timeout')
})

test('a hasty user gets a timeout, spoils nothing for the others, and the late answer fills the cache', async () => {
  const clock = createManualClock()
  await using server = await serveHeld()
  await using outbound = openLoopback()
  const events = createEventLog()
  const engine = createTestEngine({ clock, outbound, events })
  const peer = makePeer(server.url)
  const hasty = { ...ASK, clock, deadlineMs: 10 }
  const [leaving, staying] = [askOne(engine, peer, hasty), askOne(engine, peer, { ...ASK, clock })]
  await server.asked
  clock.advance(10)
  const gone = await leaving
  assert.ok(gone.kind === 'failed')
  assert.equal(gone.error, 'no answer within 10 ms')
  server.answer()
  assert.equal(cacheOf(await staying), 'miss')
  assert.equal(cacheOf(await askOne(engine, peer, hasty)), 'hit')
  assert.deepEqual(events.asked, [{ peerId: peer.id, kind: 'answered' }], 'the peer is not to blame')
})

test('a request is called off when the last who wants it is gone, and the peer is not to blame', async () => {
  const events = createEventLog()
  const signals: StopSignal[] = []
  const engine = createTestEngine({
    events,
    ...scripted(({ signal }) => {
      signals.push(signal)
      return new Promise(() => {})
    }),
  })
  const [first, second] = [new AbortController(), new AbortController()]
  const asking = [first, second].map(({ signal }) => askOne(engine, PEER, { ...ASK, signal, events }))
  await settle()
  first.abort()
  await settle()
  assert.equal(signals[0]?.aborted, false, 'another still waits for it')
  second.abort()
  assert.deepEqual(
    (await Promise.all(asking)).map(({ kind }) => kind),
    ['failed', 'failed'],
  )
  assert.equal(signals.length, 1)
  assert.equal(signals[0]?.aborted, true)
  await settle()
  assert.deepEqual(events.asked, [])
  assert.deepEqual(events.outcomes, [], 'nobody was told anything of the peer')
  assert.deepEqual(events.calledOff, [PEER.id], 'but it was asked')
})

test('who asks while a request is being called off has one of their own', async () => {
  let asked = 0
  const read = Promise.withResolvers<undefined>()
  const engine = createTestEngine({
    ...scripted(async () => page(`${asked++}`)),
    // Asked for before the peer is: what is called off meanwhile has not ended yet.
    sharedCache: { get: () => read.promise, put: () => {} },
  })
  const gone = new AbortController()
  const first = askOne(engine, PEER, { ...ASK, signal: gone.signal })
  await settle()
  gone.abort()
  const next = askOne(engine, PEER, ASK)
  await settle()
  read.resolve(undefined)
  assert.equal((await first).kind, 'skipped')
  assert.equal(cacheOf(await next), 'miss')
  assert.equal(asked, 1)
  assert.equal(cacheOf(await askOne(engine, PEER, ASK)), 'hit')
})

test('who stops waiting calls nothing off: the answer is kept for the next', async () => {
  const clock = createManualClock()
  await using server = await serveHeld()
  await using outbound = openLoopback()
  const { promise: kept, resolve: onAnswer } = Promise.withResolvers<unknown>() // told once it is kept
  const engine = createTestEngine({ clock, outbound, onAnswer })
  const peer = makePeer(server.url)
  const leaving = askOne(engine, peer, { ...ASK, clock, deadlineMs: 5 })
  await server.asked
  clock.advance(5)
  assert.equal((await leaving).kind, 'failed')
  server.answer()
  await kept
  assert.equal(cacheOf(await askOne(engine, peer, { ...ASK, clock })), 'hit')
})

test('a fault of our own becomes an outcome without its message, and is reported', async () => {
  const events = createEventLog()
  const engine = createTestEngine({
    ...scripted(async () => page('x')),
    events,
    getCredentials: () => Promise.reject(new Error('key ring is gone: secret')),
  })
  const outcome = await askOne(engine, PEER, ASK)
  assert.ok(outcome.kind === 'failed')
  assert.equal(outcome.reason, 'bad-response')
  assert.doesNotMatch(outcome.error, /secret/)
  assert.equal(events.faults.length, 1)
  assert.equal(events.asked.length, 0, 'the peer is not to blame')
})

test('a protocol that throws, at once or later, becomes an outcome', async () => {
  const thrown = (): Promise<ProtocolResult> => {
    throw new Error('boom')
  }
  for (const script of [thrown, () => Promise.reject(new Error('boom'))]) {
    const events = createEventLog()
    const outcome = await askOne(createTestEngine({ ...scripted(script), events }), PEER, ASK)
    assert.ok(outcome.kind === 'failed')
    assert.equal(events.faults.length, 1)
  }
})

test('a cache that fails is a miss', async () => {
  const fail = () => {
    throw new Error('cache is broken')
  }
  const events = createEventLog()
  const cache = { get: fail, put: fail, forgetPeer: fail }
  const engine = createTestEngine({ ...scripted(async () => page('x')), cache, events })
  assert.equal(cacheOf(await askOne(engine, PEER, ASK)), 'miss')
  assert.equal(events.faults.length, 2)
})

test('a peer of a protocol we do not speak is told so', async () => {
  const outcome = await askOne(createTestEngine(), makePeer('https://a.example', { protocol: 'gopher' }), ASK)
  assert.ok(outcome.kind === 'failed')
  assert.equal(outcome.reason, 'blocked')
  assert.match(outcome.error, /gopher/)
})

test('a peer whose allowance is spent is skipped and said so; answers at hand and under way cost nothing', async () => {
  const clock = createManualClock()
  const engine = createTestEngine({
    ...{ clock, settings: { outboundRatePerMinute: 1 } },
    ...scripted(async () => page('a')),
  })
  const ask = { ...ASK, clock }
  const [first, joined] = await Promise.all([askOne(engine, PEER, ask), askOne(engine, PEER, ask)])
  assert.deepEqual([cacheOf(first), cacheOf(joined)], ['miss', 'miss'])
  assert.equal(cacheOf(await askOne(engine, PEER, ask)), 'hit')
  const other = { ...ask, request: { ...SEARCH_REQUEST, search: 'weather' } }
  assert.deepEqual(await askOne(engine, PEER, other), {
    ...{ kind: 'skipped', peerId: PEER.id, reason: 'budget', retryAt: clock.now() + 60_000 },
  })
  const forced = await askOne(engine, PEER, { ...ask, forceRefresh: true })
  assert.equal(forced.kind, 'skipped', 'force_refresh passes the caches, not the allowance')
})

test('a peer that asks us to wait is left alone for so long', async () => {
  const clock = createManualClock()
  let asked = 0
  const busy = { kind: 'failed', reason: 'rate-limited', error: 'too many', retryAfterMs: 7_000 } as const
  const engine = createTestEngine({
    clock,
    ...scripted(async () => {
      asked += 1
      return busy
    }),
  })
  const ask = { ...ASK, clock }
  assert.equal((await askOne(engine, PEER, ask)).kind, 'failed')
  assert.deepEqual(await askOne(engine, PEER, ask), {
    ...{ kind: 'skipped', peerId: PEER.id, reason: 'budget', retryAt: clock.now() + 7_000 },
  })
  clock.advance(7_000)
  await askOne(engine, PEER, ask)
  assert.equal(asked, 2)
})

test('a peer that fails again and again is left alone, and tried once in a while', async () => {
  const clock = createManualClock()
  const events = createEventLog()
  let [asked, result]: [number, ProtocolResult] = [0, DOWN]
  const engine = createTestEngine({
    ...{ clock, events },
    ...scripted(async () => {
      asked += 1
      return result
    }),
  })
  engine.experience([PEER, makePeer('https://b.example')])
  const ask = (search: string) => askOne(engine, PEER, { request: { ...SEARCH_REQUEST, search }, clock })
  for (let time = 0; time < 5; time += 1) assert.equal((await ask(`${time}`)).kind, 'failed')
  const skipped = await ask('now')
  assert.deepEqual(skipped, {
    ...{ kind: 'skipped', peerId: PEER.id, reason: 'breaker-open', retryAt: clock.now() + 30_000 },
  })
  assert.equal(asked, 5)
  clock.advance(30_000)
  result = page('well again')
  assert.equal((await ask('later')).kind, 'answered')
  assert.equal((await ask('now')).kind, 'answered')
  assert.deepEqual(events.breakers, ['open', 'half-open', 'closed'])
})

test('an older answer of a peer that is left alone is no answer of its: nobody asks it meanwhile', async () => {
  const clock = createManualClock()
  let [asked, result]: [number, ProtocolResult] = [0, page('kept')]
  const engine = createTestEngine({
    clock,
    ...scripted(async () => {
      asked += 1
      return result
    }),
  })
  engine.experience([PEER, makePeer('https://b.example')])
  const ask = (search: string) => askOne(engine, PEER, { request: { ...SEARCH_REQUEST, search }, clock })
  await ask('kept')
  clock.advance(301_000)
  result = DOWN
  for (let time = 0; time < 5; time += 1) await ask(`${time}`)
  asked = 0
  const shown = await ask('kept')
  await settle()
  assert.ok(shown.kind === 'stale')
  assert.deepEqual([shown.reason, shown.retryAt], ['breaker-open', clock.now() + 30_000])
  assert.equal(shown.answer.agents[0]?.id, 'kept')
  assert.equal(asked, 0)
  clock.advance(30_000)
  assert.equal(cacheOf(await ask('kept')), 'revalidating')
  await settle()
  assert.equal(asked, 1)
})

test('a peer that hangs holds no more than its share of requests; who could not ask it in time is told so', async () => {
  const engine = createTestEngine(scripted(() => new Promise(() => {})))
  const outcomes = await Promise.all(
    Array.from({ length: 9 }, (_, place) =>
      askOne(engine, PEER, { request: { ...SEARCH_REQUEST, search: `${place}` }, deadlineMs: 40 }),
    ),
  )
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    [...Array.from({ length: 8 }, () => 'failed'), 'skipped'],
  )
})

test('a hasty user does not cost the others their turn', async () => {
  const busy = Promise.withResolvers<ProtocolResult>()
  const engine = createTestEngine(scripted(() => busy.promise))
  const ask = (search: string, deadlineMs: number) =>
    askOne(engine, PEER, { request: { ...SEARCH_REQUEST, search }, deadlineMs })
  const others = Array.from({ length: 8 }, (_, place) => ask(`${place}`, 5_000))
  const [hasty, patient] = [ask('same', 5), ask('same', 5_000)]
  assert.equal((await hasty).kind, 'skipped')
  await sleep(20)
  busy.resolve(page('x'))
  assert.equal(cacheOf(await patient), 'miss')
  await Promise.all(others)
})
