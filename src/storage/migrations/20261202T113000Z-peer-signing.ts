/** By which key a peer is known and how requests between us are signed; and the nonces of what was accepted. */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  const columns = [
    `signature_scheme text not null default 'hmac-sha256'
      check (signature_scheme in ('rfc9421-ed25519', 'hmac-sha256'))`,
    'previous_public_key text',
    'offered_public_key text',
    `offered_is_announced ${t.boolean}`,
    `offered_at ${t.time}`,
  ]
  const statements = [
    ...columns.map((column) => `alter table federation_peers add column ${column}`),
    `create table signature_nonces (
      keyid text not null, nonce text not null, expires_at ${t.time} not null, primary key (keyid, nonce)) ${t.clustered}`,
    'create index signature_nonces_expires on signature_nonces (expires_at)',
  ]
  for (const statement of statements) await sql.raw(statement).execute(db)
}
