/** Rate limits of several replicas over one Redis, and of each alone when it is gone. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { SYSTEM_CLOCK } from '../src/clock.ts'
import type { OwnerId } from '../src/domain/agent.ts'
import type { Clock } from '../src/domain/ports.ts'
import type { KeyId, Principal } from '../src/domain/principal.ts'
import type { SharedCounters } from '../src/domain/sharing.ts'
import { createRateLimits, type RateLimits, type Spent } from '../src/http/rate-limits.ts'
import { timeAwake } from './support/awake-time.ts'
import { createManualClock, PATIENT_CLOCK } from './support/clocks.ts'
import {
  eventually,
  hasRedis,
  hasRedisServer,
  openStore,
  ownPrefix,
  startRedis,
  TEST_REDIS_URL,
  usingRedis,
} from './support/redis.ts'

const skip = (await hasRedis('shared rate limits')) ? false : 'Redis does not answer'
const skipOwn = hasRedisServer('rate limits without Redis') ? false : 'redis-server is not installed'

/** A sixtieth is what a replica takes in advance: 10, 2 and 1 here. */
const LIMITS = { peer: 600, key: 120, anonymous: 60, authFailures: 5 }
const ADDRESS = '203.0.113.1'
const KEY: Principal = {
  ...{ kind: 'key', keyId: 'k' as KeyId, ownerId: 'o' as OwnerId, role: 'viewer', name: 'k' },
}
const PEER = { kind: 'peer', peerId: 'p', name: 'Harbor' } as unknown as Principal

type Replica = {
  readonly limits: RateLimits
  readonly clock: ReturnType<typeof createManualClock>
  readonly isUp: () => boolean
  /** Questions asked of Redis. */
  readonly asked: () => number
}

async function openReplica(
  t: TestContext,
  prefix: string,
  redis: { readonly url?: string; readonly clock?: Clock } = {},
): Promise<Replica> {
  const { counters, told } = await openStore(t, { prefix, clock: PATIENT_CLOCK, ...redis })
  const clock = createManualClock(0)
  let asked = 0
  const shared: SharedCounters = {
    isUp: counters.isUp,
    add(...question: Parameters<typeof counters.add>) {
      asked += 1
      return counters.add(...question)
    },
  }
  return {
    limits: createRateLimits(LIMITS, { clock, shared }),
    clock,
    isUp: () => told.states.at(-1)?.kind === 'up',
    asked: () => asked,
  }
}

/** Spends one after the other, in turn at each replica, and counts what was granted. */
async function spend(replicas: readonly Replica[], caller: Principal, times: number): Promise<number> {
  let granted = 0
  for (let index = 0; index < times; index += 1) {
    const replica = replicas[index % replicas.length]
    const spent = await replica?.limits.spend(caller, ADDRESS)
    if (spent?.refusal === null) granted += 1
  }
  return granted
}

function remainingOf({ headers }: Spent): number {
  return Number(/;r=(\d+);/.exec(headers.ratelimit ?? '')?.[1])
}

test('two replicas give a caller one allowance, and what one replica took in advance is all that can be lost', {
  skip,
}, async (t) => {
  const prefix = ownPrefix(t)
  const replicas = await Promise.all([openReplica(t, prefix), openReplica(t, prefix)])
  assert.equal(await spend(replicas, { kind: 'anonymous' }, 100), 60)
  assert.equal(await spend(replicas, KEY, 200), 120)
  // All but the last at one replica, after the other took ten of which it used one.
  const [one, other] = replicas
  assert.equal(await spend([other], PEER, 1), 1)
  assert.equal(await spend([one], PEER, 700), 590)
  assert.equal(await spend([other], PEER, 100), 9)
})

test('a busy caller costs one question for ten requests, and none when nothing is left', {
  skip,
}, async (t) => {
  const replica = await openReplica(t, ownPrefix(t))
  assert.equal(await spend([replica], PEER, 600), 600)
  assert.equal(replica.asked(), 60)
  assert.equal(await spend([replica], PEER, 500), 0)
  assert.equal(replica.asked(), 60)
})

test('requests that come all at once get the whole allowance and no more, for one question a replica', {
  skip,
}, async (t) => {
  const prefix = ownPrefix(t)
  const replicas = await Promise.all([openReplica(t, prefix), openReplica(t, prefix), openReplica(t, prefix)])
  const spent = await Promise.all(
    replicas.flatMap(({ limits }) => Array.from({ length: 300 }, () => limits.spend(PEER, ADDRESS))),
  )
  assert.equal(spent.filter(({ refusal }) => refusal === null).length, 600)
  assert.deepEqual(
    replicas.map(({ asked }) => asked()),
    [1, 1, 1],
  )
})

test('what is left is told across replicas, and a refusal when the shared window ends', {
  skip,
}, async (t) => {
  const prefix = ownPrefix(t)
  const [one, other] = await Promise.all([openReplica(t, prefix), openReplica(t, prefix)])
  const first = await one.limits.spend({ kind: 'anonymous' }, ADDRESS)
  const second = await other.limits.spend({ kind: 'anonymous' }, ADDRESS)
  assert.deepEqual([remainingOf(first), remainingOf(second)], [59, 58])
  await usingRedis(TEST_REDIS_URL, (send) => send('PEXPIRE', `${prefix}anonymous:${ADDRESS}`, '20000'))
  await spend([one], { kind: 'anonymous' }, 58)
  const { refusal } = await other.limits.spend({ kind: 'anonymous' }, ADDRESS)
  assert.match(refusal?.problem.headers['retry-after'] ?? '', /^(19|20)$/)
})

test('with the window ends what is known of it, and points taken in advance with it', { skip }, async (t) => {
  const prefix = ownPrefix(t)
  const [one, other] = await Promise.all([openReplica(t, prefix), openReplica(t, prefix)])
  assert.equal(await spend([one], PEER, 1), 1) // nine in reserve
  await usingRedis(TEST_REDIS_URL, (send) => send('UNLINK', `${prefix}peer:p`))
  one.clock.advance(60_000)
  assert.equal(await spend([one, other], PEER, 1_000), 600)
})

test('failed authentications are counted by all replicas: at each, the first after the last allowed is noticed', {
  skip,
}, async (t) => {
  const prefix = ownPrefix(t)
  const [one, other] = await Promise.all([openReplica(t, prefix), openReplica(t, prefix)])
  for (let time = 0; time < 5; time += 1) await one.limits.noteAuthFailure(ADDRESS)
  assert.equal(one.limits.checkAuthFailures(ADDRESS).refusal?.problem.status, 429)
  assert.equal(other.limits.checkAuthFailures(ADDRESS).refusal, null) // not known there yet
  await other.limits.noteAuthFailure(ADDRESS)
  assert.equal(other.limits.checkAuthFailures(ADDRESS).refusal?.problem.status, 429)
  assert.equal(other.limits.checkAuthFailures('203.0.113.2').refusal, null)
})

test('Redis killed: each replica still limits, at once; back again: they share again', {
  skip: skipOwn,
}, async (t) => {
  const redis = await startRedis(t)
  const replicas = await Promise.all([openReplica(t, 'avr:', redis), openReplica(t, 'avr:', redis)])
  const [one, other] = replicas
  assert.equal(await spend(replicas, KEY, 40), 40)
  await redis.kill()
  await eventually('both know', () => !one.isUp() && !other.isUp())
  // Each knows of 40 at most and, so as to keep on, of none that the other counts from now on.
  const { value: granted, ms } = await timeAwake(async () => [
    await spend([one], KEY, 200),
    await spend([other], KEY, 200),
  ])
  for (const alone of granted) assert.ok(alone >= 80 && alone <= 82, `${granted}`)
  assert.ok(ms < 400, `${ms} ms`)
  assert.ok(!(one.limits.spend(KEY, ADDRESS) instanceof Promise))
  await redis.restart()
  await eventually('both are back', () => one.isUp() && other.isUp())
  assert.equal(await spend(replicas, PEER, 1_000), 600)
  for (const { clock } of replicas) clock.advance(60_000)
  assert.equal(await spend(replicas, KEY, 300), 120)
})

test('what was counted alone is told when Redis is back', { skip: skipOwn }, async (t) => {
  const redis = await startRedis(t)
  const [one, other] = [await openReplica(t, 'avr:', redis), await openReplica(t, 'avr:', redis)]
  assert.equal(await spend([one], { kind: 'anonymous' }, 1), 1)
  await redis.kill()
  await eventually('both know', () => !one.isUp() && !other.isUp())
  assert.equal(await spend([one], { kind: 'anonymous' }, 30), 30)
  await redis.restart()
  await eventually('both are back', () => one.isUp() && other.isUp())
  const spent = await one.limits.spend({ kind: 'anonymous' }, ADDRESS)
  assert.equal(remainingOf(spent), 60 - 32)
  assert.equal(await spend([other], { kind: 'anonymous' }, 60), 28)
})

test('Redis that comes back empty gives nobody a new allowance', { skip: skipOwn }, async (t) => {
  const redis = await startRedis(t)
  const replicas = await Promise.all([openReplica(t, 'avr:', redis), openReplica(t, 'avr:', redis)])
  const [one, other] = replicas
  assert.equal(await spend(replicas, KEY, 70), 70)
  await redis.kill()
  await eventually('both know', () => !one.isUp() && !other.isUp())
  await redis.restart()
  await eventually('both are back', () => one.isUp() && other.isUp())
  // Nobody knows of what each took in advance after the other had last heard: two points here.
  const more = await spend(replicas, KEY, 200)
  assert.ok(more >= 50 && more <= 52, `${more}`)
})

test('a count that Redis lost goes on, and ends when it would have ended', { skip }, async (t) => {
  const prefix = ownPrefix(t)
  const replica = await openReplica(t, prefix)
  assert.equal(await spend([replica], KEY, 100), 100)
  replica.clock.advance(45_000)
  await usingRedis(TEST_REDIS_URL, (send) => send('UNLINK', `${prefix}key:k`))
  assert.equal(await spend([replica], KEY, 100), 20)
  const { refusal } = await replica.limits.spend(KEY, ADDRESS)
  assert.match(refusal?.problem.headers['retry-after'] ?? '', /^(14|15)$/)
})

test('Redis hanging: a request waits for it once or twice, and limits hold', { skip: skipOwn }, async (t) => {
  const redis = await startRedis(t)
  const replica = await openReplica(t, 'avr:', { url: redis.url, clock: SYSTEM_CLOCK })
  redis.pause()
  const waits: number[] = []
  for (let time = 0; time < 80; time += 1) {
    const { value, ms } = await timeAwake(() => replica.limits.spend({ kind: 'anonymous' }, ADDRESS))
    waits.push(ms)
    assert.equal(value.refusal === null, time < 60)
  }
  assert.ok(Math.max(...waits) < 400, `${Math.max(...waits)}`)
  assert.ok(waits.filter((ms) => ms >= 20).length <= 6, `${waits}`)
})
