/** Mutual TLS with a peer: what its certificates must be, and ours for it. */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  const columns = [
    `require_mtls ${t.boolean} not null default false`,
    // SHA-256 of public keys, base64, with a blank between; empty for none.
    `client_pins text not null default ''`,
    `server_pins text not null default ''`,
    'server_ca text',
    'client_certificate text',
    'client_key text',
  ]
  for (const column of columns) {
    await sql.raw(`alter table federation_peers add column ${column}`).execute(db)
  }
}
