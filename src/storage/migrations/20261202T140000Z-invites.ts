/** Invites by which registries become peers, and peers that an operator has yet to confirm. */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  const statements = [
    `create table federation_invites (
      id ${t.uuid} primary key, secret_hash text not null unique, created_by text not null,
      created_at ${t.time} not null, expires_at ${t.time} not null, auto_accept ${t.boolean} not null,
      used_at ${t.time}, peer_id ${t.uuid} references federation_peers (id) on delete set null, revoked_at ${t.time})`,
    'create index federation_invites_peer on federation_invites (peer_id)',
    'create index federation_invites_expires on federation_invites (expires_at)',
    `alter table federation_peers add column awaits_confirmation ${t.boolean} not null default false`,
  ]
  for (const statement of statements) await sql.raw(statement).execute(db)
}
