/** Sessions of the console: each lends what an API key opens. */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  const statements = [
    `create table sessions (
      id ${t.uuid} primary key, token_hash text not null unique,
      key_id ${t.uuid} not null references api_keys (id) on delete cascade,
      created_at ${t.time} not null, expires_at ${t.time} not null)`,
    'create index sessions_key on sessions (key_id)',
    'create index sessions_expires on sessions (expires_at)',
  ]
  for (const statement of statements) await sql.raw(statement).execute(db)
}
