/**
 * The chain of the audit log: the hash of each row covers the row and the hash before it, so that no row can be
 * changed, removed, added or moved without changing all hashes behind it. What was cut off at the end, or written anew
 * up to the end, is known by a head that was kept elsewhere (`signed-head.ts`).
 */
import { hash } from 'node:crypto'
import { canonicalJson } from '../security/canonical-json.ts'

/** A row's number and its hash, lower-case hex. */
export type ChainLink = { readonly seq: number; readonly hash: string }

/** Before the first row. */
export const BEFORE_ALL: ChainLink = { seq: 0, hash: '0'.repeat(64) }

/** A row as it is stored. */
export type ChainedFields = {
  readonly seq: number
  /** RFC 3339 in UTC. */
  readonly at: string
  readonly actor: string
  readonly action: string
  readonly target: string
  /** The canonical JSON of an object. */
  readonly detail: string
  readonly requestId: string | null
}

/** The details of a row as they are stored. */
export function detailText(detail: object): string {
  return canonicalJson(detail)
}

/** What the hash covers: the row as canonical JSON (RFC 8785), its members in the order of their names. */
export function rowText(row: ChainedFields): string {
  const { stringify } = JSON
  const [who, when] = [stringify(row.actor), stringify(row.at)]
  const behind = `"request_id":${stringify(row.requestId)},"seq":${row.seq},"target":${stringify(row.target)}`
  return `{"action":${stringify(row.action)},"actor":${who},"at":${when},"detail":${row.detail},${behind}}`
}

/** SHA-256 of the 32 bytes of the hash before and the text of the row, lower-case hex. */
export function hashRow(hashBefore: string, text: string): string {
  return hash('sha256', Buffer.concat([Buffer.from(hashBefore, 'hex'), Buffer.from(text)]), 'hex')
}
