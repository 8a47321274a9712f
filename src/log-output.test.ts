import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

/** Runs a program that has an open log `output`. */
function start(program: string): ChildProcess {
  const module = new URL('./log-output.ts', import.meta.url).href
  const script = `import { createLogOutput } from ${JSON.stringify(module)}\nconst output = createLogOutput()\n${program}`
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

/** What it printed. */
async function run(program: string): Promise<string> {
  const { stdout } = start(program)
  assert.ok(stdout)
  return text(stdout)
}

const THREE_LINES = `for (const word of ['one', 'two', 'three']) output.write(word + '\\n')`

for (const [what, end] of [
  ['when the process ends', ''],
  ['when it is made to end', 'process.exit(0)'],
  ['when it ends by an uncaught error', `throw new Error('a bug')`],
  ['when the log is closed, and what comes later too', `output[Symbol.dispose](); output.write('late\\n')`],
] as const) {
  test(`lines that wait for others are written ${what}`, async () => {
    const out = await run(`${THREE_LINES}\n${end}`)
    assert.equal(out, `one\ntwo\nthree\n${end.includes('late') ? 'late\n' : ''}`)
  })
}

test('a line waits for others a moment, not until they come', async () => {
  const out = await run(`
    output.write('waiting\\n')
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 600)`)
  assert.equal(out, 'waiting\n')
})

test('a reader who is gone costs the process nothing', async () => {
  const child = start(`
    setTimeout(() => output.write('nobody reads this\\n'), 300)
    setTimeout(() => output.write('nor this\\n'), 600)
    setTimeout(() => process.exit(3), 900)`)
  child.stdout?.destroy()
  const [code] = await once(child, 'exit')
  assert.equal(code, 3)
})
