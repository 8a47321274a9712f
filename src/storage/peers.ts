/**
 * Peers in the database: who they are, the sealed keys we ask them with, and how they fare.
 *
 * The table's constraints decide what is taken, not a look beforehand, so two operators who add the same
 * registry at the same moment get one peer and one conflict. Every change an operator makes is one transaction with
 * its audit row.
 */
import type { Kysely } from 'kysely'
import type { PeerStore } from '../domain/ports.ts'
import type { Engine } from './engine.ts'
import { enrolPeer } from './enrol-peer.ts'
import { createPeer, deletePeer, type PeerDeps, placeOf, updatePeer } from './peer-changes.ts'
import { orConflict } from './peer-conflict.ts'
import { recordKeys } from './peer-keys.ts'
import { holdHealth } from './peer-lock.ts'
import { type PeerRow, toHealthColumns, toKeptHealth, toPeer } from './peer-row.ts'
import { createPeerSync } from './peer-sync.ts'
import { parseUuid } from './stored-text.ts'
import type { Tables } from './tables.ts'

/** Peers over either engine; secrets are sealed for `federation_peers`, their row and column. */
export function createPeerStore(engine: Engine, deps: PeerDeps): PeerStore {
  const { db } = engine
  return {
    ...createPeerSync(engine, deps.clock),
    create: (draft, actor) => orConflict(db, draft, (trx) => createPeer(trx, draft, { ...deps, actor })),
    async list() {
      const all = db.selectFrom('federation_peers').selectAll()
      const rows = await all.orderBy('created_at').orderBy('id').execute()
      return rows.map(toPeer)
    },
    async find(id) {
      const row = await findRow(db, id)
      return row && toPeer(row)
    },
    async findByUrl(registryUrl) {
      const all = db.selectFrom('federation_peers').selectAll()
      const row = await all.where('registry_url', '=', registryUrl).executeTakeFirst()
      return row && toPeer(row)
    },
    update: (id, patch, actor) =>
      orConflict(db, { ...patch, id: parseUuid(id) }, (trx) =>
        updatePeer(trx, { id, patch }, { ...deps, engine, actor }),
      ),
    delete: (id, actor) =>
      db.transaction().execute((trx) => deletePeer(trx, id, { clock: deps.clock, engine, actor })),
    async getCredentials(id) {
      const row = await findRow(db, id)
      if (row === undefined) throw new Error(`there is no peer ${id} to have credentials`)
      const open = (column: 'api_key' | 'signing_secret') => {
        const sealed = row[column]
        return sealed === null ? null : deps.secretBox.open(sealed, placeOf(row.id, column))
      }
      return { apiKey: open('api_key'), signingSecret: open('signing_secret') }
    },
    async getClientKey(id) {
      const row = await findRow(db, id)
      if (row === undefined || row.client_key === null) return null
      return deps.secretBox.open(row.client_key, placeOf(row.id, 'client_key'))
    },
    recordKeys: (id, seen) =>
      db.transaction().execute((trx) => recordKeys(trx, { id, seen }, { engine, clock: deps.clock })),
    enrol: (enrolled, actor) => enrolPeer(enrolled, { ...deps, engine, actor }),
    recordHealth: (id, change) =>
      engine.transactionUnsynced(async (trx) => {
        const before = await holdHealth(trx, id, engine)
        if (before === undefined) return undefined
        const after = change(before)
        if (after === before) return { before, after }
        await trx.updateTable('federation_peers').set(toHealthColumns(after)).where('id', '=', id).execute()
        return { before, after: toKeptHealth(after) }
      }),
  }
}

async function findRow(db: Kysely<Tables>, id: string): Promise<PeerRow | undefined> {
  const uuid = parseUuid(id)
  if (uuid === undefined) return undefined
  return db.selectFrom('federation_peers').selectAll().where('id', '=', uuid).executeTakeFirst()
}
