/** The audit log as its readers have it. */
import type { Kysely, Selectable } from 'kysely'
import type { AuditCount, AuditFilter, AuditLog, AuditRow } from '../domain/audit-ports.ts'
import type { Clock } from '../domain/ports.ts'
import { readSpan, readTexts } from './audit-chain.ts'
import { pruneAudit } from './audit-retention.ts'
import { fromStoredTime, toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import type { AuditLogTable, Tables } from './tables.ts'

export function createAuditLog(engine: Engine, clock: Clock): AuditLog {
  const { db } = engine
  return {
    async list(filter) {
      const rows = await listRows(db, filter)
      return rows.map(toAuditRow)
    },
    count: (span) => countActs(db, span),
    span: () => readSpan(db),
    readTexts: (part) => readTexts(engine, part),
    prune: (before, prove) => pruneAudit(engine, { before, prove, clock }),
  }
}

async function listRows(db: Kysely<Tables>, filter: AuditFilter): Promise<Selectable<AuditLogTable>[]> {
  const { limit, before, action, actor, target, since, until, exceptKinds = [] } = filter
  let query = db.selectFrom('audit_log').selectAll().orderBy('seq', 'desc').limit(limit)
  if (before !== null) query = query.where('seq', '<', before)
  if (action?.includes('.')) query = query.where('action', '=', action)
  else if (action !== undefined) query = query.where('action', 'like', `${action}.%`)
  for (const kind of exceptKinds) query = query.where('action', 'not like', `${kind}.%`)
  if (actor !== undefined) query = query.where('actor', '=', actor)
  if (target !== undefined) query = query.where('target', '=', target)
  if (since !== undefined) query = query.where('at', '>=', toStoredTime(since))
  if (until !== undefined) query = query.where('at', '<', toStoredTime(until))
  return query.execute()
}

async function countActs(
  db: Kysely<Tables>,
  { since, until }: { readonly since: number; readonly until: number },
): Promise<AuditCount[]> {
  const rows = await db
    .selectFrom('audit_log')
    .select(['action', 'actor', (eb) => eb.fn.countAll<number>().as('count')])
    .where('at', '>=', toStoredTime(since))
    .where('at', '<', toStoredTime(until))
    .groupBy(['action', 'actor'])
    .orderBy('action')
    .orderBy('actor')
    .execute()
  return rows
}

function toAuditRow({ request_id: requestId, at, detail, ...row }: Selectable<AuditLogTable>): AuditRow {
  return { ...row, at: fromStoredTime(at), detail: readDetail(detail), requestId }
}

/** A row that somebody changed in the database is still to be seen: what is wrong with it, its hash tells. */
function readDetail(text: string): Readonly<Record<string, unknown>> {
  try {
    const detail: unknown = JSON.parse(text)
    if (typeof detail === 'object' && detail !== null && !Array.isArray(detail)) return { ...detail }
  } catch {
    // said below
  }
  return { unreadable: text }
}
