import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAllowance } from './allowance.ts'

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
