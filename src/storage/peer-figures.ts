/** The figures of all peers at once, for a table of them. */
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { CALLED_OFF_OUTCOME, type PeerFigures, type QueryDirection } from '../domain/federation-ports.ts'
import type { PeerId } from '../domain/peer.ts'
import { fromStoredChoice } from './stored-text.ts'
import type { Tables } from './tables.ts'

/** The condition of a question that was waited for, so that its time says something of who answered. */
export const wasLive: RawBuilder<boolean> = sql<boolean>`(
  (cache is null or cache not in ('hit', 'revalidating')) and outcome <> ${CALLED_OFF_OUTCOME}
)`

/** What a table that is looked at every few seconds may cost: some 30 ms on SQLite. */
const MOST_ROWS = 20_000

type Figures = Record<QueryDirection, PeerFigures>

/** See `QueryLog.statsOfAll`. @param since as it is stored. */
export async function readFiguresOfAll(
  db: Kysely<Tables>,
  since: string,
): Promise<ReadonlyMap<PeerId, Readonly<Figures>>> {
  const [counts, times] = await Promise.all([countOutcomes(db, since), readPercentiles(db, since)])
  const figures = new Map<PeerId, Figures>()
  const of = (peerId: string): Figures => {
    const id = peerId as PeerId
    const known = figures.get(id) ?? { outbound: NONE, inbound: NONE }
    figures.set(id, known)
    return known
  }
  for (const { peer_id, direction, outcome, count } of counts) {
    const mine = of(peer_id)
    const side = sideOf(direction)
    mine[side] = { ...mine[side], outcomes: new Map([...mine[side].outcomes, [outcome, Number(count)]]) }
  }
  for (const { peer_id, direction, p50, p95 } of times) {
    const mine = of(peer_id)
    const side = sideOf(direction)
    mine[side] = { ...mine[side], p50ResponseTimeMs: p50, p95ResponseTimeMs: p95 }
  }
  return figures
}

const NONE: PeerFigures = { outcomes: new Map(), p50ResponseTimeMs: null, p95ResponseTimeMs: null }

function sideOf(direction: string): QueryDirection {
  return fromStoredChoice(direction, ['outbound', 'inbound'])
}

type Count = {
  readonly peer_id: string
  readonly direction: string
  readonly outcome: string
  readonly count: number
}

async function countOutcomes(db: Kysely<Tables>, since: string): Promise<readonly Count[]> {
  const { rows } = await sql<Count>`
    select peer_id, direction, outcome, count(*) as count
    from (${newest(since)}) as newest
    group by peer_id, direction, outcome
    order by outcome`.execute(db)
  return rows
}

type Percentiles = {
  readonly peer_id: string
  readonly direction: string
  readonly p50: number
  readonly p95: number
}

/** Nearest rank: the smallest time that at least so many of 100 do not exceed. In whole numbers, both engines agree. */
async function readPercentiles(db: Kysely<Tables>, since: string): Promise<readonly Percentiles[]> {
  const { rows } = await sql<Percentiles>`
    select peer_id, direction,
      min(case when place * 100 >= total * 50 then response_time_ms end) as p50,
      min(case when place * 100 >= total * 95 then response_time_ms end) as p95
    from (
      select peer_id, direction, response_time_ms,
        row_number() over (partition by peer_id, direction order by response_time_ms) as place,
        count(*) over (partition by peer_id, direction) as total
      from (${newest(since)}) as newest
      where ${wasLive}
    ) as placed
    group by peer_id, direction`.execute(db)
  return rows
}

function newest(since: string) {
  return sql`
    select peer_id, direction, outcome, response_time_ms, cache
    from federation_query_log
    where created_at >= ${since}
    order by created_at desc
    limit ${MOST_ROWS}`
}
