/** Reading the audit log as the chain it is. */
import type { Kysely } from 'kysely'
import { rowText } from '../audit/chain.ts'
import type { AuditSpan, AuditText } from '../domain/audit-ports.ts'
import type { Engine } from './engine.ts'
import type { Tables } from './tables.ts'

export async function readSpan(db: Kysely<Tables>): Promise<AuditSpan> {
  const row = await db.selectFrom('audit_chain').selectAll().executeTakeFirstOrThrow()
  return {
    start: { seq: row.start_seq, hash: row.start_hash },
    head: { seq: row.head_seq, hash: row.head_hash },
  }
}

/** @throws Error when the chain no longer goes back to `after`. */
export async function readTexts(
  engine: Engine,
  { after, through, limit }: { readonly after: number; readonly through: number; readonly limit: number },
): Promise<AuditText[]> {
  const rows = await engine.db
    .selectFrom('audit_log')
    .select(['seq', 'actor', 'action', 'target', 'detail', 'request_id', 'hash'])
    .select(engine.timeText('at').as('at'))
    .where('seq', '>', after)
    .where('seq', '<=', through)
    .orderBy('seq')
    .limit(limit)
    .execute()
  // Looked at behind them: what retention removes in between would look like what was done to the log.
  const { start } = await readSpan(engine.db)
  if (start.seq > after) throw new Error('Retention removed rows of the audit log while they were read.')
  // Member by member: rows of node:sqlite are slow to spread, and these are many.
  return rows.map((row) => ({
    seq: row.seq,
    hash: row.hash,
    text: rowText({
      seq: row.seq,
      at: row.at,
      actor: row.actor,
      action: row.action,
      target: row.target,
      detail: row.detail,
      requestId: row.request_id,
    }),
  }))
}
