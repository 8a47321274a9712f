/** Peers' records last seen, one copy for each peer that has them. */
import type { Selectable, Transaction } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import type { FederatedAgentStore, FederatedCopy, FederatedRecord } from '../domain/federation-ports.ts'
import type { PeerId } from '../domain/peer.ts'
import type { Clock } from '../domain/ports.ts'
import { fromStoredJson, fromStoredTime, toStoredTime } from './codec.ts'
import type { BulkColumn, BulkRow, Engine } from './engine.ts'
import { holdPeer, sharePeer } from './peer-lock.ts'
import { purgeOld } from './purge-old.ts'
import type { FederatedAgentsCacheTable, Tables } from './tables.ts'

/** Of one peer; who sends other records in each answer must not fill the disk. Those last seen stay. */
const MOST_OF_PEER = 10_000
/** Written by one process; looking for those beyond takes longer than writing a few. */
const TRIMMED_AFTER = 1_000

export function createFederatedAgentStore(engine: Engine, clock: Clock): FederatedAgentStore {
  const { db } = engine
  /** Copies written by this process since those beyond were removed. */
  const untrimmed = new Map<PeerId, number>()
  const stored = () =>
    db.selectFrom('federated_agents_cache').where('expires_at', '>', toStoredTime(clock.now()))
  const unexpired = () => stored().select(['peer_id', 'agent_data', 'cached_at', 'expires_at'])

  return {
    async remember(peerId, records, { epoch, ...times }) {
      if (records.length === 0) return
      const rows = toRows(peerId, records, times)
      await engine.transactionUnsynced(async (trx) => {
        const peer = await sharePeer(trx, peerId, engine)
        if (peer?.epoch === epoch) await engine.bulkInsert(trx, COPIES, rows)
      })
      const written = (untrimmed.get(peerId) ?? 0) + rows.length
      untrimmed.set(peerId, written % TRIMMED_AFTER)
      if (written < TRIMMED_AFTER) return
      // Who removes has the peer alone: replicas that write the same records would wait for each other crosswise.
      await engine.transactionUnsynced(async (trx) => {
        if (await holdPeer(trx, peerId, engine)) await deleteBeyond(trx, { peerId, most: MOST_OF_PEER })
      })
    },
    async findByDid(did) {
      // No record holds a null character, and PostgreSQL takes none as a parameter.
      if (did.includes('\0')) return []
      const rows = await unexpired().where('agent_did', '=', did).orderBy('peer_id').execute()
      return rows.map(toCopy)
    },
    async listOfPeer(peerId, dids) {
      if (dids.length === 0) return []
      const ofPeer = unexpired().where('peer_id', '=', peerId)
      const rows = await ofPeer.where(engine.isOneOf('agent_did', dids, 'text')).execute()
      return rows.map(toCopy)
    },
    async listSeenAt(peerId, { limit }) {
      const ofPeer = stored().select(['agent_did', 'cached_at']).where('peer_id', '=', peerId)
      const rows = await ofPeer.orderBy('cached_at', 'desc').orderBy('agent_did').limit(limit).execute()
      return rows.map((row) => ({ did: row.agent_did, seenAt: fromStoredTime(row.cached_at) }))
    },
    forget: (peerId, gone) =>
      db.transaction().execute(async (trx) => {
        if (!(await holdPeer(trx, peerId, engine))) return 0
        // One after the other: each side has its index.
        const named = await deleteNamed(engine, trx, { peerId, column: 'agent_id', names: gone.agentIds })
        return named + (await deleteNamed(engine, trx, { peerId, column: 'agent_did', names: gone.dids }))
      }),
    forgetPeer: (peerId) =>
      db.transaction().execute(async (trx) => {
        return (await holdPeer(trx, peerId, engine)) ? deleteCopiesOf(trx, peerId) : 0
      }),
    purge: (now) =>
      purgeOld(engine, { table: 'federated_agents_cache', key: ['id'], column: 'expires_at', before: now }),
  }
}

/** Removes all copies of one peer, which the transaction holds; returns how many. */
export async function deleteCopiesOf(trx: Transaction<Tables>, peerId: string): Promise<number> {
  const { numDeletedRows } = await trx
    .deleteFrom('federated_agents_cache')
    .where('peer_id', '=', peerId)
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** Removes those of one peer that were last seen before so many others. */
async function deleteBeyond(
  trx: Transaction<Tables>,
  { peerId, most }: { readonly peerId: PeerId; readonly most: number },
): Promise<void> {
  const beyond = trx
    .selectFrom('federated_agents_cache')
    .select('id')
    .where('peer_id', '=', peerId)
    .orderBy('cached_at', 'desc')
    .orderBy('agent_did')
    .limit(Number.MAX_SAFE_INTEGER) // SQLite takes no offset without a limit
    .offset(most)
  await trx.deleteFrom('federated_agents_cache').where('id', 'in', beyond).execute()
}

const COLUMNS: readonly BulkColumn[] = [
  { name: 'id', type: 'uuid' },
  { name: 'peer_id', type: 'uuid' },
  { name: 'agent_did', type: 'text' },
  { name: 'agent_id', type: 'text' },
  { name: 'agent_data', type: 'json' },
  { name: 'cached_at', type: 'time' },
  { name: 'expires_at', type: 'time' },
]

const COPIES = {
  table: 'federated_agents_cache',
  columns: COLUMNS,
  onConflict: `on conflict (agent_did, peer_id) do update set agent_id = excluded.agent_id,
    agent_data = excluded.agent_data, cached_at = excluded.cached_at, expires_at = excluded.expires_at
    where excluded.cached_at >= federated_agents_cache.cached_at`,
} as const

/**
 * One row for each DID, the last record that has it; in the order of DIDs, so that two replicas that remember the
 * same records never wait for each other crosswise.
 */
function toRows(
  peerId: PeerId,
  records: readonly FederatedRecord[],
  times: { readonly seenAt: number; readonly expiresAt: number },
): BulkRow[] {
  const [seenAt, expiresAt] = [toStoredTime(times.seenAt), toStoredTime(times.expiresAt)]
  const byDid = new Map(records.map((record) => [record.did, record]))
  return [...byDid.values()]
    .sort((a, b) => (a.did < b.did ? -1 : 1))
    .map(({ did, agentId, data }) => [
      uuidv7(),
      peerId,
      did,
      agentId,
      JSON.stringify(data),
      seenAt,
      expiresAt,
    ])
}

async function deleteNamed(
  { isOneOf }: Engine,
  trx: Transaction<Tables>,
  {
    peerId,
    column,
    names,
  }: {
    readonly peerId: PeerId
    readonly column: 'agent_id' | 'agent_did'
    readonly names: readonly string[]
  },
): Promise<number> {
  if (names.length === 0) return 0
  const { numDeletedRows } = await trx
    .deleteFrom('federated_agents_cache')
    .where('peer_id', '=', peerId)
    .where(isOneOf(column, names, 'text'))
    .executeTakeFirst()
  return Number(numDeletedRows)
}

function toCopy(
  row: Pick<Selectable<FederatedAgentsCacheTable>, 'peer_id' | 'agent_data' | 'cached_at' | 'expires_at'>,
): FederatedCopy {
  return {
    peerId: row.peer_id as PeerId,
    data: fromStoredJson(row.agent_data),
    seenAt: fromStoredTime(row.cached_at),
    expiresAt: fromStoredTime(row.expires_at),
  }
}
