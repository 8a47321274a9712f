/** The record of administrative acts: written in the transaction of the change itself. */
import type { Transaction } from 'kysely'
import type { AuditLog, Clock } from '../domain/ports.ts'
import type { Actor } from '../domain/principal.ts'
import { fromStoredJson, fromStoredTime, toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import type { Tables } from './tables.ts'

export type AuditEntry = {
  /** What was done, as `<what>.<verb>`: `peer.create`, `agent.delete`, … */
  readonly action: string
  /** What it was done to, as `<what>:<id>`. */
  readonly target: string
  /** Never secrets, never personal data. */
  readonly detail?: Readonly<Record<string, unknown>>
}

/** Adds a row to the log within `trx`: the change and its record stand or fall together. */
export async function appendAudit(
  trx: Transaction<Tables>,
  entry: AuditEntry,
  options: { readonly actor: Actor; readonly clock: Clock },
): Promise<void> {
  await trx
    .insertInto('audit_log')
    .values({
      at: toStoredTime(options.clock.now()),
      actor: options.actor.id,
      action: entry.action,
      target: entry.target,
      detail: JSON.stringify(entry.detail ?? {}),
      request_id: options.actor.requestId,
    })
    .execute()
}

export function createAuditLog(engine: Engine): AuditLog {
  return {
    async list({ limit, before }) {
      let query = engine.db.selectFrom('audit_log').selectAll().orderBy('seq', 'desc').limit(limit)
      if (before !== null) query = query.where('seq', '<', before)
      const rows = await query.execute()
      return rows.map((row) => ({
        seq: row.seq,
        at: fromStoredTime(row.at),
        actor: row.actor,
        action: row.action,
        target: row.target,
        detail: fromStoredJson(row.detail) as Record<string, unknown>,
        requestId: row.request_id,
      }))
    },
  }
}
