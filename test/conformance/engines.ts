/**
 * The engines every store must behave alike on: SQLite in a temporary file, and PostgreSQL in a database of its
 * own.
 *
 * `TEST_DATABASE_URL` names the PostgreSQL server. With `CI=true` a server that does not answer is a failure;
 * elsewhere its suites are left out, which one line says.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'node:test'
import type { Engine, EngineKind } from '../../src/storage/engine.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openPostgresEngine } from '../../src/storage/postgres/engine.ts'
import { openSqliteEngine } from '../../src/storage/sqlite/engine.ts'
import { createEmptyDatabase, onServer, takeDatabase } from './postgres-server.ts'
import { placeMigratedFile } from './sqlite-template.ts'

/** One database without records, thrown away when the test that asked for it lets go of it. */
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

/** `empty` has no tables before its first `open()`, `migrated` has all of them, which is much faster. */
type CreateDatabase = (tables?: 'migrated' | 'empty') => Promise<EngineUnderTest>

type Suite = (createDatabase: CreateDatabase, kind: EngineKind) => void

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
  const withPostgres = await hasPostgres(`${name} on PostgreSQL`)
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

export async function createSqliteDatabase(
  tables: 'migrated' | 'empty' = 'migrated',
): Promise<EngineUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'avr-test-'))
  const path = join(folder, 'registry.db')
  if (tables === 'migrated') await placeMigratedFile(path)
  return databaseAt('sqlite', path, () => rm(folder, { recursive: true }))
}

export async function createPostgresDatabase(
  tables: 'migrated' | 'empty' = 'migrated',
): Promise<EngineUnderTest> {
  if (tables === 'empty') {
    const { url, drop } = await createEmptyDatabase()
    return databaseAt('postgres', url, drop)
  }
  const { url, giveBack } = await takeDatabase()
  return databaseAt('postgres', url, giveBack)
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

let answering: Promise<void> | undefined

/** Whether PostgreSQL is there, asked once; when not, one line says what is left out. @throws in CI when it does not answer. */
export async function hasPostgres(what: string): Promise<boolean> {
  try {
    answering ??= onServer('select 1')
    await answering
    return true
  } catch (error) {
    if (process.env.CI === 'true') throw error
    console.log(`${what}: left out, PostgreSQL does not answer at TEST_DATABASE_URL`)
    return false
  }
}
