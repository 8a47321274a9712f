/** Where we stand in each peer's changes, and which of its answers they have overtaken. */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  for (const column of [`sync_position ${t.bigint}`, 'sync_epoch text', `stale_before ${t.time}`]) {
    await sql.raw(`alter table federation_peers add column ${column}`).execute(db)
  }
}
