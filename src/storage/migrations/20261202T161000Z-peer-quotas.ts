/** How much each peer may take in a day, and has taken. No foreign key: counting must not wait for who removes a peer. */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  const statements = [
    ...['queries', 'results', 'bytes'].map(
      (kind) => `alter table federation_peers add column quota_${kind} ${t.bigint}`,
    ),
    `create table peer_usage (
      peer_id ${t.uuid} not null, day ${t.time} not null, queries ${t.bigint} not null default 0,
      results ${t.bigint} not null default 0, bytes ${t.bigint} not null default 0,
      primary key (peer_id, day)) ${t.clustered}`,
    'create index peer_usage_day on peer_usage (day)',
  ]
  for (const statement of statements) await sql.raw(statement).execute(db)
}
