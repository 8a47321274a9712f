/**
 * The engines every store must behave alike on: SQLite in a temporary file, and PostgreSQL in a database of its
 * own, made for the run and dropped after it.
 *
 * `TEST_DATABASE_URL` names the PostgreSQL server. With `CI=true` a server that does not answer is a failure;
 * elsewhere its suites are left out, which one line says.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'node:test'
import pg from 'pg'
import type { Engine, EngineKind } from '../../src/storage/engine.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openPostgresEngine } from '../../src/storage/postgres/engine.ts'
import { openSqliteEngine } from '../../src/storage/sqlite/engine.ts'

/** One empty database, thrown away when the test that asked for it lets go of it. */
export type EngineUnderTest = AsyncDisposable & {
  readonly kind: EngineKind
  /** Path of the file, or URL of the database: for another process that opens it. */
  readonly address: string
  /**
   * A migrated engine over this database; what an earlier one stored is there. PostgreSQL gives several at a
   * time, as replicas have them, SQLite one.
   */
  open(): Promise<Engine>
  /** The same without migrations. */
  openBare(): Engine
  /** Closes the engines that are still open and removes the database; `await using` calls it. */
  dispose(): Promise<void>
}

type Suite = (createDatabase: () => Promise<EngineUnderTest>, kind: EngineKind) => void

/**
 * Registers a suite once for each engine at hand:
 * ```ts
 * await forEachEngine('peer store', (createDatabase) => {
 *   test('…', async () => {
 *     await using database = await createDatabase()
 *     const engine = await database.open()
 *   })
 * })
 * ```
 */
export async function forEachEngine(name: string, suite: Suite): Promise<void> {
  // Asked first: a suite of SQLite keeps the process busy for longer than the connection may take.
  const withPostgres = await hasPostgres(name)
  describe(`${name} on SQLite`, () => suite(createSqliteDatabase, 'sqlite'))
  if (withPostgres) {
    describe(`${name} on PostgreSQL`, () => suite(createPostgresDatabase, 'postgres'))
  }
}

/** Opens a database by its address, as another process does. */
export function openEngineAt(kind: EngineKind, address: string): Engine {
  // Connections are cut on purpose when a database is dropped: nobody needs to hear of it.
  return kind === 'sqlite' ? openSqliteEngine(address) : openPostgresEngine(address, () => {})
}

export async function createSqliteDatabase(): Promise<EngineUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'avr-test-'))
  return databaseAt('sqlite', join(folder, 'registry.db'), () => rm(folder, { recursive: true }))
}

export async function createPostgresDatabase(): Promise<EngineUnderTest> {
  const name = `avr_test_${process.pid}_${randomBytes(6).toString('hex')}`
  await onServer(`create database ${name}`)
  const url = new URL(serverUrl())
  url.pathname = `/${name}`
  return databaseAt('postgres', url.href, () => onServer(`drop database ${name} with (force)`))
}

function databaseAt(kind: EngineKind, address: string, remove: () => Promise<void>): EngineUnderTest {
  const opened: Engine[] = []
  const openBare = () => {
    const engine = closingOnce(openEngineAt(kind, address))
    opened.push(engine)
    return engine
  }
  const dispose = async () => {
    for (const engine of opened) await engine[Symbol.asyncDispose]()
    await remove()
  }
  return {
    kind,
    address,
    openBare,
    async open() {
      const engine = openBare()
      await migrate(engine)
      return engine
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

/** Tests that close an engine to open the next leave it to `dispose` as well. */
function closingOnce(engine: Engine): Engine {
  let closing: PromiseLike<void> | undefined
  return {
    ...engine,
    async [Symbol.asyncDispose]() {
      closing ??= engine[Symbol.asyncDispose]()
      await closing
    },
  }
}

async function hasPostgres(name: string): Promise<boolean> {
  try {
    await onServer('select 1')
    return true
  } catch (error) {
    if (process.env.CI === 'true') throw error
    console.log(`${name}: left out on PostgreSQL, which does not answer at TEST_DATABASE_URL`)
    return false
  }
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl(), connectionTimeoutMillis: 2_000 })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

function serverUrl(): string {
  return process.env.TEST_DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres'
}
