import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  answerWith,
  clock,
  createEventLog,
  createManualClock,
  makeAgent,
  makePeer,
  openLoopback,
  sendJson,
  serve,
} from '../../test/support/federation.ts'
import { NO_FILTER, type PeerOutcome } from '../domain/discovery.ts'
import { createMemoryResultCache } from '../storage/cache/memory.ts'
import { createOutboundRate } from './outbound-rate.ts'
import type { PeerProtocol, ProtocolResult } from './protocols/protocol.ts'
import { createPeerQuerier, type PeerAsk, type PeerQuerierDeps } from './query-peer.ts'
import { createRecordFacts } from './record-facts.ts'
import { createRecordMemory } from './record-memory.ts'

const ASK: PeerAsk = {
  request: { search: 'translate', filter: NO_FILTER, limit: 50, visibility: 'federated', cursor: null },
  deadlineMs: 1_000,
  maxAgeSeconds: null,
  forceRefresh: false,
  signal: new AbortController().signal,
}
const GOOD = answerWith([makeAgent('translate')])

function createQuerier(change: Partial<PeerQuerierDeps> & Pick<PeerQuerierDeps, 'outbound'>) {
  return createPeerQuerier({
    cache: createMemoryResultCache({ maxBytes: 1_000_000, clock: change.clock ?? clock }),
    getCredentials: async () => ({ apiKey: 'key', signingSecret: null }),
    ...{ clock, facts: createRecordFacts(), events: createEventLog() },
    records: createRecordMemory(1_000_000),
    ...{ publicUrl: 'https://us.example', cacheTtlSeconds: 300, queryTimeoutMs: 5_000 },
    rate: createOutboundRate(1_000, change.clock ?? clock),
    ...change,
  })
}

/** A protocol that answers as told, without a network. */
function scripted(ask: () => Promise<ProtocolResult>): Pick<PeerQuerierDeps, 'findProtocol' | 'outbound'> {
  const results = new WeakMap<Uint8Array, ProtocolResult>()
  const protocol: PeerProtocol = {
    ...{ name: 'scripted', version: 1 },
    async search() {
      const result = await ask()
      if (result.kind === 'failed') return result
      const body = new Uint8Array(0)
      results.set(body, result)
      return { kind: 'received', body, etag: null }
    },
    read: (body) => results.get(body) ?? assert.fail('nothing was received'),
    probe: () => Promise.reject(new Error('not probed here')),
  }
  const request = () => Promise.reject(new Error('no network here'))
  return { outbound: { request }, findProtocol: () => protocol }
}

function page(...ids: readonly string[]): ProtocolResult {
  const records = ids.map((id) => ({ agent: makeAgent(id), received: null }))
  return { kind: 'answered', records, statistics: null, hasMore: false, nextCursor: null, droppedRecords: 0 }
}

function cacheOf(outcome: PeerOutcome): string {
  assert.ok(outcome.kind === 'answered', JSON.stringify(outcome))
  return outcome.cache
}

test('a second question is answered from the cache, with the very same records', async () => {
  await using server = await serve(GOOD)
  await using outbound = openLoopback()
  const { query } = createQuerier({ outbound })
  const peer = makePeer(server.url)
  const first = await query(peer, ASK)
  const second = await query(peer, ASK)
  assert.deepEqual([cacheOf(first), cacheOf(second)], ['miss', 'hit'])
  assert.ok(first.kind === 'answered' && second.kind === 'answered')
  assert.equal(second.answer, first.answer)
  assert.equal(server.requests.length, 1)
})

test('identical questions at one time are one request', async () => {
  await using server = await serve((request, response) => void setTimeout(() => GOOD(request, response), 30))
  await using outbound = openLoopback()
  const { query } = createQuerier({ outbound })
  const peer = makePeer(server.url)
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => query(peer, ASK)))
  assert.ok(outcomes.every((outcome) => outcome.kind === 'answered'))
  assert.equal(server.requests.length, 1)
  await query(peer, { ...ASK, request: { ...ASK.request, visibility: 'public' } })
  assert.equal(server.requests.length, 2, 'anonymous users never share an answer with key holders')
})

test('force_refresh passes the cache, max_age what is older, a raised epoch everything', async () => {
  const manual = createManualClock()
  let asked = 0
  const { query } = createQuerier({
    clock: manual,
    ...scripted(async () => page(`${asked++}`)),
  })
  const peer = makePeer('https://a.example')
  await query(peer, ASK)
  manual.advance(10_000)
  assert.equal(cacheOf(await query(peer, { ...ASK, maxAgeSeconds: 10 })), 'hit')
  assert.equal(cacheOf(await query(peer, { ...ASK, maxAgeSeconds: 9 })), 'miss')
  assert.equal(cacheOf(await query(peer, { ...ASK, forceRefresh: true })), 'miss')
  assert.equal(cacheOf(await query(peer, ASK)), 'hit')
  assert.equal(cacheOf(await query({ ...peer, epoch: 1 }, ASK)), 'miss')
  manual.advance(300_001)
  assert.equal(cacheOf(await query(peer, ASK)), 'miss')
})

test('an empty answer is an answer, for half a minute', async () => {
  const manual = createManualClock()
  const { query } = createQuerier({ clock: manual, ...scripted(async () => page()) })
  const peer = makePeer('https://a.example')
  assert.equal(cacheOf(await query(peer, ASK)), 'miss')
  manual.advance(29_000)
  assert.equal(cacheOf(await query(peer, ASK)), 'hit')
  manual.advance(2_000)
  assert.equal(cacheOf(await query(peer, ASK)), 'miss')
})

test('a failure is never kept', async () => {
  let calls = 0
  await using server = await serve((request, response) => {
    calls += 1
    if (calls === 1) sendJson(response, {}, 500)
    else GOOD(request, response)
  })
  await using outbound = openLoopback()
  const { query } = createQuerier({ outbound })
  const peer = makePeer(server.url)
  assert.equal((await query(peer, ASK)).kind, 'failed')
  assert.equal(cacheOf(await query(peer, ASK)), 'miss')
})

test('a peer that hangs is a timeout at the deadline', async () => {
  await using server = await serve(() => {})
  await using outbound = openLoopback()
  const started = performance.now()
  const outcome = await createQuerier({ outbound }).query(makePeer(server.url, { timeoutMs: 100 }), ASK)
  assert.ok(outcome.kind === 'failed')
  assert.equal(outcome.reason, 'timeout')
  assert.equal(outcome.error, 'no answer within 100 ms')
  assert.ok(performance.now() - started < 500)
})

test('a protocol deaf to its signal, and credentials that never come, are timeouts too', async () => {
  const peer = makePeer('https://a.example', { timeoutMs: 30 })
  const never = () => new Promise<never>(() => {})
  const deaf = await createQuerier(scripted(never)).query(peer, ASK)
  assert.ok(deaf.kind === 'failed' && deaf.reason === 'timeout')
  const locked = createQuerier({ ...scripted(async () => page('x')), getCredentials: never })
  const outcome = await locked.query(peer, ASK)
  assert.ok(outcome.kind === 'failed' && outcome.reason === 'timeout')
})

test('a hasty user gets a timeout, spoils nothing for the others, and the late answer fills the cache', async () => {
  await using server = await serve((request, response) => void setTimeout(() => GOOD(request, response), 80))
  await using outbound = openLoopback()
  const events = createEventLog()
  const { query } = createQuerier({ outbound, events })
  const peer = makePeer(server.url)
  const [hasty, patient] = await Promise.all([query(peer, { ...ASK, deadlineMs: 10 }), query(peer, ASK)])
  assert.ok(hasty.kind === 'failed')
  assert.equal(hasty.error, 'no answer within 10 ms')
  assert.equal(cacheOf(patient), 'miss')
  assert.equal(cacheOf(await query(peer, { ...ASK, deadlineMs: 10 })), 'hit')
  assert.deepEqual(events.asked, [{ peerId: peer.id, kind: 'answered' }], 'the peer is not to blame')
})

test('a user who is gone is not waited for, the answer is', async () => {
  await using server = await serve((request, response) => void setTimeout(() => GOOD(request, response), 60))
  await using outbound = openLoopback()
  const { query } = createQuerier({ outbound })
  const peer = makePeer(server.url)
  const gone = new AbortController()
  const asking = query(peer, { ...ASK, signal: gone.signal })
  gone.abort()
  assert.equal((await asking).kind, 'failed')
  await sleep(120)
  assert.equal(cacheOf(await query(peer, ASK)), 'hit')
})

test('a fault of our own becomes an outcome without its message, and is reported', async () => {
  const events = createEventLog()
  const broken = createQuerier({
    ...scripted(async () => page('x')),
    events,
    getCredentials: () => Promise.reject(new Error('key ring is gone: secret')),
  })
  const outcome = await broken.query(makePeer('https://a.example'), ASK)
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
  for (const search of [thrown, () => Promise.reject(new Error('boom'))]) {
    const events = createEventLog()
    const outcome = await createQuerier({ ...scripted(search), events }).query(
      makePeer('https://a.example'),
      ASK,
    )
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
  const { query } = createQuerier({ ...scripted(async () => page('x')), cache, events })
  assert.equal(cacheOf(await query(makePeer('https://a.example'), ASK)), 'miss')
  assert.equal(events.faults.length, 2)
})

test('a peer of a protocol we do not speak is told so', async () => {
  await using outbound = openLoopback()
  const outcome = await createQuerier({ outbound }).query(
    makePeer('https://a.example', { protocol: 'gopher' }),
    ASK,
  )
  assert.ok(outcome.kind === 'failed')
  assert.equal(outcome.reason, 'blocked')
  assert.match(outcome.error, /gopher/)
})

test('a peer whose allowance is spent is skipped and said so; answers at hand and under way cost nothing', async () => {
  const manual = createManualClock()
  const { query } = createQuerier({
    clock: manual,
    rate: createOutboundRate(1, manual),
    ...scripted(async () => page('a')),
  })
  const peer = makePeer('https://a.example')
  const [first, joined] = await Promise.all([query(peer, ASK), query(peer, ASK)])
  assert.deepEqual([cacheOf(first), cacheOf(joined)], ['miss', 'miss'])
  assert.equal(cacheOf(await query(peer, ASK)), 'hit')
  const other = { ...ASK, request: { ...ASK.request, search: 'weather' } }
  assert.deepEqual(await query(peer, other), {
    ...{ kind: 'skipped', peerId: peer.id, reason: 'budget', retryAt: manual.now() + 60_000 },
  })
  const forced = await query(peer, { ...ASK, forceRefresh: true })
  assert.equal(forced.kind, 'skipped', 'force_refresh passes the caches, not the allowance')
})
