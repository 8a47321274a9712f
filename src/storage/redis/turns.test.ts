import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turnOfLoop } from 'node:timers/promises'
import { createManualClock } from '../../../test/support/clocks.ts'
import { createTurns } from './turns.ts'

test('so many have a turn at once, the others get one in the order they came', async () => {
  const turns = createTurns(2, createManualClock(0))
  const got: number[] = []
  const takers = Array.from({ length: 5 }, async (_, index) => {
    assert.ok(await turns.take(100))
    got.push(index)
  })
  await turnOfLoop()
  assert.deepEqual(got, [0, 1])
  turns.giveBack()
  await turnOfLoop()
  assert.deepEqual(got, [0, 1, 2])
  turns.giveBack()
  turns.giveBack()
  await Promise.all(takers)
  assert.deepEqual(got, [0, 1, 2, 3, 4])
})

test('who waits too long goes without, and loses nobody a turn', async () => {
  const clock = createManualClock(0)
  const turns = createTurns(1, clock)
  assert.ok(await turns.take(100))
  const late = turns.take(100)
  const patient = turns.take(500)
  clock.advance(100)
  assert.equal(await late, false)
  turns.giveBack()
  assert.equal(await patient, true)
  turns.giveBack()
  assert.ok(await turns.take(0))
})

test('a turn handed over in the last moment is taken', async () => {
  const clock = createManualClock(0)
  const turns = createTurns(1, clock)
  assert.ok(await turns.take(100))
  const waiting = turns.take(100)
  clock.advance(100)
  turns.giveBack()
  assert.equal(await waiting, true)
  const next = turns.take(100)
  clock.advance(100)
  assert.equal(await next, false) // it is not free
})
