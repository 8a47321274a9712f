/** Reading the index in PostgreSQL: all lists in one round trip, each cut where it lies. */
import type pg from 'pg'
import type { Engine, PostingList, Postings } from '../engine.ts'
import { rethrow } from './errors.ts'

type Admission = Parameters<Engine['readPostings']>[2]

export async function readPostings(
  pool: pg.Pool,
  lists: readonly PostingList[],
  options: { readonly limit: number; readonly isAdmitted: Admission },
): Promise<Postings[]> {
  const found: { ordinals: number[]; impacts: number[] }[] = lists.map(() => ({ ordinals: [], impacts: [] }))
  if (lists.length === 0) return found
  const parameters: unknown[] = [
    lists.map((list) => list.termId),
    lists.map((list) => list.audienceId),
    options.limit,
  ]
  const condition = options.isAdmitted?.('p.agent_ordinal', (value) => `$${parameters.push(value)}`)
  const text = `select list.position, best.agent_ordinal, best.impact
    from unnest($1::bigint[], $2::integer[]) with ordinality as list(term_id, audience_id, position)
    cross join lateral (
      select p.agent_ordinal, p.impact from postings p
      where p.term_id = list.term_id and p.audience_id = list.audience_id ${condition ? `and ${condition}` : ''}
      order by p.impact desc, p.agent_ordinal limit $3) as best`
  const { rows } = await pool
    .query<[number, number, number]>({ text, values: parameters, rowMode: 'array' })
    .catch(rethrow)
  for (const [position, ordinal, impact] of rows) {
    // Each list's rows come out of one ordered sub-query, so they arrive in its order.
    found[position - 1]?.ordinals.push(ordinal)
    found[position - 1]?.impacts.push(impact)
  }
  return found
}
