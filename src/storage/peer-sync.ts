/** Where we stand with a peer's changes, and voiding what is kept of it. */
import { sql, type Transaction } from 'kysely'
import type { PeerSync } from '../domain/federation-ports.ts'
import type { Clock } from '../domain/ports.ts'
import type { Actor } from '../domain/principal.ts'
import { appendAudit } from './audit.ts'
import { toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import { deleteCopiesOf } from './federated-agents.ts'
import { holdPeer } from './peer-lock.ts'
import type { Tables } from './tables.ts'

export function createPeerSync(engine: Engine, clock: Clock): PeerSync {
  const { db } = engine
  return {
    async recordSync(id, { position, epoch, syncedAt }) {
      await db
        .updateTable('federation_peers')
        .set({ sync_position: position, sync_epoch: epoch, last_sync: toStoredTime(syncedAt) })
        .where('id', '=', id)
        .execute()
    },
    async markStale(id, before) {
      const time = toStoredTime(before)
      await db
        .updateTable('federation_peers')
        .set({ stale_before: time })
        .where('id', '=', id)
        .where((eb) => eb.or([eb('stale_before', 'is', null), eb('stale_before', '<', time)]))
        .execute()
    },
    raiseEpoch: (id) => raiseEpoch(db, id),
    clearCache: (id, actor) =>
      db.transaction().execute((trx) => clearCache(trx, id, { engine, clock, actor })),
  }
}

async function raiseEpoch(db: Engine['db'], id: string): Promise<number | undefined> {
  const row = await db
    .updateTable('federation_peers')
    .set({ epoch: sql`epoch + 1` })
    .where('id', '=', id)
    .returning('epoch')
    .executeTakeFirst()
  return row?.epoch
}

async function clearCache(
  trx: Transaction<Tables>,
  id: string,
  deps: { readonly engine: Engine; readonly clock: Clock; readonly actor: Actor },
): Promise<{ readonly purgedAgents: number } | undefined> {
  const peer = await holdPeer(trx, id, deps.engine)
  if (peer === undefined) return undefined
  await raiseEpoch(trx, peer.id)
  const purgedAgents = await deleteCopiesOf(trx, peer.id)
  const detail = { name: peer.name, purged_agents: purgedAgents }
  await appendAudit(trx, { action: 'peer.clear-cache', target: `peer:${peer.id}`, detail }, deps)
  return { purgedAgents }
}
