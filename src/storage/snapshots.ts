/** The state of walks through merged answers, kept until it expires. */
import type { SnapshotStore } from '../domain/federation-ports.ts'
import type { Clock } from '../domain/ports.ts'
import { fromStoredTime, toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import { purgeOld } from './purge-old.ts'
import { parseUuid } from './stored-text.ts'

export function createSnapshotStore(engine: Engine, clock: Clock): SnapshotStore {
  const { db } = engine
  return {
    async put({ id, state, expiresAt }) {
      const content = { state: JSON.stringify(state), expires_at: toStoredTime(expiresAt) }
      await db
        .insertInto('discovery_snapshots')
        .values({ id: id.toLowerCase(), ...content })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(content))
        .execute()
    },
    async find(id) {
      const uuid = parseUuid(id)
      if (uuid === undefined) return undefined
      const row = await db
        .selectFrom('discovery_snapshots')
        .select(['state', 'expires_at'])
        .where('id', '=', uuid)
        .where('expires_at', '>', toStoredTime(clock.now()))
        .executeTakeFirst()
      return row && { state: JSON.parse(row.state), expiresAt: fromStoredTime(row.expires_at) }
    },
    purge: (now) =>
      purgeOld(engine, { table: 'discovery_snapshots', key: ['id'], column: 'expires_at', before: now }),
  }
}
