import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SYSTEM_CLOCK } from '../clock.ts'
import { createTurns } from './turns.ts'

/** Turns of a loop that is moved by hand. */
function createLoop() {
  let waiting: (() => void)[] = []
  return {
    soon: (callBack: () => void) => void waiting.push(callBack),
    async turn() {
      const due = waiting
      waiting = []
      for (const callBack of due) callBack()
      await new Promise<void>((resolve) => setImmediate(resolve))
    },
    isIdle: () => waiting.length === 0,
  }
}

test('one search works in each turn of the loop, and who has begun goes before those who begin', async () => {
  const loop = createLoop()
  const turns = createTurns(loop)
  const order: string[] = []
  const search = async (name: string): Promise<void> => {
    await turns.begin()
    order.push(`${name} begins`)
    await turns.goOn()
    order.push(`${name} ends`)
  }
  const searches = ['a', 'b', 'c'].map(search)
  await Promise.resolve()
  await Promise.resolve()
  const seen: string[][] = []
  for (let turn = 0; turn < 6; turn += 1) {
    seen.push(order.splice(0))
    await loop.turn()
  }
  await Promise.all(searches)
  assert.deepEqual(seen, [['a begins'], ['a ends'], ['b begins'], ['b ends'], ['c begins'], ['c ends']])
  await loop.turn()
  assert.ok(loop.isIdle(), 'nothing goes on when nobody waits')
})

test('who is alone waits for nothing', async () => {
  const loop = createLoop()
  const turns = createTurns(loop)
  let hasBegun = false
  void turns.begin().then(() => {
    hasBegun = true
  })
  await Promise.resolve()
  assert.ok(hasBegun)
})

test('whoever else waits for the loop has a turn between two searches', async () => {
  const turns = createTurns(SYSTEM_CLOCK)
  const order: string[] = []
  const searches = Array.from({ length: 6 }, async (_, place) => {
    await turns.begin()
    order.push(`search ${place}`)
  })
  const other = new Promise<void>((resolve) =>
    setImmediate(() => {
      order.push('other')
      resolve()
    }),
  )
  await Promise.all([...searches, other])
  assert.ok(order.indexOf('other') <= 2, order.join(', '))
})
