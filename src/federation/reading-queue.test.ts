import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SYSTEM_CLOCK } from '../clock.ts'
import { createReadingQueue } from './reading-queue.ts'

function keepBusy(ms: number): void {
  const started = performance.now()
  while (performance.now() - started < ms) Math.hypot(3, 4)
}

test('what came first is read first, and what reading throws goes to who waits for it alone', async () => {
  const queue = createReadingQueue(SYSTEM_CLOCK)
  const order: number[] = []
  const read = (place: number) => (): number => {
    order.push(place)
    if (place === 1) throw new Error('not readable')
    return place
  }
  const results = await Promise.allSettled([0, 1, 2].map((place) => queue.run(read(place))))
  assert.deepEqual(order, [0, 1, 2])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
})

test('whatever else waits has its turn between long readings', async () => {
  const queue = createReadingQueue(SYSTEM_CLOCK)
  const order: string[] = []
  const readings = Array.from({ length: 8 }, () =>
    queue.run(() => {
      keepBusy(12)
      order.push('reading')
    }),
  )
  const other = new Promise<void>((resolve) => {
    setTimeout(() => {
      order.push('other')
      resolve()
    }, 1)
  })
  await Promise.all([...readings, other])
  assert.ok(order.indexOf('other') < order.lastIndexOf('reading') - 3, order.join(' '))
})

test('nothing is read before the caller goes on', async () => {
  const queue = createReadingQueue(SYSTEM_CLOCK)
  let isRead = false
  const reading = queue.run(() => {
    isRead = true
  })
  assert.equal(isRead, false)
  await reading
  assert.equal(isRead, true)
})
