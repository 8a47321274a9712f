/** What API keys and federation tokens have in common in the database: how they live, are used and end. */
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { toStoredTime } from './codec.ts'
import { parseUuid } from './stored-text.ts'
import type { Tables } from './tables.ts'

/** The row of a credential and the time, in Unix ms. */
export type CredentialAt = {
  readonly table: 'api_keys' | 'federation_tokens'
  readonly id: string
  readonly now: number
}

/** Use is noted at most so often: most requests write nothing. */
const TOUCH_INTERVAL_MS = 5 * 60_000

/** The condition of a credential that still opens doors: neither revoked nor expired. */
export function isLive(now: number): RawBuilder<boolean> {
  return sql<boolean>`(revoked_at is null and (expires_at is null or expires_at > ${toStoredTime(now)}))`
}

/**
 * Ends a live credential.
 * @returns its id as stored; `undefined` when there is no such live one.
 */
export async function revokeCredential(
  trx: Transaction<Tables>,
  { table, id, now }: CredentialAt,
): Promise<string | undefined> {
  const uuid = parseUuid(id)
  if (uuid === undefined) return undefined
  const { rows } = await sql<{ readonly id: string }>`update ${sql.table(table)}
    set revoked_at = ${toStoredTime(now)} where id = ${uuid} and ${isLive(now)} returning id`.execute(trx)
  return rows[0]?.id
}

/** Notes use, unless that was done within the last five minutes. */
export async function touchCredential(db: Kysely<Tables>, { table, id, now }: CredentialAt): Promise<void> {
  const uuid = parseUuid(id)
  if (uuid === undefined) return
  await sql`update ${sql.table(table)} set last_used_at = ${toStoredTime(now)} where id = ${uuid}
    and (last_used_at is null or last_used_at < ${toStoredTime(now - TOUCH_INTERVAL_MS)})`.execute(db)
}
