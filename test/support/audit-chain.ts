/** Audit logs for tests: filling them, checking them, and doing to them what somebody with the database's password can. */
import { sql, type Transaction } from 'kysely'
import { type ChainLink, detailText, hashRow, rowText } from '../../src/audit/chain.ts'
import { type ChainVerdict, createChainCheck } from '../../src/audit/chain-check.ts'
import type { Clock } from '../../src/domain/ports.ts'
import { type AuditEntry, appendAudit } from '../../src/storage/audit.ts'
import { readSpan, readTexts } from '../../src/storage/audit-chain.ts'
import type { BulkColumn, Engine } from '../../src/storage/engine.ts'
import type { Tables } from '../../src/storage/tables.ts'
import { createTestClock, OPERATOR } from '../conformance/store-fixtures.ts'
import type { Random } from './random.ts'

/** Adds rows, each in a transaction of its own unless told otherwise. */
export async function addEntries(
  engine: Engine,
  count: number,
  options: Partial<AuditEntry> & { readonly clock?: Clock; readonly areTogether?: boolean } = {},
): Promise<void> {
  const { clock = createTestClock(), areTogether = false, ...entry } = options
  const add = (trx: Transaction<Tables>, place: number) =>
    appendAudit(
      trx,
      { action: 'peer.update', target: `peer:${place}`, detail: { changed: ['name'], place }, ...entry },
      { actor: OPERATOR, clock },
    )
  const places = Array.from({ length: count }, (_, place) => place)
  if (areTogether) {
    await engine.db.transaction().execute(async (trx) => {
      for (const place of places) await add(trx, place)
    })
  } else for (const place of places) await engine.db.transaction().execute((trx) => add(trx, place))
}

/** @param heads as if they had been signed and kept elsewhere. */
export async function checkChain(
  engine: Engine,
  heads: readonly ChainLink[] = [],
  pageRows = 1_000,
): Promise<ChainVerdict> {
  const { start, head } = await readSpan(engine.db)
  const check = createChainCheck(start, heads)
  const most = { through: Number.MAX_SAFE_INTEGER, limit: pageRows }
  for (let after = start.seq; ; ) {
    const rows = await readTexts(engine, { after, ...most })
    for (const row of rows) check.add(row)
    after = rows.at(-1)?.seq ?? after
    if (rows.length < pageRows) return check.finish(head)
  }
}

/** Takes away what keeps the tables from being changed, as who owns them can. */
export async function disarm({ kind, db }: Engine): Promise<void> {
  const statements =
    kind === 'postgres'
      ? ['alter table audit_log disable trigger user', 'alter table audit_chain disable trigger user']
      : [
          ...['audit_log_keeps_rows', 'audit_log_keeps_chain', 'audit_log_grows_at_its_end'],
          ...['audit_chain_goes_on', 'audit_chain_stays'],
        ].map((name) => `drop trigger ${name}`)
  for (const statement of statements) await sql.raw(statement).execute(db)
}

export const TAMPERINGS = [
  'change',
  'change and hash anew',
  'delete',
  'delete and renumber',
  'swap',
  'insert',
  'truncate',
  'rewrite the tail',
  'cut the beginning',
] as const
export type Tampering = (typeof TAMPERINGS)[number]

type Row = {
  readonly seq: number
  readonly at: string
  readonly actor: string
  readonly action: string
  readonly target: string
  readonly detail: string
  readonly request_id: string | null
  readonly hash: string
}

const COLUMNS: readonly BulkColumn[] = [
  { name: 'seq', type: 'bigint' },
  { name: 'at', type: 'time' },
  ...(['actor', 'action', 'target', 'detail', 'request_id', 'hash'] as const).map((name) => ({
    name,
    type: 'text' as const,
  })),
]

/** Does one such thing at a random place; returns what undoes it. The guards must be off. */
export async function tamper(engine: Engine, kind: Tampering, random: Random): Promise<() => Promise<void>> {
  const span = await readSpan(engine.db)
  const last = span.head.seq
  const place = random.between(span.start.seq + 2, last - 2)
  const end = reachesTheEnd(kind) ? last : Math.min(last, place + 50)
  const before = await readRows(engine, place - 1, end)
  const [kept] = before
  if (kept === undefined) throw new Error('nothing to tamper with')
  const after = [kept, ...tampered(kind, before, random)]
  await writeRows(engine, before, after)
  // Whoever changes the end also changes what says where it is.
  if (reachesTheEnd(kind)) await moveHead(engine, after.at(-1) ?? kept)
  if (kind === 'cut the beginning') {
    await sql`update audit_chain set start_seq = ${kept.seq}, start_hash = ${kept.hash}`.execute(engine.db)
  }
  return async () => {
    await writeRows(engine, after, before)
    await moveHead(engine, span.head)
    await sql`update audit_chain set start_seq = ${span.start.seq}, start_hash = ${span.start.hash}`.execute(
      engine.db,
    )
  }
}

function reachesTheEnd(kind: Tampering): boolean {
  return ['delete and renumber', 'insert', 'truncate', 'rewrite the tail'].includes(kind)
}

/** The rows behind the first of `rows` as they are afterwards. */
function tampered(kind: Tampering, [first, ...rows]: readonly Row[], random: Random): Row[] {
  const [victim, ...rest] = rows
  if (first === undefined || victim === undefined) throw new Error('nothing to tamper with')
  switch (kind) {
    case 'change':
      return [changed(victim, random, true), ...rest]
    case 'change and hash anew':
      return [rehashed(changed(victim, random, false), first.hash), ...rest]
    case 'delete':
      return rest
    case 'delete and renumber':
      return rest.map((row) => ({ ...row, seq: row.seq - 1 }))
    case 'swap': {
      const other = random.between(1, rows.length - 1)
      const there = rows[other] as Row
      return rows.map((row, at) =>
        at === 0 ? { ...there, seq: row.seq } : at === other ? { ...victim, seq: row.seq } : row,
      )
    }
    case 'insert': {
      const added = rehashed(changed(victim, random, false), first.hash)
      return [added, ...rows.map((row) => ({ ...row, seq: row.seq + 1 }))]
    }
    case 'truncate':
      return rows.slice(0, random.below(rows.length))
    case 'rewrite the tail': {
      let hash = first.hash
      return [changed(victim, random, false), ...rest].map((row) => {
        const written = rehashed(row, hash)
        hash = written.hash
        return written
      })
    }
    case 'cut the beginning':
      return rows
  }
}

/** One column of a row, by as little as can be. */
function changed(row: Row, random: Random, withHash: boolean): Row {
  const detail = row.detail.replace(/\d|"/, (sign) => (sign === '"' ? ' "' : String((Number(sign) + 1) % 10)))
  const changes: readonly Partial<Row>[] = [
    { at: row.at.replace('Z', '001Z') },
    { at: new Date(Date.parse(row.at) + 1).toISOString() },
    { actor: `${row.actor} ` },
    { action: row.action.replace('update', 'delete') },
    { target: `${row.target}0` },
    { detail },
    { detail: '{}' },
    { request_id: row.request_id === null ? '' : null },
    ...(withHash ? [{ hash: `${row.hash.slice(0, -1)}${row.hash.endsWith('0') ? '1' : '0'}` }] : []),
  ]
  return { ...row, ...random.pick(changes) }
}

function rehashed(row: Row, hashBefore: string): Row {
  return { ...row, hash: hashRow(hashBefore, rowText({ ...row, requestId: row.request_id })) }
}

async function readRows(engine: Engine, from: number, to: number): Promise<Row[]> {
  const rows = await engine.db
    .selectFrom('audit_log')
    .selectAll()
    .select(engine.timeText('at').as('at'))
    .where('seq', '>=', from)
    .where('seq', '<=', to)
    .orderBy('seq')
    .execute()
  return rows.map((row) => ({ ...row, at: String(row.at) }))
}

async function writeRows(engine: Engine, before: readonly Row[], after: readonly Row[]): Promise<void> {
  const from = before[0]?.seq ?? 0
  const to = Math.max(before.at(-1)?.seq ?? 0, after.at(-1)?.seq ?? 0)
  await engine.db.transaction().execute(async (trx) => {
    await trx.deleteFrom('audit_log').where('seq', '>=', from).where('seq', '<=', to).execute()
    await engine.bulkInsert(
      trx,
      { table: 'audit_log', columns: COLUMNS },
      after.map((row) => COLUMNS.map(({ name }) => row[name as keyof Row])),
    )
  })
}

async function moveHead({ db }: Engine, { seq, hash }: ChainLink): Promise<void> {
  await sql`update audit_chain set head_seq = ${seq}, head_hash = ${hash}`.execute(db)
}

const CHUNK = 5_000

/** Fills an empty log by its end; the guards must be off. As long texts as acts of operators have. */
export async function fillChain(engine: Engine, count: number): Promise<void> {
  let link: ChainLink = (await readSpan(engine.db)).head
  for (let made = 0; made < count; made += CHUNK) {
    const rows = Array.from({ length: Math.min(CHUNK, count - made) }, (_, place): Row => {
      const row = madeRow(link.seq + 1, made + place)
      const hash = hashRow(link.hash, rowText({ ...row, requestId: row.request_id }))
      link = { seq: row.seq, hash }
      return { ...row, hash }
    })
    await engine.db.transaction().execute((trx) =>
      engine.bulkInsert(
        trx,
        { table: 'audit_log', columns: COLUMNS },
        rows.map((row) => COLUMNS.map(({ name }) => row[name as keyof Row])),
      ),
    )
  }
  await moveHead(engine, link)
}

function madeRow(seq: number, place: number): Omit<Row, 'hash'> {
  return {
    ...{ seq, at: new Date(Date.parse('2026-01-01T00:00:00Z') + place * 1_000).toISOString() },
    actor: `key:0199d2f0-0000-7000-8000-${String(place % 7).padStart(12, '0')}`,
    ...{ action: 'peer.update', target: `peer:0199d2f0-0000-7000-9000-${String(place).padStart(12, '0')}` },
    detail: detailText({ changed: ['name', 'metadata'], place }),
    request_id: `req-${place}`,
  }
}
