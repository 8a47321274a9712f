/** How many federated records a policy lets out. */
import { type Kysely, sql } from 'kysely'
import type { SharePolicy } from '../domain/share-policy.ts'
import { FEDERATED_AUDIENCE } from './audiences.ts'
import { rawCondition } from './raw-condition.ts'
import { shareCondition } from './share-condition.ts'
import type { Tables } from './tables.ts'

export async function countShared(db: Kysely<Tables>, policy: SharePolicy): Promise<number> {
  const { count } = await db
    .selectFrom('agents')
    .select(sql<number>`count(*)`.as('count'))
    .where('audience_id', '=', FEDERATED_AUDIENCE)
    .where(rawCondition((mark) => shareCondition(policy, 'agents', mark)))
    .executeTakeFirstOrThrow()
  return Number(count)
}
