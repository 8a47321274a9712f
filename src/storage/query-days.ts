/** The log of questions summed up by day, peer, direction and outcome. */
import { type Kysely, sql, type Transaction } from 'kysely'
import type { QuerySum } from '../domain/federation-ports.ts'
import type { PeerId } from '../domain/peer.ts'
import { toStoredTime } from './codec.ts'
import type { BulkColumn, BulkRow, Engine } from './engine.ts'
import { fromStoredChoice } from './stored-text.ts'
import type { Tables } from './tables.ts'

type Question = {
  readonly created_at: string
  readonly peer_id: string
  readonly peer_name: string
  readonly direction: string
  readonly outcome: string
  readonly response_time_ms: number
  readonly results: number | null
  readonly cache: string | null
}

/** Sums of some questions, to be added to those that are stored. */
export type QueryDays = {
  add(question: Question): void
  write(engine: Engine, trx: Transaction<Tables>): Promise<void>
}

type Sum = { questions: number; results: number; live: number; timeMs: number }

export function createQueryDays(): QueryDays {
  const sums = new Map<string, { readonly of: readonly string[]; readonly sum: Sum }>()
  return {
    add(question) {
      const { created_at: at, peer_id, direction, outcome, peer_name } = question
      const key = [at.slice(0, 10), peer_id, direction, outcome]
      const name = key.join('\0')
      const known = sums.get(name)?.sum ?? { questions: 0, results: 0, live: 0, timeMs: 0 }
      if (known.questions === 0) sums.set(name, { of: [...key, peer_name], sum: known })
      known.questions += 1
      known.results += question.results ?? 0
      // Who was not waited for says nothing of how long it takes.
      if (question.cache === 'hit' || question.cache === 'revalidating') return
      known.live += 1
      known.timeMs += question.response_time_ms
    },
    async write(engine, trx) {
      const rows = [...sums.values()].map(
        ({ of, sum }): BulkRow => [...of, sum.questions, sum.results, sum.live, sum.timeMs],
      )
      await engine.bulkInsert(
        trx,
        { table: 'federation_query_days', columns: COLUMNS, onConflict: ADD_TO_STORED },
        rows,
      )
    },
  }
}

const COLUMNS: readonly BulkColumn[] = [
  { name: 'day', type: 'text' },
  { name: 'peer_id', type: 'uuid' },
  { name: 'direction', type: 'text' },
  { name: 'outcome', type: 'text' },
  { name: 'peer_name', type: 'text' },
  { name: 'questions', type: 'bigint' },
  { name: 'results', type: 'bigint' },
  { name: 'live', type: 'bigint' },
  { name: 'live_time_ms', type: 'double' },
]

const ADD_TO_STORED = `on conflict (day, peer_id, direction, outcome) do update set peer_name = excluded.peer_name, ${[
  'questions',
  'results',
  'live',
  'live_time_ms',
]
  .map((name) => `${name} = federation_query_days.${name} + excluded.${name}`)
  .join(', ')}`

/** Over the days from that of `since` up to, and without, that of `until`. */
export async function sumQueries(
  db: Kysely<Tables>,
  { since, until }: { readonly since: number; readonly until: number },
): Promise<QuerySum[]> {
  const rows = await db
    .selectFrom('federation_query_days')
    .select(['peer_id', 'direction', 'outcome'])
    .select((eb) => [
      eb.fn.max('peer_name').as('peer_name'),
      ...(['questions', 'results', 'live', 'live_time_ms'] as const).map((name) => eb.fn.sum(name).as(name)),
    ])
    .where('day', '>=', dayOf(since))
    .where('day', '<', dayOf(until))
    .groupBy(['peer_id', 'direction', 'outcome'])
    .orderBy('peer_id')
    .orderBy('direction')
    .orderBy('outcome')
    .execute()
  return rows.map((row) => ({
    peerId: row.peer_id as PeerId,
    peerName: row.peer_name,
    direction: fromStoredChoice(row.direction, ['outbound', 'inbound']),
    outcome: row.outcome,
    questions: Number(row.questions),
    results: Number(row.results),
    averageResponseTimeMs: Number(row.live) === 0 ? null : Number(row.live_time_ms) / Number(row.live),
  }))
}

export async function purgeQueryDays(db: Kysely<Tables>, before: number): Promise<number> {
  const { numAffectedRows = 0n } =
    await sql`delete from federation_query_days where day < ${dayOf(before)}`.execute(db)
  return Number(numAffectedRows)
}

function dayOf(ms: number): string {
  return toStoredTime(ms).slice(0, 10)
}
