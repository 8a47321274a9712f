/** What operators do to records of ours, and to the keys of who publishes them. */
import type { Transaction } from 'kysely'
import type { OwnAgent } from '../domain/agent.ts'
import type { ModerationStore, Transferred, WithheldAgent } from '../domain/moderation.ts'
import type { Clock } from '../domain/ports.ts'
import type { Actor } from '../domain/principal.ts'
import { readAgentRow, rewriteAgents } from './agent-rewrite.ts'
import { agentFromRow } from './agent-rows.ts'
import type { AgentWriter } from './agent-writer.ts'
import { type AuditEntry, appendAudit } from './audit.ts'
import { takeRevisions } from './change-counter.ts'
import type { Engine } from './engine.ts'
import { parseUuid } from './stored-text.ts'
import { resumeKey, suspendKey } from './suspension.ts'
import type { Tables } from './tables.ts'
import { withTakeDown } from './withholding.ts'

export type ModerationDeps = { readonly clock: Clock; readonly writer: AgentWriter }

export function createModerationStore(engine: Engine, deps: ModerationDeps): ModerationStore {
  const { db } = engine
  const { clock, writer } = deps

  /** One record changed, with the audit row of who did it; undefined without the record. */
  const change = (
    id: string,
    {
      to,
      audit,
      actor,
    }: { readonly to: (agent: OwnAgent) => OwnAgent; readonly audit: Act; readonly actor: Actor },
  ): Promise<OwnAgent | undefined> =>
    db.transaction().execute(async (trx) => {
      await takeRevisions(trx, 0)
      const row = await readAgentRow(trx, id)
      if (row === undefined) return undefined
      const [agent] = await rewriteAgents(trx, [row], to, { writer, now: clock.now() })
      await appendAudit(trx, { ...audit, target: `agent:${row.id}` }, { actor, clock })
      return agent
    })

  return {
    takeDown: (id, { reason, isLegal }, actor) =>
      change(id, {
        to: (agent) => withTakeDown(agent, { at: clock.now(), reason, isLegal }),
        audit: { action: 'agent.take-down', detail: { reason, legal: isLegal } },
        actor,
      }),
    restore: (id, actor) =>
      change(id, {
        to: (agent) => (agent.withheld?.takeDown === undefined ? agent : withTakeDown(agent, undefined)),
        audit: { action: 'agent.restore' },
        actor,
      }),
    listWithheld: ({ after, limit }) => listWithheld(engine, { after, limit }),
    transfer: (id, to, actor) =>
      db.transaction().execute((trx) => transfer(trx, { id, to }, { ...deps, actor })),
    suspendKey: (id, given, actor) =>
      db.transaction().execute((trx) => suspendKey(trx, { id, ...given }, { ...deps, actor })),
    resumeKey: (id, actor) => db.transaction().execute((trx) => resumeKey(trx, id, { ...deps, actor })),
  }
}

type Act = Omit<AuditEntry, 'target'>

async function listWithheld(
  { db }: Engine,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<WithheldAgent[]> {
  let query = db.selectFrom('agents').selectAll().where('withheld', 'is not', null).orderBy('id').limit(limit)
  const uuid = after === null ? undefined : parseUuid(after)
  if (uuid !== undefined) query = query.where('id', '>', uuid)
  const rows = await query.execute()
  return rows
    .map(agentFromRow)
    .flatMap(({ id, did, name, ownerId, withheld }) =>
      withheld === null ? [] : [{ id, did, name, ownerId, withheld }],
    )
}

async function transfer(
  trx: Transaction<Tables>,
  { id, to }: { readonly id: string; readonly to: string },
  { clock, writer, actor }: ModerationDeps & { readonly actor: Actor },
): Promise<Transferred> {
  await takeRevisions(trx, 0)
  const row = await readAgentRow(trx, id)
  if (row === undefined) return { kind: 'absent' }
  const ownerId = parseUuid(to)
  const owner = ownerId === undefined ? undefined : await findOwner(trx, ownerId)
  if (owner === undefined) return { kind: 'unknown-owner' }
  if (owner.suspension_hides) return { kind: 'suspended-owner' }
  const [agent] = await rewriteAgents(
    trx,
    [row],
    (before) =>
      before.ownerId === owner.owner_id
        ? before
        : { ...before, ownerId: owner.owner_id as OwnAgent['ownerId'] },
    { writer, now: clock.now() },
  )
  if (agent === undefined) return { kind: 'absent' }
  if (row.owner_id === owner.owner_id) return { kind: 'unchanged', agent }
  const detail = { from: row.owner_id, to: owner.owner_id }
  await appendAudit(trx, { action: 'agent.transfer', target: `agent:${row.id}`, detail }, { actor, clock })
  return { kind: 'transferred', agent }
}

/** One key of the owner, a suspended one first. */
function findOwner(trx: Transaction<Tables>, ownerId: string) {
  return trx
    .selectFrom('api_keys')
    .select(['owner_id', 'suspension_hides'])
    .where('owner_id', '=', ownerId)
    .orderBy('suspension_hides', 'desc')
    .limit(1)
    .executeTakeFirst()
}
