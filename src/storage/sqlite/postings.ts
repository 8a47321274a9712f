/** Reading the index in SQLite: one prepared statement, stepped once for each list. */
import type { Admission, PostingList, Postings } from '../engine.ts'
import { type SqliteHandle, translateErrors } from './driver.ts'

export function readPostings(
  handle: SqliteHandle,
  lists: readonly (PostingList & { readonly limit: number })[],
  isAdmitted: Admission | null,
): Postings[] {
  const parameters: unknown[] = []
  const condition = isAdmitted?.('p.agent_ordinal', (value) => {
    parameters.push(value)
    return '?'
  })
  const sql = `select p.agent_ordinal, p.impact from postings p where p.term_id = ? and p.audience_id = ?
    ${condition ? `and ${condition}` : ''} order by p.impact desc, p.agent_ordinal limit ?`
  return translateErrors(() => {
    const { statement } = handle.prepare(sql)
    statement.setReturnArrays(true)
    return lists.map(({ termId, audienceId, limit }) => {
      const rows = statement.all(termId, audienceId, ...(parameters as string[]), limit)
      return toPostings(rows as unknown as [number, number][])
    })
  })
}

function toPostings(rows: readonly (readonly [number, number])[]): Postings {
  const ordinals: number[] = []
  const impacts: number[] = []
  for (const [ordinal, impact] of rows) {
    ordinals.push(ordinal)
    impacts.push(impact)
  }
  return { ordinals, impacts }
}
