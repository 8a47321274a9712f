import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createManualClock, NOW } from '../../test/support/federation.ts'
import type { Uptime, UptimeSpan } from '../domain/federation-ports.ts'
import type { PeerId } from '../domain/peer.ts'
import { createUptimes } from './uptimes.ts'

const PEER = 'p' as PeerId
const WELL: Uptime = { checks: 4, up: 4, share: 1, averageResponseTimeMs: 5 }
const DAY_MS = 86_400_000

function setUp() {
  const clock = createManualClock()
  const asked: UptimeSpan[] = []
  let tookMs = 0
  let failure: Error | null = null
  const uptimes = createUptimes({
    history: {
      async uptime(span) {
        asked.push(span)
        clock.advance(tookMs)
        if (failure !== null) throw failure
        return new Map([[PEER, WELL]])
      },
    },
    clock,
    intervalSeconds: 60,
  })
  const set = (to: { readonly tookMs?: number; readonly failure?: Error | null }) => {
    tookMs = to.tookMs ?? 0
    failure = to.failure ?? null
  }
  return { clock, asked, uptimes, set }
}

test('the database is asked for a day once a minute, however many want to know', async () => {
  const { clock, asked, uptimes } = setUp()
  const all = await Promise.all([uptimes.lastDay(), uptimes.lastDay(), uptimes.lastDay()])
  for (const one of all) assert.deepEqual(one, new Map([[PEER, WELL]]))
  clock.advance(59_999)
  await uptimes.lastDay()
  const since = NOW - DAY_MS
  assert.deepEqual(asked, [{ since, until: NOW, intervalMs: 60_000, longestMs: 12 * 60_000 }])
  clock.advance(1)
  await uptimes.lastDay()
  assert.equal(asked.length, 2)
})

test('what took the database long is kept for longer', async () => {
  const { clock, asked, uptimes, set } = setUp()
  set({ tookMs: 3_000 })
  await uptimes.lastDay()
  clock.advance(149_000)
  await uptimes.lastDay()
  assert.equal(asked.length, 1)
  clock.advance(1_000)
  await uptimes.lastDay()
  assert.equal(asked.length, 2)
})

test('a failure is told to those who waited, and the next asks again', async () => {
  const { asked, uptimes, set } = setUp()
  const down = new Error('down')
  set({ failure: down })
  const [first, second] = await Promise.allSettled([uptimes.lastDay(), uptimes.lastDay()])
  assert.deepEqual(
    [first, second].map((told) => told?.status === 'rejected' && told.reason),
    [down, down],
  )
  set({})
  assert.equal((await uptimes.lastDay()).size, 1)
  assert.equal(asked.length, 2)
})

test('one peer is looked up alone, and as of now', async () => {
  const { clock, asked, uptimes } = setUp()
  assert.deepEqual(await uptimes.ofPeer(PEER, 1_000), WELL)
  clock.advance(5)
  assert.equal(await uptimes.ofPeer('q' as PeerId, 1_000), undefined)
  assert.deepEqual(
    asked.map(({ since, until, peerId }) => [since - NOW, until - NOW, peerId]),
    [
      [-1_000, 0, 'p'],
      [-995, 5, 'q'],
    ],
  )
})
