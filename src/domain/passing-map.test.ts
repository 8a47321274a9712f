import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { PassingMap } from './passing-map.ts'

const run = promisify(execFile)

test('holds what a Map holds, in its order, whatever comes and goes', () => {
  const step = fc.record({ key: fc.nat({ max: 60 }), isSet: fc.boolean(), value: fc.nat() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const passing = new PassingMap<number, number>()
      const map = new Map<number, number>()
      for (const { key, isSet, value } of steps) {
        if (isSet) {
          passing.set(key, value)
          map.set(key, value)
        } else assert.equal(passing.delete(key), map.delete(key))
        assert.equal(passing.size, map.size)
        assert.equal(passing.get(key), map.get(key))
        assert.equal(passing.has(key), map.has(key))
      }
      assert.deepEqual([...passing], [...map])
      assert.deepEqual([...passing.values()], [...map.values()])
      passing.clear()
      assert.deepEqual([passing.size, ...passing], [0])
    }),
  )
})

test('what has gone is not carried along by a table that has grown old', async () => {
  const program = `
    import { PassingMap } from ${JSON.stringify(new URL('passing-map.ts', import.meta.url).href)}
    const KILOBYTES = 20_000
    const keptOf = (map) => {
      const turn = (n) => {
        for (let i = 0; i < 20; i += 1) map.set(n + i, { ballast: new Array(128).fill(n) })
        for (let i = 0; i < 20; i += 1) map.delete(n + i)
      }
      const minor = () => gc({ type: 'minor' })
      const inUse = () => process.memoryUsage().heapUsed
      gc()
      turn(0)
      map.set(-1, null)
      minor()
      minor()
      const before = inUse()
      for (let n = 0; n < KILOBYTES; n += 20) {
        turn(n)
        if (n % 1_000 === 0) minor()
      }
      minor()
      minor()
      return (inUse() - before) / 1_024
    }
    console.log(Math.round(keptOf(new PassingMap())), Math.round(keptOf(new Map())))`
  const flags = ['--expose-gc', '--no-concurrent-marking', '--input-type=module']
  const { stdout } = await run(process.execPath, [...flags, '--eval', program])
  const [kept = 0, keptByMap = 0] = stdout.trim().split(' ').map(Number)
  assert.ok(kept < 2_000, `of 20,000 kilobytes ${kept} stayed; of a Map ${keptByMap}`)
})
