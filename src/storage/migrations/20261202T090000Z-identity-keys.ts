/** The keys this registry signs with. */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  await sql
    .raw(`create table identity_keys (
      thumbprint text primary key, public_key text not null, private_key text not null,
      created_at ${t.time} not null, signs_from ${t.time} not null, published_until ${t.time})`)
    .execute(db)
}
