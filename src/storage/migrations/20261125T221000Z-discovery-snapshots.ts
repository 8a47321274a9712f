/** Where walks through merged answers stand. Nobody looks into a state with SQL, so it is plain text. */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  const statements = [
    `create table discovery_snapshots (
      id ${t.uuid} primary key, state text not null, expires_at ${t.time} not null)`,
    'create index discovery_snapshots_expires on discovery_snapshots (expires_at)',
  ]
  for (const statement of statements) await sql.raw(statement).execute(db)
}
