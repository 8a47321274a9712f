/** What the log of questions was about, summed up by day: it is read long after the log itself is forgotten. */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  await sql
    .raw(
      `create table federation_query_days (
        day text not null, peer_id ${t.uuid} not null, direction text not null, outcome text not null,
        peer_name text not null, questions ${t.bigint} not null, results ${t.bigint} not null,
        live ${t.bigint} not null, live_time_ms ${t.double} not null,
        primary key (day, peer_id, direction, outcome)) ${t.clustered}`,
    )
    .execute(db)
}
