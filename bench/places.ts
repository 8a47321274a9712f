/** Where benches keep what they make: a folder and a database of their own, gone when they end. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'

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
