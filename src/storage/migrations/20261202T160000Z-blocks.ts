/** What operators block, and why a record of ours is seen by its owner and admins only. */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  const statements = [
    `create table blocks (
      id ${t.uuid} primary key, kind text not null check (kind in ('did', 'origin', 'endpoint')),
      pattern text not null, reason text, created_by text not null, created_at ${t.time} not null,
      unique (kind, pattern))`,
    `alter table agents add column withheld ${t.json}`,
    'create index agents_withheld on agents (ordinal) where withheld is not null',
  ]
  for (const statement of statements) await sql.raw(statement).execute(db)
}
