/**
 * Records that peers with a share policy lost sight of: narrowed, changed into what their policy keeps back, or
 * deleted. Each such peer is a class of readers by itself, so each has a row of its own, written by whoever changes the
 * record; of a record it never could see it has none, and learns nothing.
 */
import type { Kysely, Transaction } from 'kysely'
import type { OwnAgent } from '../domain/agent.ts'
import { admitsRecord, type SharePolicy } from '../domain/share-policy.ts'
import { audienceOf } from './audiences.ts'
import { toStoredTime } from './codec.ts'
import type { BulkColumn, BulkRow, Engine } from './engine.ts'
import { toSharePolicy } from './peer-row.ts'
import type { Tables } from './tables.ts'

/** A record that is written anew; `after` carries the new revision. */
export type ShareMove = { readonly before: OwnAgent; readonly after: OwnAgent }

/** Notes which peers lose and which regain sight of records, within the transaction that writes them. */
export async function noteShareMoves(
  engine: Engine,
  trx: Transaction<Tables>,
  moves: readonly ShareMove[],
): Promise<void> {
  if (moves.length === 0) return
  const lost: BulkRow[] = []
  const regained: BulkRow[] = []
  for (const { peerId, policy } of await listPolicies(trx)) {
    for (const { before, after } of moves) {
      const [saw, sees] = [isVisible(before, policy), isVisible(after, policy)]
      if (saw && !sees) {
        lost.push([peerId, after.id, after.did, toStoredTime(after.updatedAt), after.revision])
      } else if (sees && !saw) regained.push([peerId, after.id])
    }
  }
  await engine.bulkDelete(trx, { table: 'share_withdrawals', columns: KEY }, regained)
  await engine.bulkInsert(trx, { table: 'share_withdrawals', columns: COLUMNS }, lost)
}

/** Notes which peers could see a record that is deleted. Of public ones the tombstone tells everyone. */
export async function noteShareDeletion(
  engine: Engine,
  trx: Transaction<Tables>,
  {
    agent,
    deletedAt,
    revision,
  }: { readonly agent: OwnAgent; readonly deletedAt: number; readonly revision: number },
): Promise<void> {
  if (audienceOf(agent) !== 'federated') return
  const rows = (await listPolicies(trx))
    .filter(({ policy }) => isVisible(agent, policy))
    .map(({ peerId }) => [peerId, agent.id, agent.did, toStoredTime(deletedAt), revision])
  await engine.bulkInsert(trx, { table: 'share_withdrawals', columns: COLUMNS }, rows)
}

/** Whether a record is one that the peer could see under its policy of today, and lost. */
export async function hasLost(db: Kysely<Tables>, peerId: string, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('share_withdrawals')
    .select('seq')
    .where('peer_id', '=', peerId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row !== undefined
}

/** What a peer lost under a policy that is no more. */
export async function forgetWithdrawals(trx: Transaction<Tables>, peerId: string): Promise<void> {
  await trx.deleteFrom('share_withdrawals').where('peer_id', '=', peerId).execute()
}

/** Read under the write lock, which a change of a policy takes as well. */
async function listPolicies(
  trx: Transaction<Tables>,
): Promise<{ readonly peerId: string; readonly policy: SharePolicy }[]> {
  const rows = await trx
    .selectFrom('federation_peers')
    .select(['id', 'share_policy'])
    .where('share_policy', 'is not', null)
    .execute()
  return rows.flatMap(({ id, share_policy: stored }) => {
    const policy = toSharePolicy(stored)
    return policy === null ? [] : [{ peerId: id, policy }]
  })
}

function isVisible(agent: OwnAgent, policy: SharePolicy): boolean {
  const audience = audienceOf(agent)
  return audience === 'public' || (audience === 'federated' && admitsRecord(policy, agent))
}

const KEY: readonly BulkColumn[] = [
  { name: 'peer_id', type: 'uuid' },
  { name: 'id', type: 'uuid' },
]

const COLUMNS: readonly BulkColumn[] = [
  ...KEY,
  { name: 'did', type: 'text' },
  { name: 'withdrawn_at', type: 'time' },
  { name: 'seq', type: 'bigint' },
]
