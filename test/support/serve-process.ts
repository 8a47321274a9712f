/** `serve` as an operator runs it: a process of its own, its words kept. */
import assert from 'node:assert/strict'
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { COMPILE_CACHE } from './compile-cache.ts'
import type { Settings } from './registry.ts'

export const MAIN: string = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export type Ended = {
  readonly code: number | null
  readonly signal: string | null
  readonly out: string
  readonly err: string
}

export type ServeProcess = {
  readonly child: ChildProcess
  /** Where it listens. @throws when it ends before it does. */
  readonly listening: Promise<string>
  readonly ended: Promise<Ended>
}

export type ServeOptions = {
  readonly argv?: readonly string[]
  readonly spawn?: SpawnOptions
  /** A shell line that runs before the process takes the shell's place. */
  readonly prelude?: string
}

/** Starts the program; it is killed with the test if it still runs. */
export function startServe(t: TestContext, env: Settings, options: ServeOptions = {}): ServeProcess {
  const argv = [MAIN, 'serve', ...(options.argv ?? [])]
  const [command, args] =
    options.prelude === undefined
      ? [process.execPath, argv]
      : ['bash', ['-c', `${options.prelude}; exec "$0" "$@"`, process.execPath, ...argv]]
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
    ...options.spawn,
  })
  const said = { out: '', err: '' }
  const listening = new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      said.out += String(chunk)
      const url = /listening on (\S+)\n/.exec(said.out)?.[1]
      if (url !== undefined) resolve(url)
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      said.err += String(chunk)
    })
    child.once('close', () => reject(new Error(`it ended: ${said.out}${said.err}`)))
  })
  listening.catch(() => {}) // most tests wait for one of the two
  const ended = once(child, 'close').then(([code, signal]) => ({ ...said, code, signal }))
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, listening, ended }
}

/** Stops a running process as an operator does. */
export async function stopServe({ child, ended }: ServeProcess): Promise<Ended> {
  child.kill('SIGTERM')
  return ended
}

/** It did not start, and one sentence says why: no stack, no noise. */
export async function assertRefused(process: ServeProcess, sentence: RegExp, code = 1): Promise<void> {
  const { out, err, ...rest } = await process.ended
  assert.deepEqual({ ...rest, out }, { code, signal: null, out: '' }, err)
  assert.match(err, /^[A-Z/][^\n]*\.\n$/)
  assert.match(err, sentence)
}
