import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Breaker, type BreakerOptions } from './breaker.ts'

const STEADY: BreakerOptions = { mayOpen: () => true, random: () => 0.5, onChange: () => {} }

function failTimes(breaker: Breaker, times: number, now: number): void {
  for (let time = 0; time < times; time += 1) breaker.fail(now)
}

/** Opens it by five failures at this time. */
function createOpen(now: number, options: Partial<BreakerOptions> = {}): Breaker {
  const breaker = new Breaker({ ...STEADY, ...options })
  failTimes(breaker, 5, now)
  return breaker
}

test('five failures in a row leave the peer alone for half a minute, four do not', () => {
  const breaker = new Breaker(STEADY)
  failTimes(breaker, 4, 1_000)
  assert.equal(breaker.state, 'closed')
  assert.equal(breaker.retryAt, null)
  assert.equal(breaker.admit(1_000), true)
  breaker.fail(1_000)
  assert.equal(breaker.state, 'open')
  assert.equal(breaker.retryAt, 31_000)
  assert.equal(breaker.admit(30_999), false)
  assert.equal(breaker.admit(31_000), true)
})

test('a success in between makes five failures no row', () => {
  const breaker = new Breaker(STEADY)
  failTimes(breaker, 4, 0)
  breaker.succeed(0)
  failTimes(breaker, 4, 0)
  assert.equal(breaker.state, 'closed')
})

test('a peer that fails every other time is left alone at the twentieth call, not before', () => {
  const breaker = new Breaker(STEADY)
  for (let call = 1; call <= 19; call += 1) {
    if (call % 2 === 0) breaker.fail(call)
    else breaker.succeed(call)
  }
  assert.equal(breaker.state, 'closed')
  breaker.fail(20)
  assert.equal(breaker.state, 'open')
})

test('calls count for half a minute, however the others are spread', () => {
  const breaker = new Breaker(STEADY)
  const mostlyFail = (now: number): void => {
    for (const isWell of [1, 0, 0, 0, 0, 1, 0, 0, 0, 0]) isWell ? breaker.succeed(now) : breaker.fail(now)
  }
  mostlyFail(0)
  breaker.succeed(29_900)
  mostlyFail(44_000)
  assert.equal(breaker.state, 'closed', 'only eleven of the twenty-one calls are of the last half minute')
  mostlyFail(44_100)
  assert.equal(breaker.state, 'open')
})

test('one trial is let through; its success closes, and what was before is forgotten', () => {
  const breaker = createOpen(0)
  assert.equal(breaker.admit(30_000), true)
  assert.equal(breaker.state, 'half-open')
  assert.equal(breaker.admit(30_000), false, 'one at a time')
  breaker.succeed(30_100)
  assert.equal(breaker.state, 'closed')
  assert.equal(breaker.retryAt, null)
  failTimes(breaker, 4, 30_200)
  assert.equal(breaker.state, 'closed')
})

test('each trial that fails makes the next wait longer by half a minute, up to five', () => {
  const breaker = createOpen(0)
  let now = 0
  for (const seconds of [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300]) {
    assert.equal(breaker.retryAt, now + seconds * 1_000)
    now += seconds * 1_000
    assert.equal(breaker.admit(now), true)
    breaker.fail(now)
    assert.equal(breaker.state, 'open')
  }
})

test('every wait is a fifth longer or shorter, by chance', () => {
  assert.equal(createOpen(0, { random: () => 0 }).retryAt, 24_000)
  assert.equal(createOpen(0, { random: () => 1 }).retryAt, 36_000)
})

test('a peer that fails again within ten minutes waits longer, one that was well for longer starts anew', () => {
  for (const [wellMs, waitsMs] of [
    [600_000, 60_000],
    [600_001, 30_000],
  ] as const) {
    const breaker = createOpen(0)
    breaker.admit(30_000)
    breaker.succeed(30_000)
    failTimes(breaker, 5, 30_000 + wellMs)
    assert.equal(breaker.retryAt, 30_000 + wellMs + waitsMs)
  }
})

test('a trial that came to nothing is given to the next caller at once', () => {
  const breaker = createOpen(0)
  assert.equal(breaker.admit(30_000), true)
  breaker.forget()
  assert.equal(breaker.state, 'half-open')
  assert.equal(breaker.admit(30_001), true)
})

test('a trial nobody reports on is given up after ten seconds', () => {
  const breaker = createOpen(0)
  assert.equal(breaker.admit(30_000), true)
  assert.equal(breaker.admit(39_999), false)
  assert.equal(breaker.admit(40_000), true)
})

test('failures that come in while the peer is left alone change nothing; a success shows that it is well', () => {
  const breaker = createOpen(0)
  failTimes(breaker, 9, 1_000)
  assert.equal(breaker.retryAt, 30_000)
  breaker.succeed(1_100)
  assert.equal(breaker.state, 'closed')
})

test('where no more peers may be left alone it stays closed, and asks again at the next failure', () => {
  let mayOpen = false
  const breaker = createOpen(0, { mayOpen: () => mayOpen })
  assert.equal(breaker.state, 'closed')
  mayOpen = true
  breaker.fail(1)
  assert.equal(breaker.state, 'open')
})

test('each change of state is told, once', () => {
  const told: string[] = []
  const breaker = createOpen(0, { onChange: (state) => told.push(state) })
  breaker.fail(1)
  breaker.admit(30_000)
  breaker.admit(30_001)
  breaker.fail(30_002)
  breaker.admit(100_000)
  breaker.succeed(100_001)
  breaker.succeed(100_002)
  assert.deepEqual(told, ['open', 'half-open', 'open', 'half-open', 'closed'])
})
