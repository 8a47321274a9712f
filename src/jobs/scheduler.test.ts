import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createManualClock, type ManualClock } from '../../test/support/clocks.ts'
import { settle } from '../../test/support/engine.ts'
import type { LeaseStore } from '../domain/federation-ports.ts'
import { createScheduler, type Job, type SchedulerDeps } from './scheduler.ts'

const MINUTE_MS = 60_000

/** Leases as the database keeps them. */
function createLeases(clock: ManualClock): LeaseStore & { isBroken: boolean } {
  const held = new Map<string, { readonly holder: string; readonly until: number }>()
  const leases = {
    isBroken: false,
    async claim(name: string, holder: string, ttlMs: number) {
      if (leases.isBroken) throw new Error('the database is gone')
      const lease = held.get(name)
      if (lease !== undefined && lease.holder !== holder && lease.until > clock.now()) return undefined
      held.set(name, { holder, until: clock.now() + ttlMs })
      return 1
    },
    async release(name: string, holder: string) {
      if (held.get(name)?.holder === holder) held.delete(name)
    },
  }
  return leases
}

function setUp(run: Job['run'], change: Partial<Job> = {}, random = 0.5) {
  const clock = createManualClock(0)
  const leases = createLeases(clock)
  const faults: unknown[] = []
  const job: Job = { name: 'sweep', everyMs: MINUTE_MS, isShared: true, run, ...change }
  const replica = (holder: string) => {
    const deps: SchedulerDeps = {
      ...{ leases, holder, clock, random: () => random },
      onFault: (error) => faults.push(error),
    }
    return createScheduler([job], deps)
  }
  /** Time passes in small steps, so that what has been resolved runs on in between. */
  const pass = async (ms: number): Promise<void> => {
    await settle()
    for (let passed = 0; passed < ms; passed += 1_000) {
      clock.advance(Math.min(1_000, ms - passed))
      await settle()
    }
  }
  return { clock, leases, faults, replica, pass }
}

test('a job runs at once and then at each interval', async () => {
  let runs = 0
  const { replica, pass } = setUp(async () => {
    runs += 1
  })
  const scheduler = replica('a')
  scheduler.start()
  scheduler.start()
  await settle()
  assert.equal(runs, 1)
  await pass(3 * MINUTE_MS)
  assert.equal(runs, 4)
  await scheduler[Symbol.asyncDispose]()
  await pass(3 * MINUTE_MS)
  assert.equal(runs, 4)
})

test('intervals are from start to start, however long a run takes, and never longer than was said', async () => {
  for (const random of [0, 0.5, 1]) {
    const starts: number[] = []
    const { clock, replica, pass } = setUp(
      (signal) =>
        new Promise((resolve) => {
          starts.push(clock.now())
          clock.after(20_000, resolve)
          signal.addEventListener('abort', () => resolve())
        }),
      {},
      random,
    )
    await using scheduler = replica('a')
    scheduler.start()
    await pass(3 * MINUTE_MS)
    const intervals = starts.slice(1).map((start, index) => start - (starts[index] ?? 0))
    assert.deepEqual(intervals, Array(3).fill(MINUTE_MS * (1 - random / 10)))
  }
})

test('a run that takes longer than the interval is followed after a short pause', async () => {
  const starts: number[] = []
  const { clock, replica, pass } = setUp(
    (signal) =>
      new Promise((resolve) => {
        starts.push(clock.now())
        clock.after(2 * MINUTE_MS, resolve)
        signal.addEventListener('abort', () => resolve())
      }),
  )
  await using scheduler = replica('a')
  scheduler.start()
  await pass(5 * MINUTE_MS)
  assert.deepEqual(starts, [0, 126_000, 252_000])
})

test('a job never runs beside itself, however long it takes', async () => {
  let [now, most] = [0, 0]
  const { replica, pass, clock } = setUp(
    (signal) =>
      new Promise((resolve) => {
        now += 1
        most = Math.max(most, now)
        const end = (): void => {
          now -= 1
          resolve()
        }
        clock.after(5 * MINUTE_MS, end)
        signal.addEventListener('abort', end)
      }),
  )
  await using scheduler = replica('a')
  scheduler.start()
  await pass(20 * MINUTE_MS)
  assert.equal(most, 1)
})

test('one of several replicas does what is shared, and another when it is gone', async () => {
  const runs: string[] = []
  let holder = ''
  const { replica, pass } = setUp(async () => void runs.push(holder))
  const [one, other] = [replica('one'), replica('other')]
  holder = 'one'
  one.start()
  await settle()
  holder = 'other'
  other.start()
  await pass(2 * MINUTE_MS)
  assert.equal(runs.length, 3, 'the first, and one a minute, whoever of them')
  await one[Symbol.asyncDispose]()
  runs.length = 0
  await pass(MINUTE_MS)
  assert.ok(runs.length >= 1, 'the lease was given back')
  await other[Symbol.asyncDispose]()
})

test('a replica that died is followed when its lease has ended', async () => {
  let runs = 0
  const { replica, pass, leases } = setUp(async () => {
    runs += 1
  })
  await leases.claim('sweep', 'dead', 76_000)
  await using scheduler = replica('alive')
  scheduler.start()
  await pass(75_000)
  assert.equal(runs, 0)
  await pass(16_000)
  assert.equal(runs, 1)
})

test('what is not shared, each replica does for itself', async () => {
  let runs = 0
  const { replica, pass } = setUp(
    async () => {
      runs += 1
    },
    { isShared: false },
  )
  await using one = replica('one')
  await using other = replica('other')
  one.start()
  other.start()
  await pass(MINUTE_MS)
  assert.equal(runs, 4)
})

test('a long run keeps its lease; one that has lost it is told to end', async () => {
  let ended = 0
  const { replica, pass, leases, clock } = setUp(
    (signal) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          ended += 1
          resolve()
        }),
      ),
  )
  await using scheduler = replica('a')
  scheduler.start()
  await pass(10 * MINUTE_MS)
  assert.equal(await leases.claim('sweep', 'b', 1_000), undefined, 'still held')
  await leases.release('sweep', 'a')
  assert.equal(await leases.claim('sweep', 'b', 10 * MINUTE_MS), 1)
  await pass(MINUTE_MS)
  assert.equal(ended, 1)
  assert.ok(clock.now() > 0)
})

test('a run that fails, and a database that does, are reported, and it goes on', async () => {
  let runs = 0
  const { replica, pass, leases, faults } = setUp(async () => {
    runs += 1
    throw new Error('it failed')
  })
  await using scheduler = replica('a')
  scheduler.start()
  await pass(MINUTE_MS)
  assert.equal(runs, 2)
  leases.isBroken = true
  await pass(MINUTE_MS)
  assert.equal(runs, 2, 'nobody knows whose turn it is')
  leases.isBroken = false
  await pass(MINUTE_MS)
  assert.equal(runs, 3)
  assert.equal(faults.length, 4)
})

test('what is under way at the end is told to end, and waited for', async () => {
  let hasEnded = false
  const { replica } = setUp(
    (signal) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () =>
          setTimeout(() => {
            hasEnded = true
            resolve()
          }, 10),
        ),
      ),
  )
  const scheduler = replica('a')
  scheduler.start()
  await settle()
  await scheduler[Symbol.asyncDispose]()
  assert.equal(hasEnded, true)
})

test('a run that ends while its lease is being renewed leaves nothing behind, and its lease is free at the end', async () => {
  const renewed = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  const { replica, pass, leases } = setUp(() => ended.promise)
  const scheduler = replica('a')
  scheduler.start()
  await settle()
  const { claim } = leases
  let renewals = 0
  leases.claim = async (...wanted) => {
    renewals += 1
    await renewed.promise
    return claim(...wanted)
  }
  await pass(30_000)
  assert.equal(renewals, 1)
  ended.resolve()
  const closing = scheduler[Symbol.asyncDispose]()
  await settle()
  renewed.resolve()
  await closing
  await pass(5 * MINUTE_MS)
  assert.equal(renewals, 1)
  assert.equal(await claim('sweep', 'b', 1_000), 1)
})

test('a run whose lease could not be renewed for all of its time is told to end: it may be another’s', async () => {
  let ended = 0
  const { replica, pass, leases } = setUp(
    (signal) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          ended += 1
          resolve()
        }),
      ),
  )
  await using scheduler = replica('a')
  scheduler.start()
  await settle()
  leases.isBroken = true
  await pass(70_000)
  assert.equal(ended, 0, 'the lease lasts 76 s')
  await pass(10_000)
  assert.equal(ended, 1)
})
