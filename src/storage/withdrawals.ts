/**
 * Records that some readers lost sight of while they live on: narrowed or disabled. Those readers must hear of it, and
 * of nothing that happens to the record afterwards; others must not hear of it at all.
 *
 * Readers of public, federated and local records are classes that contain each other, so a record that narrows is
 * lost to the classes between its old audience and its new one, and found again by those it widens to. Each class
 * has a row of its own, since a record may leave their sight one after the other.
 */
import type { Transaction } from 'kysely'
import type { OwnAgent } from '../domain/agent.ts'
import { firstReader } from './audiences.ts'
import { toStoredTime } from './codec.ts'
import type { BulkColumn, BulkRow, Engine } from './engine.ts'
import type { Tables } from './tables.ts'

/** A record that changes its audience, with its new revision; `from` and `to` are ids of audiences. */
export type Move = { readonly agent: OwnAgent; readonly from: number; readonly to: number }

/** Notes who loses and who regains sight of records, within the transaction that moves them. */
export async function noteMoves(
  engine: Engine,
  trx: Transaction<Tables>,
  moves: readonly Move[],
): Promise<void> {
  const lost: BulkRow[] = []
  const regained: BulkRow[] = []
  for (const { agent, from, to } of moves) {
    const { id, did, ownerId, updatedAt, revision } = agent
    for (const reader of between(firstReader(from), firstReader(to))) {
      lost.push([id, reader, did, ownerId, toStoredTime(updatedAt), revision])
    }
    for (const reader of between(firstReader(to), firstReader(from))) regained.push([id, reader])
  }
  await engine.bulkDelete(trx, { table: 'agent_withdrawals', columns: KEY }, regained)
  await engine.bulkInsert(trx, { table: 'agent_withdrawals', columns: COLUMNS }, lost)
}

const KEY: readonly BulkColumn[] = [
  { name: 'id', type: 'uuid' },
  { name: 'audience_id', type: 'integer' },
]

const COLUMNS: readonly BulkColumn[] = [
  ...KEY,
  { name: 'did', type: 'text' },
  { name: 'owner_id', type: 'uuid' },
  { name: 'withdrawn_at', type: 'time' },
  { name: 'seq', type: 'bigint' },
]

/** The whole numbers from `first` to the one before `end`; none if there is none. */
function between(first: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - first) }, (_, place) => first + place)
}
