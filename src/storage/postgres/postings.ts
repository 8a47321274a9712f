/** Reading the index in PostgreSQL: all lists in one round trip, each cut where it lies. */
import type pg from 'pg'
import type { Admission, PostingList, Postings } from '../engine.ts'
import { rethrow } from './errors.ts'

export async function readPostings(
  pool: pg.Pool,
  lists: readonly (PostingList & { readonly limit: number })[],
  isAdmitted: Admission | null,
): Promise<Postings[]> {
  const found: Postings[] = lists.map(() => NO_POSTINGS)
  if (lists.length === 0) return found
  const parameters: unknown[] = [
    lists.map((list) => list.termId),
    lists.map((list) => list.audienceId),
    lists.map((list) => list.limit),
  ]
  const condition = isAdmitted?.('p.agent_ordinal', (value) => `$${parameters.push(value)}`)
  const text = `select list.position, best.ordinals, best.impacts
    from unnest($1::bigint[], $2::integer[], $3::integer[])
      with ordinality as list(term_id, audience_id, depth, position)
    cross join lateral (
      select string_agg(float8send(ranked.agent_ordinal), ''::bytea) as ordinals,
        string_agg(float8send(ranked.impact), ''::bytea) as impacts from (
        select p.agent_ordinal, p.impact from postings p
        where p.term_id = list.term_id and p.audience_id = list.audience_id ${condition ? `and ${condition}` : ''}
        order by p.impact desc, p.agent_ordinal limit list.depth) as ranked) as best`
  const name = condition === undefined ? 'avr_postings' : undefined
  const { rows } = await pool
    .query<[number, Buffer | null, Buffer | null]>({
      ...(name === undefined ? {} : { name }),
      text,
      values: parameters,
      rowMode: 'array',
    })
    .catch(rethrow)
  for (const [position, ordinals, impacts] of rows) {
    found[position - 1] = { ordinals: readDoubles(ordinals), impacts: readDoubles(impacts) }
  }
  return found
}

const NO_POSTINGS: Postings = { ordinals: [], impacts: [] }

/** The numbers one behind the other in PostgreSQL's binary form: one value a list instead of one row a posting. */
function readDoubles(bytes: Buffer | null): Float64Array {
  if (bytes === null) return new Float64Array()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const numbers = new Float64Array(bytes.byteLength / 8)
  for (let place = 0; place < numbers.length; place += 1) numbers[place] = view.getFloat64(8 * place)
  return numbers
}
