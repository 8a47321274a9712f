/** One batch of an import: what each line does, decided in memory, written in one transaction. */
import type { Transaction } from 'kysely'
import type { AgentCard, AgentId, Did, OwnAgent, OwnerId } from '../domain/agent.ts'
import type { ImportDraft, ImportedLine } from '../domain/ports.ts'
import { agentFromRow, matchKey } from './agent-rows.ts'
import type { AgentWrite, StoredPlace } from './agent-writer.ts'
import type { Engine } from './engine.ts'
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
 * by an earlier line. An id of another owner's record is an unknown one: whether it exists is not told. Revisions of
 * the planned writes are still to be set.
 */
export async function planImport(
  engine: Engine,
  trx: Transaction<Tables>,
  drafts: readonly ImportDraft[],
  options: {
    readonly ownerId: OwnerId
    readonly now: number
    readonly newId: () => AgentId
    readonly didOf: (id: AgentId) => Did
  },
): Promise<ImportPlan> {
  const known = new KnownRecords()
  for (const working of await readMatches(engine, trx, { drafts, ownerId: options.ownerId }))
    known.add(working)

  const lines = drafts.map((draft): ImportedLine => {
    const match = known.find(draft)
    if (!match) {
      const created = newRecord(draft, options)
      known.add(created)
      return { kind: 'created', id: created.agent.id }
    }
    const next = changedRecord(match.agent, draft, options.now)
    if (next === match.agent) return { kind: 'unchanged', id: match.agent.id }
    known.change(match, next)
    match.card = draft.card
    return { kind: 'updated', id: match.agent.id }
  })
  return { lines, writes: known.listChanged() }
}

/** The owner's records that lines may match; of several with one key the oldest is meant. */
class KnownRecords {
  readonly #byId = new Map<string, Working>()
  readonly #byKey = new Map<string, Working[]>()

  /** Records are added oldest first. */
  add(working: Working): void {
    this.#byId.set(working.agent.id, working)
    const key = matchKey(working.agent)
    const alike = this.#byKey.get(key)
    if (alike) alike.push(working)
    else this.#byKey.set(key, [working])
  }

  find(draft: ImportDraft): Working | undefined {
    const byId = draft.id === null ? undefined : this.#byId.get(draft.id)
    return byId ?? this.#byKey.get(matchKey(draft.fields))?.[0]
  }

  /** Sets a record's new content; under its former name it is found no more. */
  change(working: Working, next: OwnAgent): void {
    const [before, after] = [matchKey(working.agent), matchKey(next)]
    working.agent = next
    working.isChanged = true
    if (before === after) return
    const left = (this.#byKey.get(before) ?? []).filter((other) => other !== working)
    this.#byKey.set(before, left)
    const joined = [...(this.#byKey.get(after) ?? []), working]
    this.#byKey.set(
      after,
      joined.sort((a, b) => ageOf(a) - ageOf(b)),
    )
  }

  listChanged(): Working[] {
    return [...this.#byId.values()].filter((working) => working.isChanged)
  }
}

/** Stored records are older than new ones; the order of new ones is kept as it is. */
function ageOf({ stored }: Working): number {
  return stored?.ordinal ?? Number.MAX_SAFE_INTEGER
}

async function readMatches(
  engine: Engine,
  trx: Transaction<Tables>,
  { drafts, ownerId }: { readonly drafts: readonly ImportDraft[]; readonly ownerId: OwnerId },
): Promise<Working[]> {
  const ids = [...new Set(drafts.flatMap((draft) => (draft.id === null ? [] : [draft.id])))]
  const keys = [...new Set(drafts.map((draft) => matchKey(draft.fields)))]
  const rows = await trx
    .selectFrom('agents')
    .selectAll()
    .where((eb) =>
      // Each side has its index; the owner is asked for on the left only, so that both are used.
      eb.or([
        eb.and([eb('owner_id', '=', ownerId), engine.isOneOf('match_key', keys, 'text')]),
        ...(ids.length > 0 ? [engine.isOneOf('id', ids, 'uuid')] : []),
      ]),
    )
    .orderBy('ordinal')
    .execute()
  const own = rows.filter((row) => row.owner_id === ownerId)
  return own.map((row) => {
    const agent = agentFromRow(row)
    const stored = { ordinal: row.ordinal, audienceId: row.audience_id, agent }
    return { agent, card: 'keep', stored, isChanged: false }
  })
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
    withheld: null,
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
