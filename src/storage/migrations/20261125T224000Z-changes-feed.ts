/**
 * What those who follow our changes need beside records and tombstones: who lost sight of a record that lives on, one
 * row for each class of readers, and up to which change tombstones and such rows were forgotten.
 */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  const statements = [
    `create table agent_withdrawals (
      id ${t.uuid} not null, audience_id integer not null check (audience_id in (0, 1, 2)), did text not null,
      owner_id ${t.uuid} not null, withdrawn_at ${t.time} not null, seq ${t.bigint} not null,
      primary key (id, audience_id))`,
    'create unique index agent_withdrawals_seq on agent_withdrawals (audience_id, seq)',
    'create index agent_withdrawals_withdrawn on agent_withdrawals (withdrawn_at)',
    "insert into counters (name, value) values ('agent_changes_forgotten', 0)",
  ]
  for (const statement of statements) await sql.raw(statement).execute(db)
}
