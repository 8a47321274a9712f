/** Forgetting for good which records were deleted, or withdrawn from some of their readers. */
import { sql, type Transaction } from 'kysely'
import { takeRevisions } from './change-counter.ts'
import { toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import type { Tables } from './tables.ts'

/**
 * Removes the tombstones of records deleted before `before` (Unix ms), and likewise the withdrawals; returns how many
 * tombstones. Up to which change they are forgotten is noted in the same transaction: who follows the changes from
 * further back must be told that it may have missed some.
 */
export async function purgeTombstones(engine: Engine, before: number): Promise<number> {
  return engine.db.transaction().execute(async (trx) => {
    // Nothing is withdrawn or regained meanwhile.
    await takeRevisions(trx, 0)
    const deleted = await forget(trx, { table: 'agent_tombstones', column: 'deleted_at', before })
    await forget(trx, { table: 'agent_withdrawals', column: 'withdrawn_at', before })
    await forget(trx, { table: 'share_withdrawals', column: 'withdrawn_at', before })
    return deleted
  })
}

async function forget(
  trx: Transaction<Tables>,
  { table, column, before }: { readonly table: string; readonly column: string; readonly before: number },
): Promise<number> {
  const old = sql`from ${sql.table(table)} where ${sql.ref(column)} < ${toStoredTime(before)}`
  const { rows } = await sql<{ readonly last: number | null }>`select max(seq) as last ${old}`.execute(trx)
  const last = rows[0]?.last ?? null
  if (last === null) return 0
  await trx
    .updateTable('counters')
    .set({ value: last })
    .where('name', '=', 'agent_changes_forgotten')
    .where('value', '<', last)
    .execute()
  const { numAffectedRows = 0n } = await sql`delete ${old}`.execute(trx)
  return Number(numAffectedRows)
}
