/**
 * Blocks, and the records of ours that they hide. A record that is hidden belongs to the audience of its owner, so no
 * search, list, figure or peer sees it, and those who saw it hear of its end; nothing else need know of blocks.
 */
import type { Kysely, Selectable, Transaction } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import type { OwnAgent } from '../domain/agent.ts'
import {
  BLOCK_KINDS,
  type Block,
  type BlockDraft,
  type BlockId,
  type BlockRef,
  type BlockStore,
} from '../domain/moderation.ts'
import type { Clock } from '../domain/ports.ts'
import type { Actor } from '../domain/principal.ts'
import { type Blocked, compileBlocks } from '../moderation/blocked.ts'
import { agentFromRow } from './agent-rows.ts'
import type { AgentWrite, AgentWriter } from './agent-writer.ts'
import { appendAudit } from './audit.ts'
import { takeRevisions } from './change-counter.ts'
import { fromStoredTime, toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import { fromStoredChoice, parseUuid } from './stored-text.ts'
import type { AgentsTable, BlocksTable, Tables } from './tables.ts'
import { isBlockedBy, withBlock } from './withholding.ts'

export type BlockStoreDeps = {
  readonly clock: Clock
  readonly writer: AgentWriter
  /** Our own public URL: where our records are from. */
  readonly publicUrl: string
}

export function createBlockStore(engine: Engine, deps: BlockStoreDeps): BlockStore {
  const { db } = engine
  return {
    async list() {
      const rows = await db.selectFrom('blocks').selectAll().orderBy('created_at').orderBy('id').execute()
      const hidden = await countHidden(db)
      return rows.map((row) => toBlock(row, hidden.get(row.id) ?? 0))
    },
    listRefs: () => readRefs(db),
    create: (draft, actor) =>
      db.transaction().execute(async (trx) => {
        // No record is written meanwhile that would escape it.
        await takeRevisions(trx, 0)
        const row = await insertBlock(trx, draft, { actor, clock: deps.clock })
        if (row === undefined) return { kind: 'exists', block: await findKnown(trx, draft) }
        const hidden = await reviewAll(trx, deps)
        const detail = { kind: row.kind, pattern: row.pattern, hidden_agents: hidden }
        const audit = { action: 'block.create', target: `block:${row.id}`, detail }
        await appendAudit(trx, audit, { actor, clock: deps.clock })
        return { kind: 'created', block: toBlock(row, await countHiddenBy(trx, row.id)) }
      }),
    delete: (id, actor) =>
      db.transaction().execute(async (trx) => {
        await takeRevisions(trx, 0)
        const uuid = parseUuid(id)
        if (uuid === undefined) return undefined
        const hidden = await countHiddenBy(trx, uuid)
        const row = await trx.deleteFrom('blocks').where('id', '=', uuid).returningAll().executeTakeFirst()
        if (row === undefined) return undefined
        const shown = await reviewAll(trx, deps)
        const detail = { kind: row.kind, pattern: row.pattern, reviewed_agents: shown }
        const audit = { action: 'block.delete', target: `block:${row.id}`, detail }
        await appendAudit(trx, audit, { actor, clock: deps.clock })
        return toBlock(row, hidden)
      }),
  }
}

async function insertBlock(
  trx: Transaction<Tables>,
  { kind, pattern, reason }: BlockDraft,
  { actor, clock }: { readonly actor: Actor; readonly clock: Clock },
): Promise<Selectable<BlocksTable> | undefined> {
  return trx
    .insertInto('blocks')
    .values({
      ...{ id: uuidv7(), kind, pattern, reason },
      ...{ created_by: actor.id, created_at: toStoredTime(clock.now()) },
    })
    .onConflict((conflict) => conflict.columns(['kind', 'pattern']).doNothing())
    .returningAll()
    .executeTakeFirst()
}

async function findKnown(trx: Transaction<Tables>, { kind, pattern }: BlockDraft): Promise<Block> {
  const known = trx.selectFrom('blocks').selectAll().where('kind', '=', kind).where('pattern', '=', pattern)
  const row = await known.executeTakeFirstOrThrow()
  return toBlock(row, await countHiddenBy(trx, row.id))
}

/** What each record that is written falls under; needs the write lock. */
export async function readBlocked(trx: Transaction<Tables>): Promise<Blocked<BlockRef>> {
  return compileBlocks(await readRefs(trx))
}

async function readRefs(db: Kysely<Tables>): Promise<BlockRef[]> {
  const rows = await db.selectFrom('blocks').select(['id', 'kind', 'pattern']).orderBy('id').execute()
  return rows.map(({ id, kind, pattern }) => ({
    ...{ id: id as BlockId, pattern },
    kind: fromStoredChoice(kind, BLOCK_KINDS),
  }))
}

const CHUNK = 500

/**
 * Hides what blocks hide now and did not before, and shows what they no longer hide; needs the write lock.
 * @returns how many records were written.
 */
async function reviewAll(
  trx: Transaction<Tables>,
  { clock, writer, publicUrl }: BlockStoreDeps,
): Promise<number> {
  const blocked = await readBlocked(trx)
  const now = clock.now()
  const moved: AgentWrite[] = []
  for (let last = 0; ; ) {
    const rows = await readAgents(trx, last)
    for (const row of rows) {
      last = row.ordinal
      const agent = agentFromRow(row)
      const blockId = blocked.find(agent, publicUrl)?.id
      if (isBlockedBy(agent, blockId)) continue
      const stored = { ordinal: row.ordinal, audienceId: row.audience_id, agent }
      moved.push({ agent: { ...withBlock(agent, blockId), updatedAt: now }, card: 'keep', stored })
    }
    if (rows.length < CHUNK) break
  }
  if (moved.length === 0) return 0
  const first = await takeRevisions(trx, moved.length)
  await writer.write(
    trx,
    moved.map((write, place) => ({ ...write, agent: { ...write.agent, revision: first + place } })),
  )
  return moved.length
}

function readAgents(trx: Transaction<Tables>, after: number): Promise<Selectable<AgentsTable>[]> {
  return trx
    .selectFrom('agents')
    .selectAll()
    .where('ordinal', '>', after)
    .orderBy('ordinal')
    .limit(CHUNK)
    .execute()
}

async function countHidden(db: Kysely<Tables>): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  const rows = await db.selectFrom('agents').selectAll().where('withheld', 'is not', null).execute()
  for (const row of rows) {
    const { blockId } = agentFromRow(row).withheld ?? {}
    if (blockId !== undefined) counts.set(blockId, (counts.get(blockId) ?? 0) + 1)
  }
  return counts
}

async function countHiddenBy(db: Kysely<Tables>, id: string): Promise<number> {
  return (await countHidden(db)).get(id) ?? 0
}

function toBlock(row: Selectable<BlocksTable>, hiddenAgents: number): Block {
  return {
    id: row.id as BlockId,
    kind: fromStoredChoice(row.kind, BLOCK_KINDS),
    pattern: row.pattern,
    reason: row.reason,
    createdBy: row.created_by,
    createdAt: fromStoredTime(row.created_at),
    hiddenAgents,
  }
}

/** The record as blocks have it when it is written; needs the write lock. */
export function asBlocked(agent: OwnAgent, blocked: Blocked<BlockRef>, publicUrl: string): OwnAgent {
  return withBlock(agent, blocked.find(agent, publicUrl)?.id)
}
