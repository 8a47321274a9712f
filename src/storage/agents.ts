/** This registry's own records: one transaction a change, its audit row included. */
import type { Kysely, Transaction } from 'kysely'
import { validate as isUuid } from 'uuid'
import { type AgentCard, type AgentId, CARD_FORMATS, type Did, type OwnAgent } from '../domain/agent.ts'
import type { AgentStore, AsShared, Clock, CreatedAgent, FoundAgent } from '../domain/ports.ts'
import { PUBLIC_SCOPE, type Scope } from '../domain/principal.ts'
import { createChangesFeed } from './agent-changes.ts'
import { asksForWithheld, filterConditions } from './agent-filter.ts'
import { planImport } from './agent-import.ts'
import { agentFromRow } from './agent-rows.ts'
import type { AgentWriter, StoredPlace } from './agent-writer.ts'
import { audienceCondition, audienceOf, reaches, recordCondition } from './audiences.ts'
import { appendAudit } from './audit.ts'
import { asBlocked, readBlocked } from './blocks.ts'
import { readLastChange, takeRevisions } from './change-counter.ts'
import { fromStoredTime, toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import { createIdMinter } from './mint-id.ts'
import { rawCondition } from './raw-condition.ts'
import { seenRecord } from './seen-record.ts'
import { countShared } from './share-counts.ts'
import { hasLost } from './share-withdrawals.ts'
import type { Tables } from './tables.ts'

export type AgentStoreDeps = {
  readonly clock: Clock
  /** Mints the DID of a new record. */
  readonly didOf: (id: AgentId) => Did
  readonly asShared: AsShared
  readonly publicUrl: string
  readonly writer: AgentWriter
}

export function createAgentStore(engine: Engine, deps: AgentStoreDeps): AgentStore {
  const { db } = engine
  const { clock, didOf, asShared, publicUrl, writer } = deps
  /** What blocks say of a record that is written; needs the write lock. */
  const reviewed = async (trx: Transaction<Tables>, agent: OwnAgent): Promise<OwnAgent> =>
    asBlocked(agent, await readBlocked(trx), publicUrl)

  return {
    ...createChangesFeed(engine),

    async create(draft, ownerId, { actor, idempotency }) {
      return db.transaction().execute(async (trx): Promise<CreatedAgent> => {
        const revision = await takeRevisions(trx, 1)
        const newId = await readIdMinter(trx, clock)
        const id = newId()
        if (idempotency) {
          const earlier = await claimIdempotencyKey(trx, { ...idempotency, ownerId, id, now: clock.now() })
          if (earlier) return earlier
        }
        const now = clock.now()
        const agent: OwnAgent = {
          ...draft.fields,
          id,
          did: didOf(id),
          ownerId,
          cardFormat: draft.card?.format ?? null,
          cardSha256: draft.card?.sha256 ?? null,
          explicitFields: draft.explicitFields,
          createdAt: now,
          updatedAt: now,
          revision,
          withheld: null,
        }
        const write = { agent: await reviewed(trx, agent), card: draft.card, stored: null }
        await writer.write(trx, [write])
        await appendAudit(trx, { action: 'agent.create', target: `agent:${id}` }, { actor, clock })
        return { kind: 'created', agent: write.agent }
      })
    },

    async find(reference, scope) {
      const column = reference.startsWith('did:') ? 'did' : 'id'
      if (column === 'id' ? !isUuid(reference) : reference.includes('\0')) return { kind: 'absent' }
      const { share } = scope
      const row = await db
        .selectFrom('agents')
        .innerJoin('audiences', 'audiences.id', 'agents.audience_id')
        .selectAll('agents')
        .select('audiences.name as audience_name')
        .where(column === 'did' ? 'agents.did' : 'agents.id', '=', normalizeReference(reference))
        .$if(share !== undefined, (query) =>
          query.where(rawCondition((mark) => recordCondition('agents', scope, mark))),
        )
        .executeTakeFirst()
      if (!row) {
        const gone = await findTombstone(db, normalizeReference(reference), { column, scope })
        return gone.kind === 'absent' && share !== undefined
          ? findWithheld(db, normalizeReference(reference), { column, scope: PUBLIC_SCOPE })
          : gone
      }
      if (!reaches(scope, { name: row.audience_name, ownerId: row.owner_id }))
        return withheldFrom(agentFromRow(row), scope)
      return { kind: 'found', agent: seenRecord(agentFromRow(row), scope, asShared) }
    },

    async findCard(id) {
      const row = await db
        .selectFrom('agent_cards')
        .innerJoin('agents', 'agents.ordinal', 'agent_cards.agent_ordinal')
        .select(['agents.card_format', 'agents.card_sha256', 'agent_cards.media_type', 'agent_cards.bytes'])
        .where('agents.id', '=', id)
        .executeTakeFirst()
      const format = CARD_FORMATS.find((known) => known === row?.card_format)
      if (!row || format === undefined || row.card_sha256 === null) return undefined
      return {
        format,
        mediaType: row.media_type,
        sha256: row.card_sha256,
        bytes: row.bytes,
      } satisfies AgentCard
    },

    async replace(id, draft, { expectedRevision, actor }) {
      return db.transaction().execute(async (trx) => {
        const revision = await takeRevisions(trx, 1)
        const current = await readForUpdate(trx, id)
        if (!current) return { kind: 'absent' }
        if (current.agent.revision !== expectedRevision) return { kind: 'stale' }
        const agent: OwnAgent = {
          ...current.agent,
          ...draft.fields,
          explicitFields: draft.explicitFields,
          ...(draft.card === 'keep'
            ? {}
            : { cardFormat: draft.card?.format ?? null, cardSha256: draft.card?.sha256 ?? null }),
          updatedAt: clock.now(),
          revision,
        }
        const write = { agent: await reviewed(trx, agent), card: draft.card, stored: current.place }
        await writer.write(trx, [write])
        await appendAudit(trx, { action: 'agent.update', target: `agent:${id}` }, { actor, clock })
        return { kind: 'replaced', agent: write.agent }
      })
    },

    async delete(id, { reason, expectedRevision, actor }) {
      return db.transaction().execute(async (trx) => {
        const revision = await takeRevisions(trx, 1)
        const current = await readForUpdate(trx, id)
        if (!current) return 'absent'
        if (expectedRevision !== null && current.agent.revision !== expectedRevision) return 'stale'
        await writer.remove(trx, current.agent, {
          place: current.place,
          reason,
          deletedAt: clock.now(),
          revision,
        })
        await appendAudit(trx, { action: 'agent.delete', target: `agent:${id}` }, { actor, clock })
        return 'deleted'
      })
    },

    async importBatch(drafts, ownerId, { actor, isDryRun }) {
      if (drafts.length === 0) return []
      return db.transaction().execute(async (trx) => {
        // Taken before reading, so that no other writer changes what the plan is made from.
        await takeRevisions(trx, 0)
        const newId = await readIdMinter(trx, clock)
        const plan = await planImport(engine, trx, drafts, { ownerId, now: clock.now(), newId, didOf })
        if (isDryRun || plan.writes.length === 0) return plan.lines
        const first = await takeRevisions(trx, plan.writes.length)
        const blocked = await readBlocked(trx)
        await writer.write(
          trx,
          plan.writes.map((write, place) => ({
            ...write,
            agent: { ...asBlocked(write.agent, blocked, publicUrl), revision: first + place },
          })),
        )
        const ids = (isNew: boolean): string[] =>
          plan.writes.filter((write) => (write.stored === null) === isNew).map((write) => write.agent.id)
        await appendAudit(
          trx,
          {
            action: 'agent.import',
            target: `owner:${ownerId}`,
            detail: { created: ids(true), updated: ids(false) },
          },
          { actor, clock },
        )
        return plan.lines
      })
    },

    async list(filter, asked, { after, limit }) {
      const { share } = asked
      const scope = share !== undefined && asksForWithheld(filter, share) ? PUBLIC_SCOPE : asked
      let query = db
        .selectFrom('agents')
        .selectAll()
        .orderBy('created_at', 'desc')
        .orderBy('did', 'asc')
        .limit(limit)
        .where(rawCondition((mark) => recordCondition('agents', scope, mark)))
        .where(rawCondition((mark) => filterConditions(filter, 'agents', mark).join(' and ') || 'true'))
      if (after) {
        const at = toStoredTime(after.createdAt)
        query = query.where((eb) =>
          eb.or([eb('created_at', '<', at), eb.and([eb('created_at', '=', at), eb('did', '>', after.did)])]),
        )
      }
      const rows = await query.execute()
      return rows.map((row) => seenRecord(agentFromRow(row), scope, asShared))
    },

    lastRevision: () => readLastChange(db),

    async count(scope) {
      const { share } = scope
      const { total } = await db
        .selectFrom('audiences')
        .select((eb) => eb.fn.sum('documents').as('total'))
        .where(rawCondition((mark) => audienceCondition('audiences.id', share ? PUBLIC_SCOPE : scope, mark)))
        .executeTakeFirstOrThrow()
      return Number(total ?? 0) + (share === undefined ? 0 : await countShared(db, share.policy))
    },
  }
}

/** Mints ids that follow those of all records; needs the write lock. */
async function readIdMinter(trx: Transaction<Tables>, clock: Clock): Promise<() => AgentId> {
  const newest = await trx
    .selectFrom('agents')
    .select('id')
    .orderBy('ordinal', 'desc')
    .limit(1)
    .executeTakeFirst()
  return createIdMinter(newest?.id ?? null, clock.now())
}

/** Ids are written lower case; DIDs are compared as they are. */
function normalizeReference(reference: string): string {
  return reference.startsWith('did:') ? reference : reference.toLowerCase()
}

async function findTombstone(
  db: Kysely<Tables>,
  reference: string,
  { column, scope }: { readonly column: 'id' | 'did'; readonly scope: Scope },
): Promise<FoundAgent> {
  const row = await db
    .selectFrom('agent_tombstones')
    .innerJoin('audiences', 'audiences.id', 'agent_tombstones.audience_id')
    .selectAll('agent_tombstones')
    .select('audiences.name as audience_name')
    .where(column === 'did' ? 'agent_tombstones.did' : 'agent_tombstones.id', '=', reference)
    .executeTakeFirst()
  if (!row || !reaches(scope, { name: row.audience_name, ownerId: row.owner_id })) return { kind: 'absent' }
  const { share } = scope
  const wasPublic = reaches(PUBLIC_SCOPE, { name: row.audience_name, ownerId: row.owner_id })
  if (share !== undefined && !wasPublic && !(await hasLost(db, share.peerId, row.id)))
    return { kind: 'absent' }
  return {
    kind: 'deleted',
    tombstone: {
      id: row.id as AgentId,
      did: row.did as Did,
      deletedAt: fromStoredTime(row.deleted_at),
      reason: row.reason,
    },
  }
}

/** Under a share policy, only of what anyone could see it is told why it cannot be seen. */
async function findWithheld(
  db: Kysely<Tables>,
  reference: string,
  { column, scope }: { readonly column: 'id' | 'did'; readonly scope: Scope },
): Promise<FoundAgent> {
  const row = await db
    .selectFrom('agents')
    .selectAll()
    .where(column, '=', reference)
    .where('withheld', 'is not', null)
    .executeTakeFirst()
  return row === undefined ? { kind: 'absent' } : withheldFrom(agentFromRow(row), scope)
}

/** A record that this asker does not see: withheld, if he would see it otherwise. */
function withheldFrom(agent: OwnAgent, scope: Scope): FoundAgent {
  const { withheld, ownerId } = agent
  const isOthersToo = reaches(scope, { name: audienceOf({ ...agent, withheld: null }), ownerId })
  return withheld !== null && isOthersToo ? { kind: 'withheld', withheld } : { kind: 'absent' }
}

async function readForUpdate(
  trx: Transaction<Tables>,
  id: AgentId,
): Promise<{ readonly agent: OwnAgent; readonly place: StoredPlace } | undefined> {
  const row = await trx.selectFrom('agents').selectAll().where('id', '=', id).executeTakeFirst()
  if (row === undefined) return undefined
  const agent = agentFromRow(row)
  return { agent, place: { ordinal: row.ordinal, audienceId: row.audience_id, agent } }
}

async function claimIdempotencyKey(
  trx: Transaction<Tables>,
  claim: {
    readonly key: string
    readonly fingerprint: string
    readonly ownerId: string
    readonly id: AgentId
    readonly now: number
  },
): Promise<CreatedAgent | undefined> {
  await trx
    .deleteFrom('idempotency_keys')
    .where('created_at', '<', toStoredTime(claim.now - IDEMPOTENCY_WINDOW_MS))
    .execute()
  const earlier = await trx
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('owner_id', '=', claim.ownerId)
    .where('key', '=', claim.key)
    .executeTakeFirst()
  if (!earlier) {
    await trx
      .insertInto('idempotency_keys')
      .values({
        owner_id: claim.ownerId,
        key: claim.key,
        fingerprint: claim.fingerprint,
        agent_id: claim.id,
        created_at: toStoredTime(claim.now),
      })
      .execute()
    return undefined
  }
  if (earlier.fingerprint !== claim.fingerprint) return { kind: 'key-reused' }
  const agentId = earlier.agent_id as AgentId
  const current = await readForUpdate(trx, agentId)
  return current ? { kind: 'replayed', agent: current.agent } : { kind: 'replayed-gone', agentId }
}

/** Keys are remembered for a day: longer than any client goes on trying. */
const IDEMPOTENCY_WINDOW_MS = 24 * 3_600_000
