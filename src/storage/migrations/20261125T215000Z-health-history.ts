/**
 * Every check of a peer, for its history and uptime: a thousand peers checked each minute make a million rows a day.
 * SQLite keeps the rows of one peer together and reads them peer by peer; PostgreSQL keeps rows as they come, and
 * reads a span of time.
 */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  const statements = [
    `create table federation_health_checks (
      peer_id ${t.uuid} not null references federation_peers (id) on delete cascade,
      checked_at ${t.time} not null, status text not null, is_up ${t.boolean} not null,
      response_time_ms ${t.double}, error text, primary key (peer_id, checked_at)) ${t.clustered}`,
    ...(t.clustered
      ? []
      : ['create index federation_health_checks_checked on federation_health_checks (checked_at)']),
  ]
  for (const statement of statements) await sql.raw(statement).execute(db)
}
