/** The embedded engine: one SQLite file, one process, every commit on disk before it is acknowledged. */
import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, type SqlBool, sql } from 'kysely'
import { StorageError } from '../../domain/storage-error.ts'
import type { BulkRow, ColumnTypes, Engine } from '../engine.ts'
import type { Tables } from '../tables.ts'
import { type Checkpointer, createCheckpointer } from './checkpointer.ts'
import { createSqliteDialect, createSqliteHandle, type SqliteHandle, translateErrors } from './driver.ts'
import { readPostings } from './postings.ts'

const TYPES: ColumnTypes = {
  uuid: 'text',
  time: 'text',
  json: 'text',
  boolean: 'integer',
  bytes: 'blob',
  double: 'real',
  bigint: 'integer',
  sortedText: 'text',
  growingKey: 'integer primary key autoincrement',
  clustered: 'without rowid',
}

/**
 * Opens `path` (or `:memory:`) and holds it for this process alone.
 * @throws StorageError `in-use` when another process has it, `unusable` when it is no database.
 */
export function openSqliteEngine(path: string): Engine {
  const isFile = path !== ':memory:'
  if (isFile) makeFolderOf(path)
  const lock = isFile ? lockFile(realPath(path)) : undefined
  try {
    const checkpointer = isFile ? createCheckpointer(realPath(path)) : null
    const handle = translateErrors(() => createSqliteHandle(path, () => checkpointer?.afterCommit()))
    translateErrors(() => configure(handle.database))
    return createEngine(handle, { lock, checkpointer })
  } catch (error) {
    lock?.close()
    throw error
  }
}

function makeFolderOf(path: string): void {
  const folder = dirname(resolve(path))
  try {
    makeFolder(folder)
  } catch (error) {
    throw new StorageError(
      'not-writable',
      `The folder ${folder} cannot be made: check its rights and the disk.`,
      { cause: error },
    )
  }
}

/** One folder at a time: node's own recursion never ends where a file system refuses with "not found", as /proc does. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
}

/** One name for one file, so that an alias of it has the same lock. */
function realPath(path: string): string {
  const absolute = resolve(path)
  if (existsSync(absolute)) return realpathSync(absolute)
  const folder = dirname(absolute)
  return existsSync(folder) ? join(realpathSync(folder), basename(absolute)) : absolute
}

/**
 * An exclusive lock on a file beside the database. The operating system frees it when the process dies,
 * however it dies; other tools may still read the database itself.
 */
function lockFile(path: string): DatabaseSync {
  const lockPath = `${path}.lock`
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(lockPath, { timeout: 0 })
    lock.exec('pragma journal_mode = memory; begin exclusive')
    return lock
  } catch (error) {
    lock?.close()
    const code = (error as { errcode?: unknown }).errcode
    if (code === 5) {
      throw new StorageError(
        'in-use',
        `Another process has ${path} open. Stop it first, or set DATABASE_URL to another file; to run several processes use PostgreSQL.`,
        { cause: error },
      )
    }
    throw new StorageError(
      'not-writable',
      `${lockPath} cannot be written: check the folder's rights and the disk.`,
      {
        cause: error,
      },
    )
  }
}

function configure(database: DatabaseSync): void {
  // WAL so that readers never wait; FULL so that a commit is on disk when it returns.
  database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma temp_store = memory')
  // 16 MiB of page cache: the index of some 10,000 records, well inside the memory the registry promises.
  database.exec('pragma cache_size = -16384')
  // The log is copied back in another thread; within a commit only if that does not keep up, at 64 MiB. Begun anew, its
  // file is made short, so that its length tells how much of it waits.
  database.exec('pragma wal_autocheckpoint = 16384; pragma journal_size_limit = 4194304')
}

type Companions = { readonly lock: DatabaseSync | undefined; readonly checkpointer: Checkpointer | null }

function createEngine(handle: SqliteHandle, { lock, checkpointer }: Companions): Engine {
  const db = new Kysely<Tables>({ dialect: createSqliteDialect(handle) })
  return {
    kind: 'sqlite',
    db,
    types: TYPES,
    isOneOf: (column, values) =>
      sql<SqlBool>`${sql.ref(column)} in (select value from json_each(${JSON.stringify(values)}))`,
    timeText: (column) => sql<string>`${sql.ref(column)}`,
    // The open transaction belongs to the only connection there is, so the rows go straight to it.
    async bulkInsert(_trx, { table, columns, onConflict = '' }, rows) {
      const names = columns.map((column) => column.name).join(', ')
      const marks = columns.map(() => '?').join(', ')
      const converted = columns.some(({ type }) => type === 'boolean')
        ? rows.map(withNumbers)
        : (rows as readonly SqliteRow[])
      runEach(handle, `insert into ${table} (${names}) values (${marks}) ${onConflict}`, converted)
    },
    async bulkDelete(_trx, { table, columns }, rows) {
      const condition = columns.map((column) => `${column.name} = ?`).join(' and ')
      runEach(handle, `delete from ${table} where ${condition}`, rows as readonly SqliteRow[])
    },
    // In line with kysely's statements: in the midst of a transaction it would read what may yet be undone.
    indexMemoryBytes: 0,
    readPostings: (lists, isAdmitted) =>
      db.connection().execute(async () => readPostings(handle, lists, isAdmitted)),
    // On the connection that nobody else has meanwhile: the setting holds for all that comes on it.
    transactionUnsynced: (work) =>
      db.connection().execute(async (connection) => {
        handle.database.exec('pragma synchronous = normal')
        try {
          return await connection.transaction().execute(work)
        } finally {
          handle.database.exec('pragma synchronous = full')
        }
      }),
    withoutTimeLimit: (work) => work(db),
    connections: () => null,
    async ping() {
      translateErrors(() => handle.database.exec('select 1'))
    },
    async [Symbol.asyncDispose]() {
      await checkpointer?.[Symbol.asyncDispose]()
      await db.destroy()
      // kysely closes a driver only once it was used.
      if (handle.database.isOpen) handle.database.close()
      lock?.close()
    },
  }
}

/** A row as node:sqlite takes it, which refuses booleans: SQLite has none. */
type SqliteRow = readonly Exclude<BulkRow[number], boolean>[]

function withNumbers(row: BulkRow): SqliteRow {
  return row.map((value) => (typeof value === 'boolean' ? Number(value) : value))
}

function runEach(handle: SqliteHandle, sql: string, rows: readonly SqliteRow[]): void {
  if (rows.length === 0) return
  translateErrors(() => {
    const { statement } = handle.prepare(sql)
    for (const row of rows) statement.run(...row)
  })
}
