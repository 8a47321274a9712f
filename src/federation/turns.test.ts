import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SYSTEM_CLOCK } from '../clock.ts'
import { createTurns } from './turns.ts'

/** A loop whose turns are taken by hand, in which only work takes time. */
function createLoop() {
  let waiting: (() => void)[] = []
  let elapsed = 0
  return {
    soon: (callBack: () => void) => void waiting.push(callBack),
    monotonic: () => elapsed,
    work(ms: number) {
      elapsed += ms
    },
    async turn() {
      const due = waiting
      waiting = []
      for (const callBack of due) {
        callBack()
        await new Promise<void>((resolve) => setImmediate(resolve)) // what follows from it comes before the next
      }
    },
    isIdle: () => waiting.length === 0,
  }
}

/** What each turn of the loop brought, while searches of so much work begin at once. */
async function watch(count: number, pieceMs: number): Promise<string[]> {
  const loop = createLoop()
  const turns = createTurns(loop)
  const order: string[] = []
  const search = async (name: number): Promise<void> => {
    await turns.begin()
    loop.work(pieceMs)
    order.push(`${name}`)
    await turns.goOn()
    loop.work(pieceMs)
    order.push(`${name}.`)
  }
  const searches = Array.from({ length: count }, (_, name) => search(name))
  await new Promise<void>((resolve) => setImmediate(resolve))
  const seen: string[] = []
  while (!loop.isIdle()) {
    seen.push(order.splice(0).join(' '))
    await loop.turn()
  }
  await Promise.all(searches)
  return seen
}

test('long pieces of work have a turn of the loop each, and who has begun goes before those who begin', async () => {
  assert.deepEqual(await watch(3, 10), ['0', '0.', '1', '1.', '2', '2.'])
})

test('short ones share a turn, as long as it is short', async () => {
  assert.deepEqual(await watch(5, 3), ['0', '0. 1 1.', '2 2. 3', '3. 4 4.'])
  assert.deepEqual(await watch(6, 0), ['0', '0. 1 1. 2 2. 3 3. 4', '4. 5 5.'])
})

test('who is alone waits for nothing', async () => {
  const turns = createTurns(createLoop())
  let hasBegun = false
  void turns.begin().then(() => {
    hasBegun = true
  })
  await Promise.resolve()
  assert.ok(hasBegun)
})

test('whoever else waits for the loop has a turn between searches that work long', async () => {
  const turns = createTurns(SYSTEM_CLOCK)
  const order: string[] = []
  const searches = Array.from({ length: 6 }, async (_, place) => {
    await turns.begin()
    const started = performance.now()
    while (performance.now() - started < 10) Math.hypot(3, 4)
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
