import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createMemoryKeeper } from './memory.ts'

/** Something large that nobody holds any more, and whether it is collected. */
function dropSomething(entries: number): { isCollected: boolean } {
  const state = { isCollected: false }
  const dropped = Array.from({ length: entries }, (_, index) => ({ index }))
  collected.register(dropped, state)
  return state
}

const collected = new FinalizationRegistry((state: { isCollected: boolean }) => {
  state.isCollected = true
})

async function untilCollected(state: { readonly isCollected: boolean }): Promise<void> {
  for (let waited = 0; waited < 20_000 && !state.isCollected; waited += 50) await sleep(50)
  assert.ok(state.isCollected)
}

test('heavyWorkEnded: what heavy work left behind is collected soon after', async () => {
  using memory = createMemoryKeeper()
  const state = dropSomething(100_000)
  memory.heavyWorkEnded()
  await untilCollected(state)
  assert.equal(Reflect.get(globalThis, 'gc'), undefined, 'the collector is handed to nobody else')
})

test('in quiet times what was used meanwhile is collected', async () => {
  using _memory = createMemoryKeeper(200)
  await untilCollected(dropSomething(1_500_000))
})
