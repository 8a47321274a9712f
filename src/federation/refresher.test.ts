import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AT_A_TIME, createRefresher, HOLDS_UP_MS, MOST_WAITING } from './refresher.ts'

/** Nothing happens before it is told to. */
function createSteps() {
  const soon: (() => void)[] = []
  const timers = new Set<() => void>()
  return {
    clock: {
      soon: (callBack: () => void) => void soon.push(callBack),
      after(delayMs: number, callBack: () => void) {
        assert.equal(delayMs, HOLDS_UP_MS)
        timers.add(callBack)
        return () => void timers.delete(callBack)
      },
    },
    timers,
    /** One turn of the loop. @returns how many had waited for it. */
    turn(): number {
      const now = soon.splice(0)
      for (const callBack of now) callBack()
      return now.length
    },
  }
}

const never = (): Promise<void> => new Promise(() => {})
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('requests begin one in each turn of the loop, and no more than a few are under way', async () => {
  const steps = createSteps()
  const refresher = createRefresher(steps.clock)
  const begun: number[] = []
  const ends: (() => void)[] = []
  for (let number = 0; number < AT_A_TIME + 2; number += 1) {
    refresher.want(`${number}`, () => {
      begun.push(number)
      return new Promise<void>((resolve) => ends.push(resolve))
    })
  }
  assert.deepEqual(begun, [], 'not while the one who wants it is being served')
  for (let turn = 1; turn <= AT_A_TIME; turn += 1) {
    assert.equal(steps.turn(), 1)
    assert.equal(begun.length, turn)
  }
  assert.equal(steps.turn(), 0, 'the rest waits until one has ended')
  ends[3]?.()
  await settled()
  steps.turn()
  assert.deepEqual(
    begun,
    Array.from({ length: AT_A_TIME + 1 }, (_, number) => number),
  )
  assert.equal(steps.timers.size, AT_A_TIME, 'no timer is left of the one that ended')
})

test('requests that hang hold up the rest for a moment only, and count once when they end after all', async () => {
  const steps = createSteps()
  const refresher = createRefresher(steps.clock)
  const ends: (() => void)[] = []
  let begun = 0
  const hang = (): Promise<void> => {
    begun += 1
    return new Promise<void>((resolve) => ends.push(resolve))
  }
  for (let number = 0; number < 3 * AT_A_TIME; number += 1) refresher.want(`${number}`, hang)
  while (steps.turn() > 0) {}
  assert.equal(begun, AT_A_TIME)
  for (const end of [...steps.timers]) {
    steps.timers.delete(end)
    end()
  }
  while (steps.turn() > 0) {}
  assert.equal(begun, 2 * AT_A_TIME)
  for (const end of ends.slice(0, AT_A_TIME)) end()
  await settled()
  while (steps.turn() > 0) {}
  assert.equal(begun, 2 * AT_A_TIME, 'those that had been given up make no room a second time')
})

test('what many want waits once, and may be wanted again once it was begun', () => {
  const steps = createSteps()
  const refresher = createRefresher(steps.clock)
  let begun = 0
  const ask = (): Promise<void> => {
    begun += 1
    return never()
  }
  refresher.want('same', ask)
  refresher.want('same', ask)
  while (steps.turn() > 0) {}
  assert.equal(begun, 1)
  refresher.want('same', ask)
  while (steps.turn() > 0) {}
  assert.equal(begun, 2)
})

test('what waits is bounded, and is forgotten when it is cleared', () => {
  const steps = createSteps()
  const refresher = createRefresher(steps.clock)
  const begun = new Set<number>()
  for (let number = 0; number <= MOST_WAITING; number += 1) {
    refresher.want(`${number}`, async () => void begun.add(number))
  }
  refresher.clear()
  while (steps.turn() > 0) {}
  assert.equal(begun.size, 0)
  refresher.want('after', async () => void begun.add(-1))
  while (steps.turn() > 0) {}
  assert.deepEqual([...begun], [-1])
})
