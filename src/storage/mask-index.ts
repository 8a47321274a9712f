/**
 * Brings the index up to what records are found by. Records that were written under an older rule of masking stand in it
 * by words that are masked now, and could be guessed by who sees them masked.
 */
import type { Transaction } from 'kysely'
import type { AsShared } from '../domain/ports.ts'
import { agentFromRow } from './agent-rows.ts'
import type { AgentWriter } from './agent-writer.ts'
import { takeRevisions } from './change-counter.ts'
import type { Engine } from './engine.ts'
import type { Tables } from './tables.ts'

const CHUNK = 500
const META = 'masked_index'

/**
 * Does nothing when it was done under this rule before. Records themselves are not changed, nor their revisions: a change
 * that is counted and concerns none of them.
 * @param rule names the rule of masking; another name, and all records are looked at anew.
 * @returns how many records were written to the index anew.
 */
export async function maskIndex(
  { db }: Engine,
  { writer, mask, rule }: { readonly writer: AgentWriter; readonly mask: AsShared; readonly rule: string },
): Promise<number> {
  const isDone = async (on: Engine['db']): Promise<boolean> => {
    const meta = on.selectFrom('registry_meta').select('value').where('name', '=', META)
    return (await meta.executeTakeFirst())?.value === rule
  }
  if (await isDone(db)) return 0
  return db.transaction().execute(async (trx) => {
    await takeRevisions(trx, 0)
    if (await isDone(trx)) return 0
    const written = await rewriteMasked(trx, { writer, mask })
    // Of no record: it tells all replicas that what they remember of the index is no longer so.
    if (written > 0) await takeRevisions(trx, 1)
    await trx
      .insertInto('registry_meta')
      .values({ name: META, value: rule })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: rule }))
      .execute()
    return written
  })
}

async function rewriteMasked(
  trx: Transaction<Tables>,
  { writer, mask }: { readonly writer: AgentWriter; readonly mask: AsShared },
): Promise<number> {
  let written = 0
  for (let last = 0; ; ) {
    const rows = await trx
      .selectFrom('agents')
      .selectAll()
      .where('ordinal', '>', last)
      .orderBy('ordinal')
      .limit(CHUNK)
      .execute()
    const writes = rows.flatMap((row) => {
      const agent = agentFromRow(row)
      const stored = { ordinal: row.ordinal, audienceId: row.audience_id, agent }
      return mask(agent) === agent ? [] : [{ agent, card: 'keep' as const, stored }]
    })
    if (writes.length > 0) await writer.write(trx, writes)
    written += writes.length
    last = rows.at(-1)?.ordinal ?? last
    if (rows.length < CHUNK) return written
  }
}
