/**
 * Runs the benches, all or the named ones, one after the other: `npm run bench -- search fan-out`.
 * Exits with 1 when a promise does not hold or a bench fails.
 */
import { spawn } from 'node:child_process'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'

const BENCHES = [
  'start',
  'import',
  'search',
  'sharing',
  'fan-out',
  'cold',
  'fault',
  'zoo',
  'stream',
  'pages',
  'hot-path',
  'ranking',
  'simulation',
  'engine-memory',
  'audit',
]
const LIMIT_MS = 600_000

const named = process.argv.slice(2)
const unknown = named.filter((name) => !BENCHES.includes(name))
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}; there are ${BENCHES.join(', ')}.`)
  process.exit(2)
}

const memory = `${(totalmem() / 1e9).toFixed(0)} GB`
console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, ${memory}`)
console.log(`${process.platform} ${process.arch}, Node ${process.version}`)

const failed: string[] = []
for (const name of named.length > 0 ? named : BENCHES) {
  const busy = loadavg()[0] ?? 0
  const noise = busy > 1 ? `, others keep the machine busy (load ${busy.toFixed(1)})` : ''
  console.log(`\nnpm run bench -- ${name}${noise}`)
  if (!(await run(name))) failed.push(name)
}
if (failed.length > 0) {
  console.log(`\nA promise does not hold, or the bench failed: ${failed.join(', ')}`)
  process.exitCode = 1
}

/** Whether it ended well within its time. It cleans up by itself when told to stop. */
function run(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [`bench/${name}.ts`], { stdio: 'inherit' })
    const stop = (): void => void child.kill('SIGTERM')
    const limit = setTimeout(() => {
      console.log(`stopped: not done within ${LIMIT_MS / 60_000} min`)
      stop()
    }, LIMIT_MS)
    process.once('SIGTERM', stop)
    child.once('exit', (code) => {
      clearTimeout(limit)
      process.off('SIGTERM', stop)
      resolve(code === 0)
    })
  })
}
