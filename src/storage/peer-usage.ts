/** What peers with a quota took of each day: one row a peer and day, which all replicas add to. */
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { PeerUsages } from '../domain/federation-ports.ts'
import type { PeerId } from '../domain/peer.ts'
import {
  findUsedUp,
  type PeerQuota,
  type PeerUsage,
  QUOTA_KINDS,
  type QuotaKind,
} from '../domain/peer-quota.ts'
import { toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import { purgeOld } from './purge-old.ts'

export function createPeerUsages(engine: Engine): PeerUsages {
  const { db } = engine

  /** One statement checks and adds: what others add at the same moment is seen by it, or sees it. */
  const add = async (id: PeerId, day: number, amount: PeerUsage, quota: PeerQuota): Promise<boolean> => {
    const sums = QUOTA_KINDS.map((kind) => sql`${sql.ref(kind)} = ${sql.ref(kind)} + ${amount[kind]}`)
    const { numAffectedRows = 0n } = await sql`update peer_usage set ${sql.join(sums)}
      where peer_id = ${id} and day = ${toStoredTime(day)} and ${fits(amount, quota)}`.execute(db)
    return numAffectedRows > 0n
  }

  return {
    async spend(id, { day, amount, quota }) {
      if (await add(id, day, amount, quota)) return null
      await db
        .insertInto('peer_usage')
        .values({ peer_id: id, day: toStoredTime(day) })
        .onConflict((conflict) => conflict.columns(['peer_id', 'day']).doNothing())
        .execute()
      if (await add(id, day, amount, quota)) return null
      return findTooMuch(await this.read(id, day), amount, quota)
    },
    async read(id, day) {
      const row = await db
        .selectFrom('peer_usage')
        .select(['queries', 'results', 'bytes'])
        .where('peer_id', '=', id)
        .where('day', '=', toStoredTime(day))
        .executeTakeFirst()
      return { queries: row?.queries ?? 0, results: row?.results ?? 0, bytes: row?.bytes ?? 0 }
    },
    purge: (before) =>
      purgeOld(engine, { table: 'peer_usage', key: ['peer_id', 'day'], column: 'day', before }),
  }
}

function fits(amount: PeerUsage, quota: PeerQuota): RawBuilder<SqlBool> {
  const conditions = QUOTA_KINDS.flatMap((kind) => {
    const most = quota[kind]
    return most === null ? [] : [sql<SqlBool>`${sql.ref(kind)} + ${amount[kind]} <= ${most}`]
  })
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)
}

function findTooMuch(used: PeerUsage, amount: PeerUsage, quota: PeerQuota): QuotaKind {
  const after = { ...used }
  for (const kind of QUOTA_KINDS) after[kind] += amount[kind] - 1 // as much as it takes to be over
  return findUsedUp(quota, after) ?? 'queries'
}
