/**
 * The numbers of changes to records: one row, which a transaction that writes records takes first and holds until it
 * ends. So none gets a number before all with smaller ones have ended, and writers never wait for each other
 * crosswise over the counts of the index.
 */
import type { Kysely, Transaction } from 'kysely'
import type { Tables } from './tables.ts'

/** Takes the write lock and `count` numbers (0: the lock alone); returns the first. */
export async function takeRevisions(trx: Transaction<Tables>, count: number): Promise<number> {
  const { value } = await trx
    .updateTable('counters')
    .set((eb) => ({ value: eb('value', '+', count) }))
    .where('name', '=', 'agent_changes')
    .returning('value')
    .executeTakeFirstOrThrow()
  return value - count + 1
}

/** The number of the last change to any record; 0 before the first. */
export async function readLastChange(db: Kysely<Tables>): Promise<number> {
  const { value } = await db
    .selectFrom('counters')
    .select('value')
    .where('name', '=', 'agent_changes')
    .executeTakeFirstOrThrow()
  return value
}
