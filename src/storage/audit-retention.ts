/** Shortening the audit log at its beginning, so that what is left can still be proved. */
import { setImmediate } from 'node:timers/promises'
import { sql } from 'kysely'
import { createChainCheck, PRUNE_ACTION } from '../audit/chain-check.ts'
import type { AuditLink } from '../domain/audit-ports.ts'
import type { Clock } from '../domain/ports.ts'
import { SYSTEM_ACTOR } from '../domain/principal.ts'
import { appendAudit } from './audit.ts'
import { readSpan, readTexts } from './audit-chain.ts'
import { toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'

export type Retention = {
  /** Rows of an earlier time go; Unix ms. */
  readonly before: number
  /** What is said beside the last row that goes, so that the registry's word can be told from others'. */
  readonly prove: (last: AuditLink) => Promise<object>
  readonly clock: Clock
}

const CHUNK = 1_000

/**
 * Removes the rows of before `before` (Unix ms) with which the chain begins, and returns how many. First a row at its end
 * says what goes, and the chain begins behind it; then the rows are deleted. Killed between the two, the next run deletes
 * what is left.
 * @throws Error when a row among them is not what was written: it is kept, for it shows that.
 */
export async function pruneAudit(engine: Engine, { before, prove, clock }: Retention): Promise<number> {
  const last = await findLastOld(engine, before)
  if (last !== undefined) {
    await refuseBroken(engine, last.seq)
    await moveStart(engine, last, { before, proof: await prove(last), clock })
  }
  return deleteRemoved(engine)
}

/** The last of the old rows with which the chain begins: what lies behind a younger one stays with it. */
async function findLastOld({ db }: Engine, before: number): Promise<AuditLink | undefined> {
  const { start, head } = await readSpan(db)
  const young = await db
    .selectFrom('audit_log')
    .select('seq')
    .where('seq', '>', start.seq)
    .where('at', '>=', toStoredTime(before))
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst()
  const seq = young === undefined ? head.seq : young.seq - 1
  if (seq <= start.seq) return undefined
  return db.selectFrom('audit_log').select(['seq', 'hash']).where('seq', '=', seq).executeTakeFirst()
}

async function refuseBroken(engine: Engine, through: number): Promise<void> {
  const { start } = await readSpan(engine.db)
  const check = createChainCheck(start, [])
  let last: AuditLink = start
  for (;;) {
    const rows = await readTexts(engine, { after: last.seq, through, limit: CHUNK })
    for (const row of rows) check.add(row)
    last = rows.at(-1) ?? last
    if (rows.length < CHUNK) break
    await setImmediate()
  }
  const [fault] = check.finish(last).faults.filter(({ kind }) => kind !== 'start-unfounded')
  if (fault === undefined) return
  throw new Error(
    `The audit log is not whole, so its old rows are kept: ${fault.message} See "agentvault-registry audit verify".`,
  )
}

async function moveStart(
  engine: Engine,
  { seq, hash }: AuditLink,
  { before, proof, clock }: Omit<Retention, 'prove'> & { readonly proof: object },
): Promise<void> {
  await engine.db.transaction().execute(async (trx) => {
    // Takes the chain, unless another replica was here first.
    const { numUpdatedRows } = await trx
      .updateTable('audit_chain')
      .set((eb) => ({ head_seq: eb.ref('head_seq') }))
      .where('start_seq', '<', seq)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) return
    const { start } = await readSpan(trx)
    const removed = { through_seq: seq, through_hash: hash, rows: seq - start.seq }
    const detail = { ...removed, before: toStoredTime(before), ...proof }
    await appendAudit(trx, { action: PRUNE_ACTION, target: 'audit', detail }, { actor: SYSTEM_ACTOR, clock })
    await trx.updateTable('audit_chain').set({ start_seq: seq, start_hash: hash }).execute()
  })
}

async function deleteRemoved({ db }: Engine): Promise<number> {
  for (let removed = 0; ; ) {
    const { numAffectedRows = 0n } = await sql`delete from audit_log where seq in (
      select seq from audit_log where seq <= (select start_seq from audit_chain)
      order by seq limit ${sql.lit(CHUNK)})`.execute(db)
    removed += Number(numAffectedRows)
    if (numAffectedRows < CHUNK) return removed
    await setImmediate()
  }
}
