/** Forgetting deleted records for good. */
import { toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'

/** Removes the tombstones of records deleted before `before` (Unix ms); returns how many. */
export async function purgeTombstones(engine: Engine, before: number): Promise<number> {
  const { numDeletedRows } = await engine.db
    .deleteFrom('agent_tombstones')
    .where('deleted_at', '<', toStoredTime(before))
    .executeTakeFirst()
  return Number(numDeletedRows)
}
