/**
 * What each peer may see of the federated records, and which records a peer with a policy has lost sight of. No foreign
 * key: a record's writer must not wait for who removes a peer, nor fail because of it.
 */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  const statements = [
    `alter table federation_peers add column share_policy ${t.json}`,
    `alter table federation_peers add column share_revision ${t.bigint} not null default 0`,
    `create table share_withdrawals (
      peer_id ${t.uuid} not null, id ${t.uuid} not null, did text not null, withdrawn_at ${t.time} not null,
      seq ${t.bigint} not null, primary key (peer_id, id)) ${t.clustered}`,
    'create unique index share_withdrawals_seq on share_withdrawals (peer_id, seq)',
    'create index share_withdrawals_withdrawn on share_withdrawals (withdrawn_at)',
  ]
  for (const statement of statements) await sql.raw(statement).execute(db)
}
