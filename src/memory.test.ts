import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createMemoryKeeper } from './memory.ts'

test('heavyWorkEnded: what heavy work left behind is collected soon after', async () => {
  using memory = createMemoryKeeper()
  let isCollected = false
  const registry = new FinalizationRegistry(() => {
    isCollected = true
  })
  registry.register(
    Array.from({ length: 100_000 }, (_, index) => ({ index })),
    undefined,
  )
  memory.heavyWorkEnded()
  for (let waited = 0; waited < 5_000 && !isCollected; waited += 50) await sleep(50)
  assert.ok(isCollected)
  assert.equal(Reflect.get(globalThis, 'gc'), undefined, 'the collector is handed to nobody else')
})
