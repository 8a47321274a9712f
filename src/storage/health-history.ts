/**
 * The checks of peers over time. They go with their peer.
 *
 * A span of time of all peers is read at once on PostgreSQL, which works elsewhere. SQLite holds up this process, so
 * there a few peers are read at a time, and others are served in between.
 */
import { setImmediate } from 'node:timers/promises'
import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { HealthCheck, HealthHistory, Uptime, UptimeSpan } from '../domain/federation-ports.ts'
import { PEER_HEALTH_STATUSES, type PeerId } from '../domain/peer.ts'
import { fromStoredBoolean, fromStoredTime, toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import { purgeOld } from './purge-old.ts'
import { fromStoredChoice } from './stored-text.ts'
import type { FederationHealthChecksTable } from './tables.ts'

export function createHealthHistory(engine: Engine): HealthHistory {
  const { db, kind } = engine
  return {
    record: (check) => record(engine, check),
    async list(peerId, { since, before, limit }) {
      const checks = db
        .selectFrom('federation_health_checks')
        .selectAll()
        .where('peer_id', '=', peerId)
        .where('checked_at', '>=', toStoredTime(since))
      const wanted = before === undefined ? checks : checks.where('checked_at', '<', toStoredTime(before))
      const rows = await wanted.orderBy('checked_at', 'desc').limit(limit).execute()
      return rows.map(toCheck)
    },
    async uptime(span) {
      const read = (ids: readonly string[] | null) => readUptimes(engine, span, ids)
      if (span.peerId !== undefined) return new Map(await read([span.peerId]))
      return new Map(kind === 'postgres' ? await read(null) : (await aFewAtATime(engine, read)).flat())
    },
    async purge(before) {
      if (kind === 'sqlite') {
        const purged = await aFewAtATime(engine, (ids) => purgeChecks(engine, before, ids))
        return purged.reduce((sum, count) => sum + count, 0)
      }
      const key = ['peer_id', 'checked_at']
      return purgeOld(engine, { table: 'federation_health_checks', key, column: 'checked_at', before })
    },
  }
}

/** Holds the peer, if it is there, so that it is not deleted under the row that goes with it. */
async function record(engine: Engine, check: HealthCheck): Promise<void> {
  const { at, status, isUp, responseTimeMs, error } = check
  const values: RawBuilder<unknown>[] = [toStoredTime(at), status, isUp, responseTimeMs, error].map((value) =>
    sql.val(value),
  )
  const insert = sql`
    insert into federation_health_checks (peer_id, checked_at, status, is_up, response_time_ms, error)
    select id, ${sql.join(values)} from federation_peers where id = ${check.peerId}
    ${sql.raw(engine.kind === 'postgres' ? 'for key share' : '')}
    on conflict (peer_id, checked_at) do update set status = excluded.status, is_up = excluded.is_up,
      response_time_ms = excluded.response_time_ms, error = excluded.error`
  await engine.transactionUnsynced((trx) => insert.execute(trx))
}

/**
 * Only of failed checks, which are few, the next one is looked for: doing it for all takes ten times as long.
 * @param ids the peers meant; `null` for all.
 */
async function readUptimes(
  engine: Engine,
  { since, until, intervalMs, longestMs }: UptimeSpan,
  ids: readonly string[] | null,
): Promise<(readonly [PeerId, Uptime])[]> {
  const { db, isOneOf } = engine
  const checks = db
    .selectFrom('federation_health_checks as checks')
    .select(['peer_id', 'is_up', 'response_time_ms'])
    .select(sql<number | null>`case when is_up then null else ${heldMs(engine, until)} end`.as('held_ms'))
    .where('checked_at', '>=', toStoredTime(since))
    .$if(ids !== null, (query) => query.where(isOneOf('peer_id', ids ?? [], 'uuid')))
  const rows = await db
    .selectFrom(checks.as('held'))
    .select('peer_id')
    .select([
      sql<number>`count(*)`.as('checks'),
      sql<number>`count(case when is_up then 1 end)`.as('up'),
      sql<number | null>`avg(response_time_ms)`.as('average'),
      sql<number | null>`sum(case when held_ms < ${intervalMs} then ${intervalMs}
        when held_ms > ${longestMs} then ${longestMs} else held_ms end)`.as('down_ms'),
    ])
    .groupBy('peer_id')
    .execute()
  return rows.map(({ peer_id, checks, up, average, down_ms }) => {
    const upMs = up * intervalMs
    const share = upMs / (upMs + (down_ms ?? 0))
    return [peer_id as PeerId, { checks, up, share, averageResponseTimeMs: average }]
  })
}

/** How long a check held: until the next one of its peer, or until now. */
function heldMs({ kind }: Engine, until: number): RawBuilder<number> {
  const next = sql`(select min(later.checked_at) from federation_health_checks as later
    where later.peer_id = checks.peer_id and later.checked_at > checks.checked_at)`
  const now = toStoredTime(until)
  return kind === 'postgres'
    ? sql`(extract(epoch from coalesce(${next}, ${now}::timestamptz) - checked_at) * 1000)::double precision`
    : sql`round((unixepoch(coalesce(${next}, ${now}), 'subsec') - unixepoch(checked_at, 'subsec')) * 1000)`
}

async function purgeChecks({ db, isOneOf }: Engine, before: number, ids: readonly string[]): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('federation_health_checks')
    .where(isOneOf('peer_id', ids, 'uuid'))
    .where('checked_at', '<', toStoredTime(before))
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** A day's checks of so many peers take a few milliseconds. */
const PEERS_AT_ONCE = 10

/** Does `work` for all peers, a few in one go; what came of each go. */
async function aFewAtATime<T>({ db }: Engine, work: (ids: readonly string[]) => Promise<T>): Promise<T[]> {
  const rows = await db.selectFrom('federation_peers').select('id').execute()
  const results: T[] = []
  for (let start = 0; start < rows.length; start += PEERS_AT_ONCE) {
    const few = rows.slice(start, start + PEERS_AT_ONCE)
    results.push(await work(few.map((row) => row.id)))
    await setImmediate()
  }
  return results
}

function toCheck(row: Selectable<FederationHealthChecksTable>): HealthCheck {
  return {
    peerId: row.peer_id as PeerId,
    at: fromStoredTime(row.checked_at),
    status: fromStoredChoice(row.status, PEER_HEALTH_STATUSES),
    isUp: fromStoredBoolean(row.is_up),
    responseTimeMs: row.response_time_ms,
    error: row.error,
  }
}
