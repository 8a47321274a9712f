/** node:sqlite behind kysely's SQLite dialect: statements kept prepared, values and errors translated once. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { LRUCache } from 'lru-cache'
import { StorageError } from '../../domain/storage-error.ts'

/** More statements than the stores have; the rest are searches, one text for each number of lists they read. */
const PREPARED_STATEMENTS = 500

export type SqliteHandle = {
  readonly database: DatabaseSync
  /** Told of each transaction's commit. */
  readonly afterCommit: () => void
  prepare(sql: string): PreparedStatement
}

type PreparedStatement = { readonly statement: StatementSync; readonly returnsRows: boolean }

export function createSqliteHandle(path: string, afterCommit: () => void): SqliteHandle {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 2_000 })
  const prepared = new LRUCache<string, PreparedStatement>({ max: PREPARED_STATEMENTS })
  return {
    ...{ database, afterCommit },
    prepare(sql) {
      const known = prepared.get(sql)
      if (known) return known
      const statement = database.prepare(sql)
      const entry = { statement, returnsRows: statement.columns().length > 0 }
      prepared.set(sql, entry)
      return entry
    },
  }
}

/** A kysely dialect over one handle; kysely's own mutex keeps transactions apart. */
export function createSqliteDialect(handle: SqliteHandle): Dialect {
  return {
    createAdapter: () => new TransactionalSqliteAdapter(),
    createDriver: () => new NodeSqliteDriver(handle),
    createIntrospector: (db: Kysely<unknown>): DatabaseIntrospector => new SqliteIntrospector(db),
    createQueryCompiler: (): QueryCompiler => new SqliteQueryCompiler(),
  }
}

/** SQLite's DDL is transactional: a migration that is killed leaves nothing behind. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class NodeSqliteDriver implements Driver {
  readonly #handle: SqliteHandle
  readonly #connection: DatabaseConnection

  constructor(handle: SqliteHandle) {
    this.#handle = handle
    this.#connection = new NodeSqliteConnection(handle)
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }

  async beginTransaction(): Promise<void> {
    this.#execute('begin immediate')
  }

  async commitTransaction(): Promise<void> {
    this.#execute('commit')
    this.#handle.afterCommit()
  }

  async rollbackTransaction(): Promise<void> {
    // A full disk ends the transaction by itself; a second rollback would hide that error behind its own.
    if (this.#handle.database.isTransaction) this.#execute('rollback')
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#handle.database.close()
  }

  #execute(sql: string): void {
    translateErrors(() => this.#handle.database.exec(sql))
  }
}

class NodeSqliteConnection implements DatabaseConnection {
  readonly #handle: SqliteHandle

  constructor(handle: SqliteHandle) {
    this.#handle = handle
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return translateErrors(() => {
      const { statement, returnsRows } = this.#handle.prepare(query.sql)
      const parameters = query.parameters.map(toSqliteValue)
      if (returnsRows) return { rows: statement.all(...parameters) as R[] }
      const { changes, lastInsertRowid } = statement.run(...parameters)
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
    })
  }

  // biome-ignore lint/correctness/useYield: kysely's interface asks for a generator; pages are read with limits instead
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('the stores read pages, not streams')
  }
}

function toSqliteValue(value: unknown): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value === undefined) return null
  return value as SQLInputValue
}

/** SQLite's primary result codes (https://sqlite.org/rescode.html). */
const FAULTS: ReadonlyMap<number, { readonly fault: StorageError['fault']; readonly message: string }> =
  new Map([
    [5, { fault: 'unavailable', message: 'The database is busy with another process.' }],
    [8, { fault: 'not-writable', message: 'The database file is read-only.' }],
    [10, { fault: 'not-writable', message: 'The disk failed to read or write the database file.' }],
    [11, { fault: 'unusable', message: 'The database file is damaged; restore it from a backup.' }],
    [13, { fault: 'not-writable', message: 'The disk is full: the database cannot grow.' }],
    [
      14,
      {
        fault: 'not-writable',
        message: 'The database file cannot be opened: check the folder and its rights.',
      },
    ],
    [
      26,
      {
        fault: 'unusable',
        message: 'The file is not a database; restore it from a backup or name another file.',
      },
    ],
  ])

/** Runs `work`, turning SQLite's own failures into a `StorageError`. */
export function translateErrors<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    const code = (error as { errcode?: unknown }).errcode
    const known = typeof code === 'number' ? FAULTS.get(code & 0xff) : undefined
    throw known ? new StorageError(known.fault, known.message, { cause: error }) : error
  }
}
