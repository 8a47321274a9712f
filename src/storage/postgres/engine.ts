/** The production engine: PostgreSQL 15 or newer, shared by any number of replicas. */
import { Kysely, PostgresDialect, type RawBuilder, type SqlBool, sql, type Transaction } from 'kysely'
import pg from 'pg'
import { StorageError } from '../../domain/storage-error.ts'
import type { BulkColumn, BulkRow, BulkType, ColumnTypes, Engine } from '../engine.ts'
import type { Tables } from '../tables.ts'
import { isAnswerTimeout, rethrow } from './errors.ts'
import { readPostings } from './postings.ts'

const TYPES: ColumnTypes = {
  uuid: 'uuid',
  time: 'timestamptz',
  json: 'jsonb',
  boolean: 'boolean',
  bytes: 'bytea',
  double: 'double precision',
  bigint: 'bigint',
  sortedText: 'text collate "C"',
  growingKey: 'bigint generated always as identity primary key',
  clustered: '',
}

/** Enough for a few searches and writes at once; PostgreSQL's own default allows 100 over all replicas. */
const POOL_SIZE = 10
const CONNECT_TIMEOUT_MS = 2_000
const STATEMENT_TIMEOUT_MS = 10_000
/** The server ends statements that take too long; a second later it is taken for gone. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 1_000
/** For 500 whole lists, and for some 3,000 records. */
const INDEX_MEMORY_BYTES = 8 * 1024 * 1024
/** What a timer takes at most, 24 days: no limit. */
const UNLIMITED_MS = 2 ** 31 - 1

/**
 * All our reads are short walks along an index. Compiling them, and planning them anew for each set of values, costs
 * more than running them; and before the first vacuum the planner would rather collect and sort a whole posting list
 * than read its first rows.
 */
const CONNECTION_SETTINGS =
  "set jit = off; set enable_bitmapscan = off; set plan_cache_mode = force_generic_plan; set timezone = 'UTC'"

/**
 * @param answerTimeoutMs how long to wait for an answer of a server that may be frozen or cut off.
 * @throws StorageError `unavailable` later, at the first query, when the server cannot be reached.
 */
export function openPostgresEngine(
  url: string,
  onConnectionLost: (error: Error) => void,
  answerTimeoutMs: number = ANSWER_TIMEOUT_MS,
): Engine {
  const waiting: Waiting = { isUnlimited: false }
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: answerTimeoutMs,
    application_name: 'agentvault-registry',
    types: { getTypeParser },
    // Done before the connection is handed out; should it fail, whoever asked for the connection is told.
    onConnect: (client) => client.query(CONNECTION_SETTINGS),
  })
  // An idle connection that breaks is replaced at its next use; without a listener it would end the process.
  pool.on('error', onConnectionLost)
  // So would one that breaks while it is handed out, between two statements; the next statement tells of it.
  pool.on('connect', (client) => client.on('error', () => {}))
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: translatingPool(pool, waiting) }) })
  return {
    kind: 'postgres',
    db,
    types: TYPES,
    isOneOf,
    timeText,
    bulkInsert: (trx, { table, columns, onConflict = '' }, rows) =>
      insertRows(trx, { table, columns, onConflict }, rows),
    bulkDelete: deleteRows,
    indexMemoryBytes: INDEX_MEMORY_BYTES,
    readPostings: (lists, isAdmitted) => readPostings(pool, lists, isAdmitted),
    transactionUnsynced: (work) =>
      db.transaction().execute(async (trx) => {
        await sql`set local synchronous_commit = off`.execute(trx)
        return work(trx)
      }),
    withoutTimeLimit: (work) => withoutTimeLimit(db, work, waiting),
    connections: () => {
      const { totalCount, idleCount: idle, waitingCount } = pool
      // The pool counts also who gets an idle one in this very turn of the event loop.
      const waiting = Math.max(0, waitingCount - idle)
      return { busy: totalCount - idle, idle, most: POOL_SIZE, waiting }
    },
    ping: (timeoutMs) => ping(db, timeoutMs),
    async [Symbol.asyncDispose]() {
      await db.destroy()
      if (!pool.ended) await pool.end()
    },
  }
}

/**
 * 64-bit integers as numbers: ours are counts and sequences far below 2^53. Times in the form of RFC 3339, and JSON as
 * its text, as SQLite gives them: most records read for a search are not shown, and theirs need not be parsed.
 */
const TYPE_PARSERS: ReadonlyMap<number, (value: string) => unknown> = new Map<
  number,
  (value: string) => unknown
>([
  [pg.types.builtins.INT8, Number],
  [pg.types.builtins.TIMESTAMPTZ, toRfc3339],
  [pg.types.builtins.JSONB, (text: string) => text],
])

/** @param text a time as PostgreSQL writes it in UTC: `2026-11-24 10:00:00.123+00`. */
function toRfc3339(text: string): string {
  return `${text.slice(0, 10)}T${text.slice(11, -3)}Z`
}

function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  const own = TYPE_PARSERS.get(oid)
  if (own !== undefined) return own
  return pg.types.getTypeParser(oid, format === 'binary' ? 'text' : format) as (value: string) => unknown
}

/** Up to so many values an array is compared one by one; the planner does that for more, too, and it takes 100 ms. */
const FEW_VALUES = 200

function isOneOf(
  column: string,
  values: readonly (string | number)[],
  type: 'bigint' | 'text' | 'uuid',
): RawBuilder<SqlBool> {
  const array = sql`${sql.val(values)}::${sql.raw(ARRAY_TYPES[type])}`
  return values.length <= FEW_VALUES
    ? sql`${sql.ref(column)} = any(${array})`
    : sql`${sql.ref(column)} in (select unnest(${array}))`
}

/** Ours are of whole milliseconds; what is finer was not written by us and stays to be seen. */
function timeText(column: string): RawBuilder<string> {
  return sql<string>`replace(to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '000Z', 'Z')`
}

async function insertRows(
  trx: Transaction<Tables>,
  into: { table: keyof Tables; columns: readonly BulkColumn[]; onConflict: string },
  rows: readonly BulkRow[],
): Promise<void> {
  if (rows.length === 0) return
  const names = into.columns.map((column) => column.name).join(', ')
  await sql`insert into ${sql.table(into.table)} (${sql.raw(names)})
    select * from ${unnest(into.columns, rows)} ${sql.raw(into.onConflict)}`.execute(trx)
}

async function deleteRows(
  trx: Transaction<Tables>,
  from: { table: keyof Tables; columns: readonly BulkColumn[] },
  rows: readonly BulkRow[],
): Promise<void> {
  if (rows.length === 0) return
  const names = from.columns.map((column) => column.name)
  const condition = names.map((name) => `target.${name} = gone.${name}`).join(' and ')
  await sql`delete from ${sql.table(from.table)} as target
    using ${unnest(from.columns, rows)} as gone(${sql.raw(names.join(', '))}) where ${sql.raw(condition)}`.execute(
    trx,
  )
}

const ARRAY_TYPES: Readonly<Record<BulkType, string>> = {
  bigint: 'bigint[]',
  integer: 'integer[]',
  double: 'double precision[]',
  text: 'text[]',
  uuid: 'uuid[]',
  json: 'jsonb[]',
  time: 'timestamptz[]',
  boolean: 'boolean[]',
  bytes: 'bytea[]',
}

/** One array parameter a column, so that the statement's text is the same for any number of rows. */
function unnest(columns: readonly BulkColumn[], rows: readonly BulkRow[]) {
  const arrays = columns.map((column, index) => {
    const values = rows.map((row) => row[index])
    return sql`${sql.val(values)}::${sql.raw(ARRAY_TYPES[column.type])}`
  })
  return sql`unnest(${sql.join(arrays)})`
}

/** Whether answers are waited for without end, on all connections: only while nothing is served yet. */
type Waiting = { isUnlimited: boolean }

async function withoutTimeLimit<T>(
  db: Kysely<Tables>,
  work: (db: Kysely<Tables>) => Promise<T>,
  waiting: Waiting,
): Promise<T> {
  return db.connection().execute(async (connection) => {
    await sql`set statement_timeout = 0`.execute(connection)
    waiting.isUnlimited = true
    try {
      return await work(connection)
    } finally {
      waiting.isUnlimited = false
      await sql.raw(`set statement_timeout = ${STATEMENT_TIMEOUT_MS}`).execute(connection)
    }
  })
}

async function ping(db: Kysely<Tables>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new StorageError('unavailable', `The database did not answer within ${timeoutMs} ms.`)),
      timeoutMs,
    )
  })
  try {
    await Promise.race([sql`select 1`.execute(db), late])
  } finally {
    clearTimeout(timer)
  }
}

/** The pool with PostgreSQL's failures turned into a `StorageError` where they come in. */
function translatingPool(pool: pg.Pool, waiting: Waiting): pg.Pool {
  const nameOf = createStatementNames()
  return new Proxy(pool, {
    get(target, property) {
      if (property === 'connect')
        return () => target.connect().then((client) => translatingClient(client, nameOf, waiting), rethrow)
      const value: unknown = Reflect.get(target, property)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

const wrapped = Symbol('translates errors')

/** Statement texts kept prepared on each connection: more than the stores have; the rest are parsed each time. */
const PREPARED_STATEMENTS = 200

function createStatementNames(): (text: string) => string | undefined {
  const names = new Map<string, string>()
  return (text) => {
    const known = names.get(text)
    if (known !== undefined || names.size >= PREPARED_STATEMENTS) return known
    const name = `avr_${names.size}`
    names.set(text, name)
    return name
  }
}

type NameOf = (text: string) => string | undefined

function translatingClient(
  client: pg.PoolClient & { [wrapped]?: true },
  nameOf: NameOf,
  waiting: Waiting,
): pg.PoolClient {
  // Pools hand out the same client again and again: kysely knows it by identity, so it is changed in place, once.
  if (client[wrapped]) return client
  const query = client.query.bind(client) as (...args: unknown[]) => unknown
  const fail = (error: unknown): never => {
    // The answer may still come, and would be taken for that to the next statement.
    if (isAnswerTimeout(error)) dropConnection(client)
    return rethrow(error)
  }
  Object.assign(client, {
    [wrapped]: true,
    query: (text: unknown, values: unknown, ...rest: unknown[]) => {
      const isStatement = typeof text === 'string' && Array.isArray(values)
      const limit = waiting.isUnlimited && { query_timeout: UNLIMITED_MS }
      const result = isStatement
        ? query({ name: nameOf(text), text, values, ...limit }, ...rest)
        : query(text, values, ...rest)
      return result instanceof Promise ? result.catch(fail) : result
    },
  })
  return client
}

/** The pool takes no connection back that has ended. */
function dropConnection(client: pg.PoolClient): void {
  const ending: pg.ClientBase & { readonly end?: (done: () => void) => void } = client
  ending.end?.(() => {})
}
