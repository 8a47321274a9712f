/**
 * Redis for tests: the one at `TEST_REDIS_URL`, shared by all with keys of each test's own, or a server that belongs to
 * one test and may be broken.
 *
 * With `CI=true` a Redis that does not answer is a failure; elsewhere its tests are left out, which one line says.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'redis'
import { SYSTEM_CLOCK } from '../../src/clock.ts'
import type { Clock } from '../../src/domain/ports.ts'
import type { SharingEvents, SharingFault, SharingOperation, SharingState } from '../../src/domain/sharing.ts'
import { openSharedStore, type SharedStore } from '../../src/storage/redis/shared-store.ts'
import { findFreePort, temporaryFolder } from './registry.ts'

export const TEST_REDIS_URL: string = process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379'

/** Whether the tests that need the Redis at `TEST_REDIS_URL` can run. @throws in CI when it does not answer. */
export async function hasRedis(what: string): Promise<boolean> {
  try {
    await usingRedis(TEST_REDIS_URL, async () => {})
    return true
  } catch (error) {
    if (process.env.CI === 'true') throw error
    console.log(`${what}: left out, Redis does not answer at TEST_REDIS_URL`)
    return false
  }
}

/** Whether the tests that start a Redis of their own can run. @throws in CI when it is not installed. */
export function hasRedisServer(what: string): boolean {
  const { error } = spawnSync('redis-server', ['--version'])
  if (error === undefined) return true
  if (process.env.CI === 'true') throw error
  console.log(`${what}: left out, redis-server is not installed`)
  return false
}

type Command = readonly (string | Buffer)[]

/** Sends commands over a connection of its own, past the code under test. */
export async function usingRedis<T>(
  url: string,
  use: (send: (...command: Command) => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const client = createClient({ url, RESP: 2, socket: { reconnectStrategy: false, connectTimeout: 2_000 } })
  client.on('error', () => {}) // `connect` tells
  await client.connect()
  try {
    return await use((...command) => client.sendCommand(command))
  } finally {
    client.destroy()
  }
}

/** A prefix for the keys of one test at `TEST_REDIS_URL`, which go with it. */
export function ownPrefix(t: TestContext): string {
  const prefix = `avr-test:${randomBytes(8).toString('hex')}:`
  removeKeysAfter(t, prefix)
  return prefix
}

export function removeKeysAfter(t: TestContext, prefix: string): void {
  t.after(() =>
    usingRedis(TEST_REDIS_URL, async (send) => {
      const keys = (await send('KEYS', `${prefix}*`)) as string[]
      if (keys.length > 0) await send('UNLINK', ...keys)
    }),
  )
}

export type Sharing = SharingEvents & {
  readonly states: SharingState[]
  readonly failures: { readonly operation: SharingOperation; readonly fault: SharingFault }[]
  /** Failures as `put full`, each kind once. */
  kinds(): string[]
}

/** Remembers what is told. */
export function rememberSharing(): Sharing {
  const states: SharingState[] = []
  const failures: Sharing['failures'] = []
  return {
    states,
    failures,
    sharingChanged: (state) => void states.push(state),
    sharingFailed: (operation, fault) => void failures.push({ operation, fault }),
    kinds: () => [...new Set(failures.map(({ operation, fault }) => `${operation} ${fault}`))],
  }
}

/** A store over a Redis; it is closed with the test. */
export async function openStore(
  t: TestContext,
  options: { readonly url?: string; readonly prefix: string; readonly clock?: Clock },
): Promise<SharedStore & { readonly told: Sharing }> {
  const told = rememberSharing()
  const { url = TEST_REDIS_URL, prefix, clock = SYSTEM_CLOCK } = options
  const store = await openSharedStore(url, {
    ...{ prefix, clock, random: Math.random, events: told },
  })
  t.after(() => store[Symbol.asyncDispose]())
  return { ...store, told }
}

export type RedisServer = {
  readonly url: string
  /** Ends it without a farewell. */
  kill(): Promise<void>
  /** Starts it anew, empty, at the same address. */
  restart(): Promise<void>
  /** Lets it hang, with its connections open. */
  pause(): void
  resume(): void
}

/** A Redis that keeps nothing on disk, at an address of its own. @param settings as on its command line. */
export async function startRedis(t: TestContext, ...settings: readonly string[]): Promise<RedisServer> {
  const folder = await temporaryFolder(t)
  const port = await findFreePort()
  const url = `redis://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  const start = async () => {
    const own = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
    child = spawn('redis-server', [...own, '--dir', folder, ...settings], { stdio: 'ignore' })
    await untilAnswering(url)
  }
  const kill = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  t.after(kill)
  await start()
  return {
    url,
    kill,
    restart: start,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  }
}

async function untilAnswering(url: string): Promise<void> {
  await eventually(`${url} answers`, () =>
    usingRedis(url, async (send) => {
      await send('PING')
      return true
    }).catch((error: unknown) => error instanceof Error && /NOAUTH|WRONGPASS/.test(error.message)),
  )
}

/** Waits until it holds, up to 10 s. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `not within 10 s: ${what}`)
    await sleep(20)
  }
}
