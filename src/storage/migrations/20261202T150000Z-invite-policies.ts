/** What whoever uses an invite may see, decided when it is made. */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  await sql.raw(`alter table federation_invites add column share_policy ${t.json}`).execute(db)
}
