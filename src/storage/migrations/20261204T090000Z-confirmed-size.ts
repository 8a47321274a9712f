/** Peers whose size an operator vouches for. */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  const column = `size_confirmed ${t.boolean} not null default false`
  await sql.raw(`alter table federation_peers add column ${column}`).execute(db)
}
