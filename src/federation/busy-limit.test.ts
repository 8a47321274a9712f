import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBusyLimit } from './busy-limit.ts'

const OVERLOADED = { code: 'overloaded', status: 503, headers: { 'retry-after': '2' } }

test('beyond so many under way the next is refused at once, until one is done, however it ends', async () => {
  const limited = createBusyLimit(2)
  const { promise, resolve } = Promise.withResolvers<string>()
  const { promise: failing, reject } = Promise.withResolvers<string>()
  const first = limited(() => promise)
  const second = limited(() => failing)
  await assert.rejects(
    limited(async () => assert.fail('it must not begin')),
    OVERLOADED,
  )
  reject(new Error('the database is gone'))
  await assert.rejects(second, /gone/)
  assert.equal(await limited(async () => 'third'), 'third')
  resolve('first')
  assert.equal(await first, 'first')
})
