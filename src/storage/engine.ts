/**
 * One database engine: everything the stores need that SQLite and PostgreSQL do not do alike.
 * All else is one implementation over kysely.
 */
import type { Kysely, RawBuilder, SqlBool, Transaction } from 'kysely'
import type { DatabaseConnections } from '../domain/ports.ts'
import type { Tables } from './tables.ts'

export type EngineKind = 'sqlite' | 'postgres'

/** Column types of the migrations. */
export type ColumnTypes = {
  readonly uuid: string
  readonly time: string
  readonly json: string
  readonly boolean: string
  readonly bytes: string
  readonly double: string
  readonly bigint: string
  /** Text compared byte by byte, so that both engines sort alike. */
  readonly sortedText: string
  /** An integer primary key that only grows. */
  readonly growingKey: string
  /** Appended to tables that live in their primary key's order. */
  readonly clustered: string
}

export type BulkType =
  | 'bigint'
  | 'integer'
  | 'double'
  | 'text'
  | 'uuid'
  | 'json'
  | 'time'
  | 'boolean'
  | 'bytes'
export type BulkColumn = { readonly name: string; readonly type: BulkType }
export type BulkRow = readonly (string | number | boolean | Uint8Array | null)[]

/** One list of the index to read: a term's postings within one audience. */
export type PostingList = { readonly termId: number; readonly audienceId: number }

/** A condition on a posting's record; see `readPostings`. */
export type Admission = (ordinal: string, mark: (value: unknown) => string) => string

/** One place a posting, in order of falling impact. */
export type Postings = { readonly ordinals: ArrayLike<number>; readonly impacts: ArrayLike<number> }

export interface Engine extends AsyncDisposable {
  readonly kind: EngineKind
  readonly db: Kysely<Tables>
  readonly types: ColumnTypes
  /** `column in (values)` with one parameter for all of them: the statement's text does not depend on their number. */
  isOneOf(
    column: string,
    values: readonly (string | number)[],
    type: 'bigint' | 'text' | 'uuid',
  ): RawBuilder<SqlBool>
  /** A column of times as the text that was written, RFC 3339 in UTC; one that was changed in SQL may have more digits. */
  timeText(column: string): RawBuilder<string>
  /**
   * Inserts many rows within a transaction.
   * @param onConflict SQL after the values, e.g. `on conflict do nothing`.
   */
  bulkInsert(
    trx: Transaction<Tables>,
    into: {
      readonly table: keyof Tables
      readonly columns: readonly BulkColumn[]
      readonly onConflict?: string
    },
    rows: readonly BulkRow[],
  ): Promise<void>
  /** Deletes the rows whose `columns` equal one of `rows`, within a transaction. */
  bulkDelete(
    trx: Transaction<Tables>,
    from: { readonly table: keyof Tables; readonly columns: readonly BulkColumn[] },
    rows: readonly BulkRow[],
  ): Promise<void>
  /**
   * The best postings of each list, by falling impact: agent ordinals and impacts side by side.
   * @param isAdmitted builds the condition on a posting's record, given the SQL of its ordinal and a function
   * that adds a parameter and returns its mark; `null` admits all.
   */
  readPostings(
    lists: readonly (PostingList & { readonly limit: number })[],
    isAdmitted: Admission | null,
  ): Promise<readonly Postings[]>
  /** What searches may keep of the index in memory: of lists, and as much of records; 0 where reading is no round trip. */
  readonly indexMemoryBytes: number
  /**
   * A transaction that does not wait for the disk: a crash of the machine may undo it, whole, with what came after it in
   * the same way. For what can be had again or is missed by nobody: copies of peers' records, notes on their health.
   * A transaction made the usual way later is on disk together with it.
   */
  transactionUnsynced<T>(work: (trx: Transaction<Tables>) => Promise<T>): Promise<T>
  /** Runs work that may take long, such as waiting for another replica's migration, on one connection. */
  withoutTimeLimit<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T>
  /** As of now; null without a server to connect to. */
  connections(): DatabaseConnections | null
  /** Resolves when the database answers. */
  ping(timeoutMs: number): Promise<void>
}
