import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createMemoryKeeper } from './memory.ts'

const run = promisify(execFile)

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

test('tuneCollector: what is made where much has stayed begins young all the same', async () => {
  const program = `
    import { tuneCollector } from ${JSON.stringify(new URL('memory.ts', import.meta.url).href)}
    tuneCollector()
    const make = (n) => ({ n, next: n + 1, list: [n, n, n], inner: { n } })
    const staying = Array.from({ length: 400_000 }, (_, n) => make(n))
    let young = 0
    for (let n = 0; n < 10_000; n += 1) if (%InYoungGeneration(make(n))) young += 1
    console.log(young, staying.length)`
  const flags = ['--allow-natives-syntax', '--max-semi-space-size=4', '--input-type=module']
  const { stdout } = await run(process.execPath, [...flags, '--eval', program])
  assert.equal(stdout, '10000 400000\n')
})
