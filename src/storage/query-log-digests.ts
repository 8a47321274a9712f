/** Tying the log of questions to the audit log: digests of what came, and what retention removed. */
import { setImmediate } from 'node:timers/promises'
import { type Kysely, sql, type Transaction } from 'kysely'
import {
  createDigestMaker,
  DIGEST_ACTION,
  digestLine,
  PURGE_ACTION,
  type QueryLogDigest,
} from '../audit/query-log-digest.ts'
import type { QueryLogLine } from '../domain/federation-ports.ts'
import type { Clock } from '../domain/ports.ts'
import { SYSTEM_ACTOR } from '../domain/principal.ts'
import { appendAudit } from './audit.ts'
import { toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import { createQueryDays, type QueryDays } from './query-days.ts'
import type { Tables } from './tables.ts'

const TARGET = 'query-log'
const CHUNK = 100 // some milliseconds' work, between which others have their turn
/** A digest of more rows is made of several, so that a long one need not begin anew when it is disturbed. */
const MOST_ROWS = 20_000

/**
 * Writers hold this together, who looks for the end of the log alone: PostgreSQL gives numbers before it shows rows, and
 * a row with a smaller number could come to be seen behind one that is in a digest. Any number will do.
 */
const END_LOCK = 5_231_904_417

export async function shareEnd({ kind }: Engine, trx: Transaction<Tables>): Promise<void> {
  if (kind === 'postgres') await sql`select pg_advisory_xact_lock_shared(${sql.lit(END_LOCK)})`.execute(trx)
}

/** Writes what came since the last digest into the audit log; returns how many rows that were. */
export async function digestQueryLog(engine: Engine, clock: Clock): Promise<number> {
  const end = await findEnd(engine)
  for (let rows = 0; ; ) {
    const after = await readDigested(engine.db)
    const { digest, sums } = await makeDigest(engine, { after, end })
    if (digest === undefined) return rows
    // Another replica that did the same meanwhile was first.
    if (!(await writeDigest(engine, { digest, sums }, clock))) return rows
    rows += digest.rows
  }
}

/** The largest id of which no smaller one is still to come. */
function findEnd({ kind, db }: Engine): Promise<number> {
  return db.transaction().execute(async (trx) => {
    if (kind === 'postgres') await sql`select pg_advisory_xact_lock(${sql.lit(END_LOCK)})`.execute(trx)
    const row = await trx
      .selectFrom('federation_query_log')
      .select('id')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst()
    return row?.id ?? 0
  })
}

async function readDigested(db: Kysely<Tables>): Promise<number> {
  const { value } = await db
    .selectFrom('counters')
    .select('value')
    .where('name', '=', 'query_log_digested')
    .executeTakeFirstOrThrow()
  return value
}

async function makeDigest(
  engine: Engine,
  { after, end }: { readonly after: number; readonly end: number },
): Promise<{ readonly digest: QueryLogDigest | undefined; readonly sums: QueryDays }> {
  const maker = createDigestMaker()
  const sums = createQueryDays()
  let through = after
  for (let rows = 0; rows < MOST_ROWS; ) {
    const read = await readRows(engine, { after: through, limit: CHUNK, through: end })
    for (const row of read) {
      maker.add(digestLine(row))
      sums.add(row)
    }
    rows += read.length
    through = read.at(-1)?.id ?? through
    if (read.length < CHUNK) break
    await setImmediate()
  }
  return { digest: maker.finish({ after, through }), sums }
}

function writeDigest(
  engine: Engine,
  { digest, sums }: { readonly digest: QueryLogDigest; readonly sums: QueryDays },
  clock: Clock,
): Promise<boolean> {
  return engine.db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('counters')
      .set({ value: digest.through_id })
      .where('name', '=', 'query_log_digested')
      .where('value', '=', digest.after_id)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return false
    await sums.write(engine, trx)
    await appendAudit(
      trx,
      { action: DIGEST_ACTION, target: TARGET, detail: digest },
      { actor: SYSTEM_ACTOR, clock },
    )
    return true
  })
}

type Part = { readonly after: number; readonly limit: number; readonly through?: number }

/** Rows behind the id `after`, in order of their ids, as a digest is taken over them. */
export async function readLines(engine: Engine, part: Part): Promise<QueryLogLine[]> {
  return (await readRows(engine, part)).map(digestLine)
}

function readRows(engine: Engine, { after, limit, through = Number.MAX_SAFE_INTEGER }: Part) {
  return engine.db
    .selectFrom('federation_query_log')
    .select(['id', 'direction', 'peer_id', 'peer_name', 'outcome', 'response_time_ms', 'results', 'cache'])
    .select(['query_hash', 'query_text', 'request_id'])
    .select(engine.timeText('created_at').as('created_at'))
    .where('id', '>', after)
    .where('id', '<=', through)
    .orderBy('id')
    .limit(limit)
    .execute()
}

/** Says in the audit log which rows go, before they do: what is missing otherwise was taken. */
export async function announcePurge(
  { db }: Engine,
  { before, clock }: { readonly before: number; readonly clock: Clock },
): Promise<void> {
  const goes = await db
    .selectFrom('federation_query_log')
    .select('id')
    .where('created_at', '<', toStoredTime(before))
    .limit(1)
    .executeTakeFirst()
  if (goes === undefined) return
  const entry = { action: PURGE_ACTION, target: TARGET, detail: { before: toStoredTime(before) } }
  await db.transaction().execute(async (trx) => {
    await appendAudit(trx, entry, { actor: SYSTEM_ACTOR, clock })
  })
}
