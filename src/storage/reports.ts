/** What users report of agents, and what became of it. */
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import {
  REPORT_CATEGORIES,
  REPORT_RESOLUTIONS,
  type Report,
  type ReportDraft,
  type Reported,
  type ReportResolution,
  type ReportStore,
} from '../domain/moderation.ts'
import type { Clock } from '../domain/ports.ts'
import type { Actor } from '../domain/principal.ts'
import { appendAudit } from './audit.ts'
import { fromNullableTime, fromStoredTime, toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import { fromStoredChoice, parseUuid, withoutNullCharacters } from './stored-text.ts'
import type { AgentReportsTable, Tables } from './tables.ts'

/** Whoever sends more fills no disk with it. */
const MOST_OPEN = 10_000
const MOST_OPEN_PER_AGENT = 100

export const ANONYMOUS_REPORTER = 'anonymous'

export function createReportStore({ db }: Engine, clock: Clock): ReportStore {
  return {
    create: (draft) => db.transaction().execute((trx) => create(trx, draft, clock)),
    async list({ isOpen, did, before, limit }) {
      let query = db
        .selectFrom('agent_reports')
        .selectAll()
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
      if (isOpen !== undefined) query = query.where('resolution', isOpen ? 'is' : 'is not', null)
      if (did !== undefined) query = query.where('did', '=', did)
      if (before !== null) {
        const last = await find(db, before)
        if (last === undefined) return []
        const place = [toStoredTime(fromStoredTime(last.created_at)), last.id] as const
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('created_at', 'id'), '<', tuple(...place)),
        )
      }
      return (await query.execute()).map(toReport)
    },
    resolve: (id, given, actor) =>
      db.transaction().execute((trx) => resolve(trx, { id, ...given }, { actor, clock })),
    async purge(before) {
      const { numDeletedRows } = await db
        .deleteFrom('agent_reports')
        .where('resolved_at', '<', toStoredTime(before))
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },
  }
}

async function create(trx: Transaction<Tables>, draft: ReportDraft, clock: Clock): Promise<Reported> {
  const open = await countOpen(trx, null)
  if (open >= MOST_OPEN) return { kind: 'full' }
  if ((await countOpen(trx, draft.did)) >= MOST_OPEN_PER_AGENT) return { kind: 'known' }
  if (draft.reporter !== ANONYMOUS_REPORTER && (await hasReported(trx, draft))) return { kind: 'known' }
  const row = await trx
    .insertInto('agent_reports')
    .values({
      ...{ id: uuidv7(), did: draft.did, agent_name: draft.agentName, registry_url: draft.registryUrl },
      ...{ category: draft.category, detail: withoutNullCharacters(draft.detail), contact: draft.contact },
      ...{ reporter: draft.reporter, created_at: toStoredTime(clock.now()) },
      ...{ resolution: null, note: null, resolved_by: null, resolved_at: null },
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return { kind: 'created', report: toReport(row) }
}

async function countOpen(db: Kysely<Tables>, did: string | null): Promise<number> {
  let query = db
    .selectFrom('agent_reports')
    .select(sql<number>`count(*)`.as('count'))
    .where('resolution', 'is', null)
  if (did !== null) query = query.where('did', '=', did)
  return (await query.executeTakeFirstOrThrow()).count
}

async function hasReported(trx: Transaction<Tables>, { did, reporter }: ReportDraft): Promise<boolean> {
  const known = await trx
    .selectFrom('agent_reports')
    .select('id')
    .where('did', '=', did)
    .where('reporter', '=', reporter)
    .where('resolution', 'is', null)
    .executeTakeFirst()
  return known !== undefined
}

async function find(db: Kysely<Tables>, id: string): Promise<Selectable<AgentReportsTable> | undefined> {
  const uuid = parseUuid(id)
  if (uuid === undefined) return undefined
  return db.selectFrom('agent_reports').selectAll().where('id', '=', uuid).executeTakeFirst()
}

async function resolve(
  trx: Transaction<Tables>,
  given: {
    readonly id: string
    readonly resolution: ReportResolution
    readonly note: string | null
    readonly isForAll: boolean
  },
  { actor, clock }: { readonly actor: Actor; readonly clock: Clock },
): Promise<{ readonly report: Report; readonly resolved: number } | undefined> {
  const row = await find(trx, given.id)
  if (row === undefined || row.resolution !== null) return undefined
  const { resolution, note, isForAll } = given
  const { numUpdatedRows } = await trx
    .updateTable('agent_reports')
    .set({ resolution, note, resolved_by: actor.id, resolved_at: toStoredTime(clock.now()) })
    .where(isForAll ? 'did' : 'id', '=', isForAll ? row.did : row.id)
    .where('resolution', 'is', null)
    .executeTakeFirstOrThrow()
  // Somebody else was first, on another replica.
  if (numUpdatedRows === 0n) return undefined
  const resolved = Number(numUpdatedRows)
  const detail = { did: row.did, category: row.category, resolution, reports: resolved }
  await appendAudit(trx, { action: 'report.resolve', target: `report:${row.id}`, detail }, { actor, clock })
  const changed = await find(trx, row.id)
  return { report: toReport(changed ?? row), resolved }
}

function toReport(row: Selectable<AgentReportsTable>): Report {
  return {
    ...{ id: row.id, did: row.did, agentName: row.agent_name, registryUrl: row.registry_url },
    category: fromStoredChoice(row.category, REPORT_CATEGORIES),
    ...{ detail: row.detail, contact: row.contact, reporter: row.reporter },
    createdAt: fromStoredTime(row.created_at),
    resolution: row.resolution === null ? null : fromStoredChoice(row.resolution, REPORT_RESOLUTIONS),
    ...{ note: row.note, resolvedBy: row.resolved_by, resolvedAt: fromNullableTime(row.resolved_at) },
  }
}
