/** Brings the tables up to date: forward only, under a lock, each step whole or not at all. */
import { sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { StorageError } from '../domain/storage-error.ts'
import type { Engine } from './engine.ts'
import { MIGRATIONS } from './migrations/index.ts'

/**
 * Runs the migrations that are missing; safe to kill and run again, and to run on several replicas at once.
 * @returns the names of those that ran.
 * @throws StorageError `unusable` when the database is of a newer version than this program.
 */
export async function migrate(engine: Engine): Promise<string[]> {
  if (await isUpToDate(engine)) return []
  const migrations: Record<string, Migration> = {}
  for (const [name, step] of Object.entries(MIGRATIONS)) {
    migrations[name] = { up: (db) => step(db, engine.types) }
  }
  await refuseUnknownVersion(engine)
  const { error, results } = await engine.withoutTimeLimit((db) =>
    new Migrator({ db, provider: { getMigrations: async () => migrations } }).migrateToLatest(),
  )
  if (error !== undefined) throw error
  return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName)
}

/** Asked at every start, where looking at all tables takes longer than the rest. */
async function isUpToDate(engine: Engine): Promise<boolean> {
  const own = new Set(Object.keys(MIGRATIONS))
  const done = await readDone(engine).catch(() => [])
  return done.length === own.size && done.every((name) => own.has(name))
}

async function readDone({ db }: Engine): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
  return rows.map(({ name }) => name)
}

async function refuseUnknownVersion(engine: Engine): Promise<void> {
  const tables = await engine.db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some((table) => table.name === 'kysely_migration')) {
    if (tables.some((table) => table.name === 'agents')) {
      throw new StorageError(
        'unusable',
        'The database has an "agents" table that is not ours: use an empty one.',
      )
    }
    return
  }
  const unknown = (await readDone(engine)).find((name) => !(name in MIGRATIONS))
  if (unknown !== undefined) {
    throw new StorageError(
      'unusable',
      `The database has the change "${unknown}", which this version does not know: run a version at least as new as the one that made it.`,
    )
  }
}
