/** The record of administrative acts: written in the transaction of the change itself, each row chained to the one before. */
import type { Transaction } from 'kysely'
import { type ChainLink, detailText, hashRow, rowText } from '../audit/chain.ts'
import type { Clock } from '../domain/ports.ts'
import type { Actor } from '../domain/principal.ts'
import { toStoredTime } from './codec.ts'
import type { Tables } from './tables.ts'

export type AuditEntry = {
  /** What was done, as `<what>.<verb>`: `peer.create`, `agent.delete`, … */
  readonly action: string
  /** What it was done to, as `<what>:<id>`. */
  readonly target: string
  /** Never secrets, never personal data. */
  readonly detail?: Readonly<Record<string, unknown>>
}

/**
 * Adds a row to the log within `trx`: the change and its record stand or fall together. It takes the end of the chain
 * and holds it until the transaction ends, so it comes last in it: two transactions that hold something else would wait
 * for each other crosswise.
 */
export async function appendAudit(
  trx: Transaction<Tables>,
  entry: AuditEntry,
  options: { readonly actor: Actor; readonly clock: Clock },
): Promise<ChainLink> {
  const { seq, hashBefore } = await takeEnd(trx)
  const row = {
    ...{ seq, at: toStoredTime(options.clock.now()), actor: options.actor.id },
    ...{ action: entry.action, target: entry.target, detail: detailText(entry.detail ?? {}) },
  }
  const { requestId } = options.actor
  const hash = hashRow(hashBefore, rowText({ ...row, requestId }))
  await trx
    .insertInto('audit_log')
    .values({ ...row, request_id: requestId, hash })
    .execute()
  await trx.updateTable('audit_chain').set({ head_hash: hash }).execute()
  return { seq, hash }
}

/** The number of the next row; no other transaction has it before this one ends. */
async function takeEnd(
  trx: Transaction<Tables>,
): Promise<{ readonly seq: number; readonly hashBefore: string }> {
  const { head_seq: seq, head_hash: hashBefore } = await trx
    .updateTable('audit_chain')
    .set((eb) => ({ head_seq: eb('head_seq', '+', 1) }))
    .returning(['head_seq', 'head_hash'])
    .executeTakeFirstOrThrow()
  return { seq, hashBefore }
}
