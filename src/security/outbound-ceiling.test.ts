import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCeiling } from './outbound-ceiling.ts'

const MS = 40

test('each request is told when its own time is over, the first to begin first, and none that has ended', async () => {
  const ceiling = createCeiling(MS)
  const told: string[] = []
  const lasted: number[] = []
  const request = (name: string): (() => void) => {
    const began = performance.now()
    return () => {
      told.push(name)
      lasted.push(performance.now() - began)
    }
  }
  const { promise: lastIsOver, resolve } = Promise.withResolvers<void>()
  const [first, ended, second] = [request('first'), request('ended'), request('second')]
  ceiling.begin(first)
  ceiling.begin(ended)
  ceiling.end(ended)
  await sleep(MS / 2)
  const last = request('last')
  ceiling.begin(second)
  ceiling.begin(() => {
    last()
    resolve()
  })
  await lastIsOver
  assert.deepEqual(told, ['first', 'second', 'last'])
  assert.ok(
    lasted.every((ms) => ms >= MS - 2),
    `not before its time: ${lasted.join(', ')} ms`,
  )
})

test('when all have ended nothing is left, and the next request has all its time', async () => {
  const ceiling = createCeiling(MS)
  const quick = (): void => assert.fail('it had ended')
  ceiling.begin(quick)
  await sleep(MS / 2)
  ceiling.end(quick)
  ceiling.end(quick)
  const began = performance.now()
  await new Promise<void>((resolve) => ceiling.begin(resolve))
  assert.ok(performance.now() - began >= MS - 2)
})
