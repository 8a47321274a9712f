/** What API keys and federation tokens have in common in the database: how they live, are used and end. */
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { fromNullableTime, fromStoredTime, toStoredTime } from './codec.ts'
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

export type Retired =
  /** When a credential that lives as long as this one was made for ends. */
  | { readonly kind: 'retired'; readonly id: string; readonly nextEndsAt: number | null }
  | { readonly kind: 'absent' }
  | { readonly kind: 'rotated-already' }

/** Lets a live credential end after an overlap, unless it ends sooner or was replaced before. */
export async function retireCredential(
  trx: Transaction<Tables>,
  { table, id, now, overlapMs }: CredentialAt & { readonly overlapMs: number },
): Promise<Retired> {
  const uuid = parseUuid(id)
  const findLive = async () =>
    trx
      .selectFrom(table)
      .select(['created_at', 'expires_at', 'rotated_at'])
      .where('id', '=', uuid ?? '')
      .where(isLive(now))
      .executeTakeFirst()
  const before = uuid === undefined ? undefined : await findLive()
  if (uuid === undefined || before === undefined) return { kind: 'absent' }
  const expiresAt = fromNullableTime(before.expires_at)
  const endsAt = toStoredTime(Math.min(now + overlapMs, expiresAt ?? Number.POSITIVE_INFINITY))
  const { rows } = await sql`update ${sql.table(table)}
    set rotated_at = ${toStoredTime(now)}, expires_at = ${endsAt}
    where id = ${uuid} and rotated_at is null and ${isLive(now)} returning id`.execute(trx)
  if (rows.length === 0) return { kind: (await findLive()) === undefined ? 'absent' : 'rotated-already' }
  const nextEndsAt = expiresAt === null ? null : now + (expiresAt - fromStoredTime(before.created_at))
  return { kind: 'retired', id: uuid, nextEndsAt }
}

/** Notes use, unless that was done within the last five minutes. */
export async function touchCredential(db: Kysely<Tables>, { table, id, now }: CredentialAt): Promise<void> {
  const uuid = parseUuid(id)
  if (uuid === undefined) return
  await sql`update ${sql.table(table)} set last_used_at = ${toStoredTime(now)} where id = ${uuid}
    and (last_used_at is null or last_used_at < ${toStoredTime(now - TOUCH_INTERVAL_MS)})`.execute(db)
}
