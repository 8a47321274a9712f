import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askOne, createTestEngine, page, settle } from '../../test/support/engine.ts'
import { createManualClock, makePeer, SEARCH_REQUEST } from '../../test/support/federation.ts'
import type { PeerOutcome } from '../domain/discovery.ts'
import type { SharedCache } from '../domain/sharing.ts'
import type { PeerProtocol } from './protocols/protocol.ts'

const PEER = makePeer('https://a.example')
const DAY_MS = 86_400_000

/** Two replicas of one registry, and a peer whose answers are numbered. */
function createReplicas() {
  const clock = createManualClock()
  const remote = { isUp: true, asked: 0 }
  const protocol: PeerProtocol = {
    ...{ name: 'remote', version: 1 },
    async search() {
      remote.asked += 1
      if (!remote.isUp) return { kind: 'failed', reason: 'unreachable', error: 'nobody is there' }
      return { kind: 'received', body: Buffer.from(`${remote.asked}`), etag: null }
    },
    read: (body) => page(Buffer.from(body).toString()),
    probe: () => Promise.reject(new Error('not probed here')),
    changes: () => Promise.reject(new Error('not asked for changes here')),
  }
  const values = new Map<string, Uint8Array>()
  let isReached = Promise.resolve()
  const sharedCache: SharedCache = {
    async get(key) {
      await isReached
      return values.get(key)
    },
    put: (key, value) => values.set(key, value),
  }
  const [one, other] = [0, 1].map(() =>
    createTestEngine({ clock, sharedCache, findProtocol: () => protocol }),
  )
  assert.ok(one !== undefined && other !== undefined)
  /** Until the returned function is called, looking something up takes for ever. */
  const delay = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    isReached = promise
    return resolve
  }
  return { clock, remote, values, one, other, delay, ask: { request: SEARCH_REQUEST, clock } }
}

/** What was shown, and where it came from. */
function shownBy(outcome: PeerOutcome): string {
  if (outcome.kind !== 'answered' && outcome.kind !== 'stale') return outcome.kind
  return `${outcome.kind === 'stale' ? 'stale' : outcome.cache} ${outcome.answer.agents[0]?.id}`
}

test('what one replica was answered the others need not ask for', async () => {
  const { clock, remote, one, other, ask } = createReplicas()
  assert.equal(shownBy(await askOne(one, PEER, ask)), 'miss 1')
  clock.advance(299_000)
  assert.equal(shownBy(await askOne(other, PEER, ask)), 'hit 1')
  assert.equal(remote.asked, 1)
  clock.advance(2_000)
  assert.equal(shownBy(await askOne(other, PEER, ask)), 'revalidating 1', 'it is as old there as here')
})

test('an answer that is not fresh any more is none: the peer is asked, and it is shown only if that fails', async () => {
  for (const [isUp, shown] of [
    [true, 'miss 2'],
    [false, 'stale 1'],
  ] as const) {
    const { clock, remote, one, other, ask } = createReplicas()
    await askOne(one, PEER, ask)
    clock.advance(DAY_MS - 1)
    remote.isUp = isUp
    assert.equal(shownBy(await askOne(other, PEER, ask)), shown)
    assert.equal(remote.asked, 2)
    clock.advance(2)
    remote.isUp = false
    const next = await askOne(other, PEER, ask)
    assert.equal(shownBy(next), isUp ? 'hit 2' : 'failed', 'a day is counted from when the peer answered')
  }
})

test('what the peer has changed since is not shown as fresh', async () => {
  const { clock, one, other, ask } = createReplicas()
  await askOne(one, PEER, ask)
  clock.advance(1_000)
  const changed = { ...PEER, staleBefore: clock.now() }
  assert.equal(shownBy(await askOne(other, changed, ask)), 'miss 2')
})

test('who wants nothing older than now is not given what another replica keeps, whoever asked first', async () => {
  for (const strict of [{ forceRefresh: true }, { maxAgeSeconds: 5 }]) {
    const { clock, remote, one, other, delay, ask } = createReplicas()
    await askOne(one, PEER, ask)
    clock.advance(10_000)
    const arrive = delay()
    const asking = [ask, { ...ask, ...strict }, { ...ask, ...strict }].map((each) =>
      askOne(other, PEER, each),
    )
    await settle()
    arrive()
    assert.deepEqual((await Promise.all(asking)).map(shownBy), ['hit 1', 'miss 2', 'miss 2'])
    assert.equal(remote.asked, 2)
  }
})

test('who leaves while another replica’s answer is looked for asks nobody', async () => {
  const { clock, remote, one, other, delay, ask } = createReplicas()
  await askOne(one, PEER, ask)
  clock.advance(10_000)
  const arrive = delay()
  const user = new AbortController()
  const asking = [
    askOne(other, PEER, ask),
    askOne(other, PEER, { ...ask, forceRefresh: true, signal: user.signal }),
  ]
  await settle()
  user.abort()
  arrive()
  await Promise.all(asking)
  await settle()
  assert.equal(remote.asked, 1)
})

test('what is not an answer of ours is not there', async () => {
  const head = (fields: object): string => `${JSON.stringify(fields)}\nx`
  for (const damaged of [
    '',
    'x',
    '{}',
    '\n',
    'null\nx',
    head({}),
    head({ fetched_at: '1' }),
    head({ etag: 1 }),
  ]) {
    const { values, one, other, ask } = createReplicas()
    await askOne(one, PEER, ask)
    for (const key of values.keys()) values.set(key, Buffer.from(damaged))
    assert.equal(shownBy(await askOne(other, PEER, ask)), 'miss 2')
  }
})
