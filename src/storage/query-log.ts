/** The log of questions between this registry and its peers, newest first by the time they were asked. */
import { type Kysely, type Selectable, sql } from 'kysely'
import type {
  QueryDirection,
  QueryFigures,
  QueryLog,
  QueryLogEntry,
  QueryLogFilter,
  QueryLogRow,
} from '../domain/federation-ports.ts'
import type { PeerId } from '../domain/peer.ts'
import type { Clock } from '../domain/ports.ts'
import { fromStoredTime, toStoredTime } from './codec.ts'
import type { BulkColumn, BulkRow, Engine } from './engine.ts'
import { readFiguresOfAll, wasLive } from './peer-figures.ts'
import { purgeOld } from './purge-old.ts'
import { purgeQueryDays, sumQueries } from './query-days.ts'
import { announcePurge, digestQueryLog, readLines, shareEnd } from './query-log-digests.ts'
import { fromStoredChoice, parseUuid, withoutNullCharacters } from './stored-text.ts'
import type { FederationQueryLogTable, Tables } from './tables.ts'

export function createQueryLog(engine: Engine, clock: Clock): QueryLog {
  const { db } = engine
  return {
    append: (rows) =>
      engine.transactionUnsynced(async (trx) => {
        await shareEnd(engine, trx)
        await engine.bulkInsert(trx, { table: 'federation_query_log', columns: COLUMNS }, rows.map(toColumns))
      }),
    async list(filter) {
      const peerId = filter.peerId === undefined ? undefined : parseUuid(filter.peerId)
      if (peerId === undefined && filter.peerId !== undefined) return []
      const rows = await listRows(db, { ...filter, ...(peerId !== undefined && { peerId }) })
      return rows.map(toLogRow)
    },
    async stats(peerId, since) {
      const asked = { peerId, since: toStoredTime(since) }
      const counts = await countOutcomes(db, asked)
      return {
        outbound: await toFigures(db, counts, { ...asked, direction: 'outbound' }),
        inbound: await toFigures(db, counts, { ...asked, direction: 'inbound' }),
      }
    },
    statsOfAll: (since) => readFiguresOfAll(db, toStoredTime(since)),
    readLines: (part) => readLines(engine, part),
    digest: () => digestQueryLog(engine, clock),
    sum: (span) => sumQueries(db, span),
    purgeSums: (before) => purgeQueryDays(db, before),
    async purge(before) {
      await announcePurge(engine, { before, clock })
      return purgeOld(engine, { table: 'federation_query_log', key: ['id'], column: 'created_at', before })
    },
  }
}

const COLUMNS: readonly BulkColumn[] = [
  { name: 'direction', type: 'text' },
  { name: 'peer_id', type: 'uuid' },
  { name: 'peer_name', type: 'text' },
  { name: 'outcome', type: 'text' },
  { name: 'response_time_ms', type: 'double' },
  { name: 'results', type: 'integer' },
  { name: 'cache', type: 'text' },
  { name: 'query_hash', type: 'text' },
  { name: 'query_text', type: 'text' },
  { name: 'request_id', type: 'text' },
  { name: 'created_at', type: 'time' },
]

function toColumns(entry: QueryLogEntry): BulkRow {
  return [
    entry.direction,
    entry.peerId,
    entry.peerName,
    entry.outcome,
    entry.responseTimeMs,
    entry.results,
    entry.cache,
    entry.queryHash,
    // What strangers typed must not cost the other rows of the batch.
    entry.queryText === null ? null : withoutNullCharacters(entry.queryText),
    entry.requestId,
    toStoredTime(entry.createdAt),
  ]
}

async function listRows(
  db: Kysely<Tables>,
  filter: QueryLogFilter,
): Promise<Selectable<FederationQueryLogTable>[]> {
  const { peerId, direction, outcome, since, until, before, limit } = filter
  let query = db
    .selectFrom('federation_query_log')
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
  if (peerId !== undefined) query = query.where('peer_id', '=', peerId)
  if (direction !== undefined) query = query.where('direction', '=', direction)
  if (outcome !== undefined) query = query.where('outcome', '=', outcome)
  if (since !== undefined) query = query.where('created_at', '>=', toStoredTime(since))
  if (until !== undefined) query = query.where('created_at', '<', toStoredTime(until))
  if (before !== undefined) {
    const last = await findTime(db, before)
    // Purged meanwhile, and with it all that followed.
    if (last === undefined) return []
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'id'), '<', tuple(toStoredTime(last), before)),
    )
  }
  return query.execute()
}

async function findTime(db: Kysely<Tables>, id: number): Promise<number | undefined> {
  const row = await db
    .selectFrom('federation_query_log')
    .select('created_at')
    .where('id', '=', id)
    .executeTakeFirst()
  return row && fromStoredTime(row.created_at)
}

type Asked = { readonly peerId: PeerId; readonly since: string }

type OutcomeCount = {
  readonly direction: string
  readonly outcome: string
  readonly count: number
  readonly live: number
  /** Sum of the response times of the live ones, in ms. */
  readonly time: number | null
}

function countOutcomes(db: Kysely<Tables>, asked: Asked): Promise<OutcomeCount[]> {
  return db
    .selectFrom('federation_query_log')
    .select(['direction', 'outcome'])
    .select([
      sql<number>`count(*)`.as('count'),
      sql<number>`count(case when ${wasLive} then 1 end)`.as('live'),
      sql<number | null>`sum(case when ${wasLive} then response_time_ms end)`.as('time'),
    ])
    .where('peer_id', '=', asked.peerId)
    .where('created_at', '>=', asked.since)
    .groupBy(['direction', 'outcome'])
    .orderBy('outcome')
    .execute()
}

async function toFigures(
  db: Kysely<Tables>,
  counts: readonly OutcomeCount[],
  asked: Asked & { readonly direction: QueryDirection },
): Promise<QueryFigures> {
  const rows = counts.filter((row) => row.direction === asked.direction)
  const live = rows.reduce((sum, row) => sum + row.live, 0)
  const time = rows.reduce((sum, row) => sum + (row.time ?? 0), 0)
  const times = live === 0 ? [] : await readNewestTimes(db, asked)
  return {
    outcomes: new Map(rows.map(({ outcome, count }) => [outcome, count])),
    averageResponseTimeMs: live === 0 ? null : time / live,
    p50ResponseTimeMs: percentile(times, 0.5),
    p95ResponseTimeMs: percentile(times, 0.95),
  }
}

/** Enough for a steady 95th percentile, few enough to be sorted at once. */
const MOST_TIMES = 10_000

async function readNewestTimes(
  db: Kysely<Tables>,
  asked: Asked & { readonly direction: QueryDirection },
): Promise<number[]> {
  const rows = await db
    .selectFrom('federation_query_log')
    .select('response_time_ms')
    .where('peer_id', '=', asked.peerId)
    .where('direction', '=', asked.direction)
    .where('created_at', '>=', asked.since)
    .where(wasLive)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(MOST_TIMES)
    .execute()
  return rows.map((row) => row.response_time_ms).sort((a, b) => a - b)
}

/** The smallest of the times that at least this share of them do not exceed (nearest rank); they are in order. */
function percentile(times: readonly number[], share: number): number | null {
  return times[Math.ceil(times.length * share) - 1] ?? null
}

function toLogRow(row: Selectable<FederationQueryLogTable>): QueryLogRow {
  return {
    id: row.id,
    direction: fromStoredChoice(row.direction, ['outbound', 'inbound']),
    peerId: row.peer_id as PeerId,
    peerName: row.peer_name,
    outcome: row.outcome,
    responseTimeMs: row.response_time_ms,
    results: row.results,
    cache: row.cache,
    queryHash: row.query_hash,
    queryText: row.query_text,
    requestId: row.request_id,
    createdAt: fromStoredTime(row.created_at),
  }
}
