/**
 * Writing records: the row, its card, its tags, its place in the index and who lost sight of it, always together.
 * Every transaction that does so begins with `takeRevisions`: the write lock.
 */
import type { Transaction } from 'kysely'
import type { AgentCard, OwnAgent } from '../domain/agent.ts'
import { foldCase } from '../domain/fold-case.ts'
import type { AsShared } from '../domain/ports.ts'
import { scoreTerms, type TermImpact } from '../search/score.ts'
import { createTokenizer } from '../search/tokenize.ts'
import { AGENT_COLUMNS, agentRow } from './agent-rows.ts'
import { audienceOf } from './audiences.ts'
import { toStoredTime } from './codec.ts'
import type { BulkRow, Engine } from './engine.ts'
import { searchedText } from './seen-record.ts'
import { noteShareDeletion, noteShareMoves } from './share-withdrawals.ts'
import type { Tables } from './tables.ts'
import { createTermIndex, type IndexedTerms } from './term-index.ts'
import { type Move, noteMoves } from './withdrawals.ts'

/** A record to be written; `revision` is set by the writer. `card: 'keep'` leaves the stored card. */
export type AgentWrite = {
  readonly agent: OwnAgent
  readonly card: AgentCard | null | 'keep'
  /** Where it stands now; `null` for a new record. */
  readonly stored: StoredPlace | null
}

/** A stored record: where it stands in the index, and what it is. */
export type StoredPlace = {
  readonly ordinal: number
  readonly audienceId: number
  readonly agent: OwnAgent
}

export interface AgentWriter {
  /** The id of the audience a record belongs to, made if it is new. Needs the write lock. */
  audienceId(trx: Transaction<Tables>, agent: OwnAgent): Promise<number>
  /** Writes records that carry their revision. Needs the write lock; call it once a transaction. */
  write(trx: Transaction<Tables>, writes: readonly AgentWrite[]): Promise<void>
  /** Removes a record and leaves a tombstone with the given revision. Needs the write lock. */
  remove(
    trx: Transaction<Tables>,
    agent: OwnAgent,
    options: {
      readonly place: StoredPlace
      readonly reason: string | null
      readonly deletedAt: number
      readonly revision: number
    },
  ): Promise<void>
}

/** @param mask looks at each record anew: what is being written may yet be undone, and its revision given to another. */
export function createAgentWriter(engine: Engine, mask: AsShared): AgentWriter {
  const masked = new WeakMap<OwnAgent, OwnAgent>()
  const asShared: AsShared = (agent) => {
    const shared = masked.get(agent) ?? mask(agent)
    masked.set(agent, shared)
    return shared
  }
  const index = createTermIndex(engine)
  const tokenize = createTokenizer()
  const termsOf = (agent: OwnAgent): TermImpact[] => scoreTerms(searchedText(asShared(agent)), tokenize)

  return {
    async audienceId(trx, agent) {
      return findOrMakeAudience(trx, audienceOf(agent))
    },

    async write(trx, writes) {
      const audiences = await resolveAudiences(trx, writes)
      const audienceIdOf = (agent: OwnAgent): number => audiences.get(audienceOf(agent)) ?? 0
      const fresh = writes.filter((write) => write.stored === null)
      const known = writes.filter((write) => write.stored !== null)
      await engine.bulkInsert(
        trx,
        { table: 'agents', columns: AGENT_COLUMNS },
        fresh.map(({ agent }) => agentRow(agent, asShared(agent), audienceIdOf(agent))),
      )
      for (const { agent } of known)
        await updateRow(trx, agentRow(agent, asShared(agent), audienceIdOf(agent)))
      await noteMoves(engine, trx, listMoves(writes, audienceIdOf))
      await noteShareMoves(
        engine,
        trx,
        known.flatMap(({ agent, stored }) =>
          stored ? [{ before: asShared(stored.agent), after: asShared(agent) }] : [],
        ),
      )
      const ordinals = await readOrdinals(engine, trx, writes)
      const ordinalOf = (write: AgentWrite): number => ordinals.get(write.agent.id) ?? -1
      await writeCards(engine, trx, { writes, ordinalOf })
      await writeTags(engine, trx, { writes, ordinalOf, tagsOf: (agent) => asShared(agent).tags })
      await indexWrites(trx, writes, { ordinalOf, audienceIdOf })
    },

    async remove(trx, agent, { place, reason, deletedAt, revision }) {
      const terms = await index.readTerms(trx, [place.ordinal])
      await index.apply(trx, { removed: [{ ...place, terms: terms.get(place.ordinal) ?? [] }], added: [] })
      await trx.deleteFrom('agents').where('ordinal', '=', place.ordinal).execute()
      await noteShareDeletion(engine, trx, { agent: asShared(agent), deletedAt, revision })
      await trx
        .insertInto('agent_tombstones')
        .values({
          id: agent.id,
          did: agent.did,
          owner_id: agent.ownerId,
          audience_id: place.audienceId,
          deleted_at: toStoredTime(deletedAt),
          reason,
          seq: revision,
        })
        .execute()
    },
  }

  async function indexWrites(
    trx: Transaction<Tables>,
    writes: readonly AgentWrite[],
    {
      ordinalOf,
      audienceIdOf,
    }: { ordinalOf(write: AgentWrite): number; audienceIdOf(agent: OwnAgent): number },
  ): Promise<void> {
    const before = await index.readTerms(
      trx,
      writes.flatMap((write) => (write.stored === null ? [] : [write.stored.ordinal])),
    )
    const removed: IndexedTerms[] = []
    const added: IndexedTerms[] = []
    for (const write of writes) {
      const now = {
        ordinal: ordinalOf(write),
        audienceId: audienceIdOf(write.agent),
        terms: termsOf(write.agent),
      }
      const old = write.stored && { ...write.stored, terms: before.get(write.stored.ordinal) ?? [] }
      if (old && old.audienceId === now.audienceId && isSame(old.terms, now.terms)) continue
      if (old) removed.push(old)
      added.push(now)
    }
    await index.apply(trx, { removed, added })
  }
}

function listMoves(writes: readonly AgentWrite[], audienceIdOf: (agent: OwnAgent) => number): Move[] {
  return writes.flatMap(({ agent, stored }) => {
    const to = audienceIdOf(agent)
    return stored === null || stored.audienceId === to ? [] : [{ agent, from: stored.audienceId, to }]
  })
}

function isSame(a: readonly TermImpact[], b: readonly TermImpact[]): boolean {
  return a.length === b.length && JSON.stringify(a.map(asTuple)) === JSON.stringify(b.map(asTuple))
}

function asTuple({ stem, impact, forms }: TermImpact): unknown[] {
  return [stem, impact, ...forms]
}

async function resolveAudiences(
  trx: Transaction<Tables>,
  writes: readonly AgentWrite[],
): Promise<Map<string, number>> {
  const ids = new Map<string, number>()
  for (const name of new Set(writes.map((write) => audienceOf(write.agent)))) {
    ids.set(name, await findOrMakeAudience(trx, name))
  }
  return ids
}

async function findOrMakeAudience(trx: Transaction<Tables>, name: string): Promise<number> {
  const known = await trx.selectFrom('audiences').select('id').where('name', '=', name).executeTakeFirst()
  if (known) return known.id
  const { largest } = await trx
    .selectFrom('audiences')
    .select((eb) => eb.fn.max('id').as('largest'))
    .executeTakeFirstOrThrow()
  const id = Number(largest) + 1
  await trx.insertInto('audiences').values({ id, name, documents: 0 }).execute()
  return id
}

async function updateRow(trx: Transaction<Tables>, row: BulkRow): Promise<void> {
  const changes = Object.fromEntries(AGENT_COLUMNS.map((column, place) => [column.name, row[place]]))
  await trx
    .updateTable('agents')
    .set(changes as never)
    .where('id', '=', String(changes.id))
    .execute()
}

async function readOrdinals(
  engine: Engine,
  trx: Transaction<Tables>,
  writes: readonly AgentWrite[],
): Promise<ReadonlyMap<string, number>> {
  const ordinals = new Map<string, number>()
  const fresh: string[] = []
  for (const { agent, stored } of writes) {
    if (stored === null) fresh.push(agent.id)
    else ordinals.set(agent.id, stored.ordinal)
  }
  if (fresh.length === 0) return ordinals
  const rows = await trx
    .selectFrom('agents')
    .select(['id', 'ordinal'])
    .where(engine.isOneOf('id', fresh, 'uuid'))
    .execute()
  for (const { id, ordinal } of rows) ordinals.set(id, ordinal)
  return ordinals
}

type PlacedWrites = { readonly writes: readonly AgentWrite[]; ordinalOf(write: AgentWrite): number }

async function writeCards(engine: Engine, trx: Transaction<Tables>, placed: PlacedWrites): Promise<void> {
  const rows: [number, string, Uint8Array][] = []
  for (const write of placed.writes) {
    if (write.card === 'keep') continue
    const ordinal = placed.ordinalOf(write)
    if (write.card !== null) rows.push([ordinal, write.card.mediaType, write.card.bytes])
    else if (write.stored) await trx.deleteFrom('agent_cards').where('agent_ordinal', '=', ordinal).execute()
  }
  await engine.bulkInsert(
    trx,
    {
      table: 'agent_cards',
      columns: [
        { name: 'agent_ordinal', type: 'bigint' },
        { name: 'media_type', type: 'text' },
        { name: 'bytes', type: 'bytes' },
      ],
      onConflict:
        'on conflict (agent_ordinal) do update set media_type = excluded.media_type, bytes = excluded.bytes',
    },
    rows,
  )
}

async function writeTags(
  engine: Engine,
  trx: Transaction<Tables>,
  placed: PlacedWrites & { tagsOf(agent: OwnAgent): readonly string[] },
): Promise<void> {
  const rewritten = placed.writes.filter((write) => write.stored !== null).map(placed.ordinalOf)
  if (rewritten.length > 0) {
    await trx
      .deleteFrom('agent_tags')
      .where(engine.isOneOf('agent_ordinal', rewritten, 'bigint'))
      .execute()
  }
  const rows = placed.writes.flatMap((write) => {
    const ordinal = placed.ordinalOf(write)
    return [...new Set(placed.tagsOf(write.agent).map(foldCase))].map((tag) => [tag, ordinal])
  })
  await engine.bulkInsert(
    trx,
    {
      table: 'agent_tags',
      columns: [
        { name: 'tag', type: 'text' },
        { name: 'agent_ordinal', type: 'bigint' },
      ],
    },
    rows,
  )
}
