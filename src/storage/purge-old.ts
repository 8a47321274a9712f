/** Forgetting what is too old, a little at a time. */
import { setImmediate } from 'node:timers/promises'
import { sql } from 'kysely'
import { toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import type { Tables } from './tables.ts'

/** Rows deleted in one statement: some ten milliseconds, for which SQLite holds up the process. */
const CHUNK = 1_000

export type Old = {
  readonly table: keyof Tables
  /** Columns of the primary key. */
  readonly key: readonly string[]
  /** An indexed column of times. */
  readonly column: string
  /** Rows of an earlier time go; Unix ms. */
  readonly before: number
}

/** Deletes the rows of a time before `before`; returns how many. Requests are served meanwhile. */
export async function purgeOld({ db, kind }: Engine, { table, key, column, before }: Old): Promise<number> {
  const columns = sql.join(key.map((name) => sql.ref(name)))
  // A row that another transaction holds is left for the next time: two that take the same rows in another order
  // would wait for each other until PostgreSQL stops one.
  const unheld = sql.raw(kind === 'postgres' ? 'for update skip locked' : '')
  // In order of time, so that PostgreSQL does not look for a few rows in all of the table.
  const deleteSome = sql`
    delete from ${sql.table(table)} where (${columns}) in (
      select ${columns} from ${sql.table(table)} where ${sql.ref(column)} < ${toStoredTime(before)}
      order by ${sql.ref(column)} limit ${sql.lit(CHUNK)} ${unheld})`
  for (let purged = 0; ; ) {
    const { numAffectedRows = 0n } = await deleteSome.execute(db)
    purged += Number(numAffectedRows)
    if (numAffectedRows < CHUNK) return purged
    await setImmediate()
  }
}
