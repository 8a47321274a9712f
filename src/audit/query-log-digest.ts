/**
 * What ties the log of questions to the chain: each minute a row of the audit log says which rows were added since, and
 * their SHA-256. Rows that retention removed meanwhile are told from others by what the chain says of that, too.
 */
import { createHash } from 'node:crypto'
import { canonicalJson } from '../security/canonical-json.ts'

export const DIGEST_ACTION = 'query-log.digest'
export const PURGE_ACTION = 'query-log.purge'

/** The details of a digest's row: rows with ids above `after_id`, up to `through_id`. */
export type QueryLogDigest = {
  readonly after_id: number
  readonly through_id: number
  readonly rows: number
  /** Lower-case hex. */
  readonly sha256: string
  /** Times of the first and the last question by time, RFC 3339. */
  readonly oldest: string
  readonly newest: string
}

/** What a digest is taken over: a row as canonical JSON, and a line feed behind it. */
export type DigestLine = { readonly id: number; readonly createdAt: string; readonly text: string }

/** @param row all columns as they are stored, times as text. */
export function digestLine(row: { readonly id: number; readonly created_at: string }): DigestLine {
  return { id: row.id, createdAt: row.created_at, text: canonicalJson(row) }
}

export type DigestMaker = {
  add(line: DigestLine): void
  /** `undefined` without rows. */
  finish(range: { readonly after: number; readonly through: number }): QueryLogDigest | undefined
}

export function createDigestMaker(): DigestMaker {
  const hash = createHash('sha256')
  let [rows, oldest, newest] = [0, '', '']
  return {
    add({ createdAt, text }) {
      hash.update(`${text}\n`)
      if (rows === 0 || createdAt < oldest) oldest = createdAt
      if (rows === 0 || createdAt > newest) newest = createdAt
      rows += 1
    },
    finish({ after, through }) {
      if (rows === 0) return undefined
      const range = { after_id: after, through_id: through }
      return { ...range, rows, sha256: hash.digest('hex'), oldest, newest }
    },
  }
}
