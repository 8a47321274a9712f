/** Keys that open nothing for a while, and the records of their owners. */
import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Actor } from '../domain/principal.ts'
import { readAgentsOf, rewriteAgents } from './agent-rewrite.ts'
import { appendAudit } from './audit.ts'
import { takeRevisions } from './change-counter.ts'
import { fromStoredBoolean, toStoredTime } from './codec.ts'
import { isLive } from './credential-row.ts'
import type { ModerationDeps } from './moderation.ts'
import { parseUuid } from './stored-text.ts'
import type { Tables } from './tables.ts'
import { withSuspension } from './withholding.ts'

type Deps = ModerationDeps & { readonly actor: Actor }

export async function suspendKey(
  trx: Transaction<Tables>,
  {
    id,
    reason,
    hidesAgents,
  }: { readonly id: string; readonly reason: string; readonly hidesAgents: boolean },
  { clock, writer, actor }: Deps,
): Promise<{ readonly keys: number; readonly hiddenAgents: number } | undefined> {
  await takeRevisions(trx, 0)
  const now = clock.now()
  const key = await findKey(trx, id)
  if (key === undefined || !(await isLiveKey(trx, key.id, now))) return undefined
  const { numUpdatedRows } = await trx
    .updateTable('api_keys')
    .set({
      suspended_at: toStoredTime(now),
      suspension_reason: reason,
      suspension_hides: sql`${sql.lit(hidesAgents)}` as RawBuilder<boolean>,
    })
    .where(hidesAgents ? 'owner_id' : 'id', '=', hidesAgents ? key.owner_id : key.id)
    .where(isLive(now))
    .executeTakeFirstOrThrow()
  const rows = hidesAgents ? await readAgentsOf(trx, key.owner_id) : []
  const hide = (agent: Parameters<typeof withSuspension>[0]) => withSuspension(agent, true)
  await rewriteAgents(trx, rows, hide, { writer, now })
  const done = { keys: Number(numUpdatedRows), hiddenAgents: rows.length }
  const detail = { reason, hides_agents: hidesAgents, keys: done.keys, agents: done.hiddenAgents }
  await appendAudit(trx, { action: 'key.suspend', target: `key:${key.id}`, detail }, { actor, clock })
  return done
}

export async function resumeKey(
  trx: Transaction<Tables>,
  id: string,
  { clock, writer, actor }: Deps,
): Promise<{ readonly keys: number; readonly shownAgents: number } | undefined> {
  await takeRevisions(trx, 0)
  const key = await findKey(trx, id)
  if (key === undefined || key.suspended_at === null) return undefined
  const hidden = fromStoredBoolean(key.suspension_hides)
  const { numUpdatedRows } = await trx
    .updateTable('api_keys')
    .set({
      suspended_at: null,
      suspension_reason: null,
      suspension_hides: sql`${sql.lit(false)}` as RawBuilder<boolean>,
    })
    .where(hidden ? 'owner_id' : 'id', '=', hidden ? key.owner_id : key.id)
    .where('suspended_at', 'is not', null)
    .executeTakeFirstOrThrow()
  const rows = hidden ? await readAgentsOf(trx, key.owner_id) : []
  const show = (agent: Parameters<typeof withSuspension>[0]) => withSuspension(agent, false)
  await rewriteAgents(trx, rows, show, { writer, now: clock.now() })
  const done = { keys: Number(numUpdatedRows), shownAgents: rows.length }
  const detail = { keys: done.keys, agents: done.shownAgents }
  await appendAudit(trx, { action: 'key.resume', target: `key:${key.id}`, detail }, { actor, clock })
  return done
}

async function findKey(trx: Transaction<Tables>, id: string) {
  const uuid = parseUuid(id)
  if (uuid === undefined) return undefined
  return trx
    .selectFrom('api_keys')
    .select(['id', 'owner_id', 'suspended_at', 'suspension_hides'])
    .where('id', '=', uuid)
    .executeTakeFirst()
}

async function isLiveKey(trx: Transaction<Tables>, id: string, now: number): Promise<boolean> {
  const live = trx.selectFrom('api_keys').select('id').where('id', '=', id).where(isLive(now))
  return (await live.executeTakeFirst()) !== undefined
}
