import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askingPauseMs, createAllowance } from './allowance.ts'

const told = (remaining: number): Headers =>
  new Headers({ 'ratelimit-policy': '"anonymous";q=60;w=60', ratelimit: `"anonymous";r=${remaining};t=20` })

test('what is left is the share of the allowance that the last answer told, until that begins anew', () => {
  const allowance = createAllowance()
  assert.equal(allowance.left(0), 1)
  allowance.note(told(45), 0)
  assert.equal(allowance.left(1_000), 0.75)
  allowance.note(told(6), 2_000)
  assert.equal(allowance.left(3_000), 0.1)
  assert.equal(allowance.left(22_000), 1)
})

test('answers that say nothing of it, or nothing that can be read, change nothing', () => {
  const allowance = createAllowance()
  allowance.note(told(30), 0)
  allowance.note(new Headers(), 0)
  allowance.note(new Headers({ ratelimit: 'anonymous', 'ratelimit-policy': '"anonymous";q=0;w=60' }), 0)
  assert.equal(allowance.left(1), 0.5)
})

test('a page asks less often by itself the less is left, and twenty open ones together leave something', () => {
  assert.deepEqual(
    [1, 0.51, 0.5, 0.21, 0.2, 0].map((left) => askingPauseMs(5_000, left)),
    [5_000, 5_000, 15_000, 15_000, 60_000, 60_000],
  )
  // Twenty pages with a key's 120 requests a minute, and a minute that begins anew for all at once.
  for (const pages of [1, 3, 20]) {
    const asks = Array.from({ length: pages }, (_, page) => page * 100)
    let used = 0
    for (let now = 0; now < 60_000; now += 100) {
      for (const [page, at] of asks.entries()) {
        if (at !== now) continue
        used += 1
        asks[page] = now + askingPauseMs(5_000, Math.max(0, 1 - used / 120))
      }
    }
    assert.ok(used < 120, `${pages} pages asked ${used} times`)
  }
})
