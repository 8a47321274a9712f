/** Every question between this registry and a peer. No foreign key: history outlives a peer. */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  const statements = [
    `create table federation_query_log (
      id ${t.growingKey}, direction text not null check (direction in ('outbound', 'inbound')),
      peer_id ${t.uuid} not null, peer_name text not null, outcome text not null,
      response_time_ms ${t.double} not null, results integer, cache text, query_hash text, query_text text,
      request_id text, created_at ${t.time} not null)`,
    'create index federation_query_log_peer on federation_query_log (peer_id, created_at, id)',
    'create index federation_query_log_outcome on federation_query_log (outcome, created_at, id)',
    'create index federation_query_log_created on federation_query_log (created_at, id)',
  ]
  for (const statement of statements) await sql.raw(statement).execute(db)
}
