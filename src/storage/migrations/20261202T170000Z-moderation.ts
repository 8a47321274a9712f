/** What users report, and keys that are suspended. */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  const statements = [
    `create table agent_reports (
      id ${t.uuid} primary key, did text not null, agent_name text not null, registry_url text not null,
      category text not null check (category in
        ('spam', 'impersonation', 'malicious', 'illegal', 'personal-data', 'broken', 'other')),
      detail text not null, contact text, reporter text not null, created_at ${t.time} not null,
      resolution text check (resolution in ('dismissed', 'taken-down', 'blocked', 'suspended', 'corrected', 'duplicate')),
      note text, resolved_by text, resolved_at ${t.time},
      check ((resolution is null) = (resolved_at is null)))`,
    'create index agent_reports_created on agent_reports (created_at, id)',
    'create index agent_reports_did on agent_reports (did, reporter)',
    'create index agent_reports_open on agent_reports (created_at) where resolution is null',
    `alter table api_keys add column suspended_at ${t.time}`,
    'alter table api_keys add column suspension_reason text',
    `alter table api_keys add column suspension_hides ${t.boolean} not null default ${t.clustered ? '0' : 'false'}`,
  ]
  for (const statement of statements) await sql.raw(statement).execute(db)
}
