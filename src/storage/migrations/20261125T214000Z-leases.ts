/** Leases: which replica does a common job. */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  await sql
    .raw(
      `create table leases (
        name text primary key, holder text not null, epoch ${t.bigint} not null, expires_at ${t.time} not null)`,
    )
    .execute(db)
}
