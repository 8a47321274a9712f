/** When another key or token was made in the place of one. */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  for (const table of ['api_keys', 'federation_tokens']) {
    await sql.raw(`alter table ${table} add column rotated_at ${t.time}`).execute(db)
  }
}
