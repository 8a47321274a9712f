/** One batch of an import: what each line does, decided in memory, written in one transaction. */
import type { Transaction } from 'kysely'
import type { AgentCard, AgentId, Did, OwnAgent, OwnerId } from '../domain/agent.ts'
import type { ImportDraft, ImportedLine } from '../domain/ports.ts'
import { agentFromRow, matchKey } from './agent-rows.ts'
import type { AgentWrite, StoredPlace } from './agent-writer.ts'
import type { Tables } from './tables.ts'

/** A record as the lines read so far leave it. */
type Working = {
  agent: OwnAgent
  card: AgentCard | null | 'keep'
  readonly stored: StoredPlace | null
  isChanged: boolean
}

export type ImportPlan = { readonly lines: ImportedLine[]; readonly writes: AgentWrite[] }

/**
 * Matches each line to one of the owner's records by id, else by type, name and first endpoint, stored before or
 * by an earlier line. Revisions of the planned writes are still to be set.
 */
export async function planImport(
  trx: Transaction<Tables>,
  drafts: readonly ImportDraft[],
  options: {
    readonly ownerId: OwnerId
    readonly now: number
    readonly newId: () => AgentId
    readonly didOf: (id: AgentId) => Did
  },
): Promise<ImportPlan> {
  const stored = await readMatches(trx, drafts, options.ownerId)
  const byId = new Map<string, Working>()
  const byKey = new Map<string, Working>()
  const foreignIds = new Set<string>()
  for (const { working, key } of stored) {
    if (working.agent.ownerId !== options.ownerId) {
      foreignIds.add(working.agent.id)
      continue
    }
    byId.set(working.agent.id, working)
    if (!byKey.has(key)) byKey.set(key, working)
  }

  const lines = drafts.map((draft): ImportedLine => {
    if (draft.id !== null && foreignIds.has(draft.id)) {
      return { kind: 'rejected', reason: `The record ${draft.id} belongs to another publisher.` }
    }
    const key = matchKey(draft.fields)
    const known = (draft.id !== null && byId.get(draft.id)) || byKey.get(key)
    if (!known) {
      const created = newRecord(draft, options)
      byId.set(created.agent.id, created)
      byKey.set(key, created)
      return { kind: 'created', id: created.agent.id }
    }
    const next = changedRecord(known.agent, draft, options.now)
    byKey.set(key, known)
    if (next === known.agent) return { kind: 'unchanged', id: known.agent.id }
    known.agent = next
    known.card = draft.card
    known.isChanged = true
    return { kind: 'updated', id: known.agent.id }
  })
  const writes = [...byId.values()].filter((working) => working.isChanged)
  return { lines, writes }
}

async function readMatches(
  trx: Transaction<Tables>,
  drafts: readonly ImportDraft[],
  ownerId: OwnerId,
): Promise<{ working: Working; key: string }[]> {
  const ids = [...new Set(drafts.flatMap((draft) => (draft.id === null ? [] : [draft.id])))]
  const keys = [...new Set(drafts.map((draft) => matchKey(draft.fields)))]
  const rows = await trx
    .selectFrom('agents')
    .selectAll()
    .where((eb) =>
      eb.or([
        eb.and([eb('owner_id', '=', ownerId), eb('match_key', 'in', keys)]),
        ...(ids.length > 0 ? [eb('id', 'in', ids)] : []),
      ]),
    )
    .orderBy('ordinal')
    .execute()
  return rows.map((row) => ({
    key: row.match_key,
    working: {
      agent: agentFromRow(row),
      card: 'keep',
      stored: { ordinal: row.ordinal, audienceId: row.audience_id },
      isChanged: false,
    },
  }))
}

function newRecord(
  draft: ImportDraft,
  options: {
    readonly ownerId: OwnerId
    readonly now: number
    readonly newId: () => AgentId
    readonly didOf: (id: AgentId) => Did
  },
): Working {
  const id = options.newId()
  const agent: OwnAgent = {
    ...draft.fields,
    id,
    did: options.didOf(id),
    ownerId: options.ownerId,
    cardFormat: draft.card?.format ?? null,
    cardSha256: draft.card?.sha256 ?? null,
    explicitFields: draft.explicitFields,
    createdAt: options.now,
    updatedAt: options.now,
    revision: 0,
  }
  return { agent, card: draft.card, stored: null, isChanged: true }
}

/** The record with the line's content; the very same object when nothing changes. */
function changedRecord(current: OwnAgent, draft: ImportDraft, now: number): OwnAgent {
  const next: OwnAgent = {
    ...current,
    ...draft.fields,
    cardFormat: draft.card?.format ?? null,
    cardSha256: draft.card?.sha256 ?? null,
    explicitFields: draft.explicitFields,
  }
  return contentOf(next) === contentOf(current) ? current : { ...next, updatedAt: now }
}

function contentOf(agent: OwnAgent): string {
  const { explicitFields, ...content } = agent
  return JSON.stringify({ ...content, explicitFields: [...explicitFields].sort() }, sortKeys)
}

function sortKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
