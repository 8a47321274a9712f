/**
 * Holding a peer's row until a transaction ends. Who writes what hangs on a peer shares the hold, who removes it has
 * it alone; both take it first, so they never wait for each other crosswise, and nothing is written for a peer that
 * is being deleted.
 */
import type { Transaction } from 'kysely'
import type { PeerHealth } from '../domain/peer.ts'
import type { Engine } from './engine.ts'
import { HEALTH_COLUMNS, type PeerRow, toHealth } from './peer-row.ts'
import { parseUuid } from './stored-text.ts'
import type { Tables } from './tables.ts'

/** Reads a peer and holds it alone; `undefined` when there is none. */
export async function holdPeer(
  trx: Transaction<Tables>,
  id: string,
  { kind }: Engine,
): Promise<PeerRow | undefined> {
  const uuid = parseUuid(id)
  if (uuid === undefined) return undefined
  const row = trx.selectFrom('federation_peers').selectAll().where('id', '=', uuid)
  // SQLite knows no row locks: its transactions hold the whole database from their start.
  return row.$if(kind === 'postgres', (query) => query.forUpdate()).executeTakeFirst()
}

/** Reads a peer's epoch and holds the peer with others; `undefined` when there is none. Its health may still change. */
export async function sharePeer(
  trx: Transaction<Tables>,
  id: string,
  { kind }: Engine,
): Promise<{ readonly epoch: number } | undefined> {
  const row = trx.selectFrom('federation_peers').select('epoch').where('id', '=', id)
  return row.$if(kind === 'postgres', (query) => query.forKeyShare()).executeTakeFirst()
}

/** Reads how a peer fares and holds that alone; `undefined` when there is none. What hangs on the peer may be written. */
export async function holdHealth(
  trx: Transaction<Tables>,
  id: string,
  { kind }: Engine,
): Promise<PeerHealth | undefined> {
  const query = trx.selectFrom('federation_peers').select(HEALTH_COLUMNS).where('id', '=', id)
  const row = await query.$if(kind === 'postgres', (one) => one.forNoKeyUpdate()).executeTakeFirst()
  return row && toHealth(row)
}
