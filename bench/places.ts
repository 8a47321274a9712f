/** Where benches keep what they make: a folder, a database, a Redis of their own, gone when they end. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { createClient } from 'redis'
import { findFreePort } from './server-process.ts'

export async function makeFolder(stack: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'agentvault-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export type PostgresDatabase = {
  readonly url: string
  /** Runs one statement in it. */
  run(statement: string): Promise<void>
}

/**
 * A new database on the server at `TEST_DATABASE_URL`, by default the one of this machine.
 * @returns undefined, said on the terminal, when no server answers there.
 */
export async function makePostgresDatabase(
  stack: AsyncDisposableStack,
): Promise<PostgresDatabase | undefined> {
  const server = process.env.TEST_DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres'
  const name = `avr_bench_${process.pid}_${randomBytes(4).toString('hex')}`
  try {
    await runOn(server, `create database ${name}`)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    console.log(`PostgreSQL is left out: the server at TEST_DATABASE_URL cannot be used (${reason}).`)
    return undefined
  }
  stack.defer(() => runOn(server, `drop database ${name} with (force)`))
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, run: (statement) => runOn(url.href, statement) }
}

async function runOn(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

export type BenchRedis = {
  readonly url: string
  /** How many counters were added to since it started. */
  countAdditions(): Promise<number>
}

/** Starts a Redis that keeps nothing on disk. @throws Error when it is not installed. */
export async function startRedis(stack: AsyncDisposableStack, folder: string): Promise<BenchRedis> {
  const port = await findFreePort()
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', [...settings, '--dir', folder], { stdio: 'ignore' })
  stack.defer(() => stop(child))
  await once(child, 'spawn')
  const url = `redis://127.0.0.1:${port}`
  for (let tries = 0; (await readStatistics(url)) === undefined; tries += 1) {
    if (tries === 100) throw new Error('redis-server does not answer')
    await sleep(50)
  }
  return {
    url,
    countAdditions: async () =>
      Number(/cmdstat_incrby:calls=(\d+)/.exec((await readStatistics(url)) ?? '')?.[1] ?? 0),
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

/** Undefined when it does not answer. */
async function readStatistics(url: string): Promise<string | undefined> {
  const client = createClient({ url, socket: { reconnectStrategy: false } })
  client.on('error', () => {}) // `connect` tells
  try {
    await client.connect()
    return await client.info('commandstats')
  } catch {
    return undefined // it is not there yet
  } finally {
    client.destroy()
  }
}
