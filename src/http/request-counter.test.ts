import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createManualClock } from '../../test/support/clocks.ts'
import { createRequestCounter, type Standing } from './request-counter.ts'

function openCounter(allowance: number) {
  const clock = createManualClock(0)
  const { spend, peek } = createRequestCounter({ name: 'test', allowance, clock, shared: null })
  /** Counts without anything to wait for. */
  const spendNow = (caller: string): Standing => {
    const standing = spend(caller)
    assert.ok(!(standing instanceof Promise))
    return standing
  }
  return { clock, peek, spend: spendNow }
}

test('alone, it counts at once, to the last point and not beyond', () => {
  const { spend } = openCounter(3)
  assert.deepEqual(
    Array.from({ length: 5 }, () => spend('a')).map(({ isOver, remaining }) => [isOver, remaining]),
    [
      [false, 2],
      [false, 1],
      [false, 0],
      [true, 0],
      [true, 0],
    ],
  )
})

test('a window begins with the first request and is not made longer by those that are refused', () => {
  const { clock, spend } = openCounter(1)
  spend('a')
  clock.advance(59_000)
  assert.deepEqual(spend('a'), { isOver: true, remaining: 0, msLeft: 1_000 })
  clock.advance(1_000)
  assert.deepEqual(spend('a'), { isOver: false, remaining: 0, msLeft: 60_000 })
})

test('looking counts nothing, and knows nothing of who did not ask yet', () => {
  const { clock, spend, peek } = openCounter(1)
  assert.deepEqual(peek('a'), { isOver: false, remaining: 1, msLeft: 60_000 })
  spend('a')
  assert.deepEqual(peek('a'), { isOver: true, remaining: 0, msLeft: 60_000 })
  assert.equal(peek('b').isOver, false)
  clock.advance(60_000)
  assert.equal(peek('a').isOver, false)
})

test('a caller is not forgotten before the window ends, whatever the others do', () => {
  const { clock, spend, peek } = openCounter(1)
  for (const offset of [0, 1, 29_999, 30_000, 59_999]) {
    clock.advance(offset)
    const caller = `at ${offset}`
    spend(caller)
    for (let second = 0; second < 59; second += 1) {
      clock.advance(1_000)
      spend(`${caller} and ${second}`)
      assert.ok(peek(caller).isOver, `${caller}, ${second} s later`)
    }
    clock.advance(1_000)
    assert.equal(peek(caller).isOver, false)
  }
})

test('strangers from very many addresses are limited one by one, and forgotten rather than kept without end', () => {
  const { spend, peek } = openCounter(1)
  spend('first')
  for (let index = 0; index < 40_000; index += 1) spend(`stranger ${index}`)
  assert.ok(peek('first').isOver)
  assert.ok(peek('stranger 39999').isOver)
  for (let index = 0; index < 120_000; index += 1) spend(`more ${index}`)
  assert.equal(peek('first').isOver, false)
  assert.ok(peek('more 119999').isOver)
})
