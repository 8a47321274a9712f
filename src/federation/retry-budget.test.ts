import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRetryBudget, type RetryBudget } from './retry-budget.ts'

function createBudget(): { readonly budget: RetryBudget; advance(ms: number): void } {
  let now = 0
  const advance = (ms: number): void => {
    now += ms
  }
  return { budget: createRetryBudget(() => now), advance }
}

function spendAll(budget: RetryBudget): number {
  let spent = 0
  while (budget.spend()) spent += 1
  return spent
}

test('ten repeats are at hand, and no more', () => {
  const { budget } = createBudget()
  assert.equal(spendAll(budget), 10)
})

test('every tenth request earns a repeat', () => {
  const { budget } = createBudget()
  spendAll(budget)
  for (let request = 0; request < 9; request += 1) budget.deposit()
  assert.equal(budget.spend(), false)
  for (let request = 0; request < 2; request += 1) budget.deposit()
  assert.equal(budget.spend(), true)
})

test('every second earns one, too', () => {
  const { budget, advance } = createBudget()
  spendAll(budget)
  advance(999)
  assert.equal(budget.spend(), false)
  advance(1)
  assert.equal(budget.spend(), true)
  assert.equal(budget.spend(), false)
  advance(3_000)
  assert.equal(spendAll(budget), 3)
})

test('a quiet day saves up ten repeats, whatever was earned', () => {
  const { budget, advance } = createBudget()
  for (let request = 0; request < 10_000; request += 1) budget.deposit()
  advance(86_400_000)
  assert.equal(spendAll(budget), 10)
})
