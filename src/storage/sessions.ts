/** Sessions in the database, known by the hash of their token. What a session may do is read from its key each time. */
import type { Transaction } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import type { Clock } from '../domain/ports.ts'
import type { SessionStore } from '../domain/sessions.ts'
import { appendAudit } from './audit.ts'
import { fromStoredTime, toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import { findLiveKey } from './keys.ts'
import { purgeOld } from './purge-old.ts'
import type { Tables } from './tables.ts'

/** More browsers than one person uses; a key that signs in again and again does not fill the database. */
const MOST_OF_ONE_KEY = 20

/** Sessions over either engine; signing in and out are transactions with their audit rows. */
export function createSessionStore(engine: Engine, { clock }: { readonly clock: Clock }): SessionStore {
  const { db } = engine
  return {
    begin: ({ keyId, tokenHash, expiresAt }, requestId) =>
      db.transaction().execute(async (trx) => {
        const id = uuidv7()
        const times = { created_at: toStoredTime(clock.now()), expires_at: toStoredTime(expiresAt) }
        await trx
          .insertInto('sessions')
          .values({ id, key_id: keyId, token_hash: tokenHash, ...times })
          .execute()
        await endOldest(trx, keyId)
        const entry = {
          action: 'session.create',
          target: `session:${id}`,
          detail: { ends_at: times.expires_at },
        }
        await appendAudit(trx, entry, { actor: { id: `key:${keyId}`, requestId }, clock })
      }),
    async findByHash(tokenHash) {
      const session = await db
        .selectFrom('sessions')
        .select(['key_id', 'expires_at'])
        .where('token_hash', '=', tokenHash)
        .where('expires_at', '>', toStoredTime(clock.now()))
        .executeTakeFirst()
      const key = session && (await findLiveKey(db, { column: 'id', value: session.key_id }, clock))
      return session && key && { key, expiresAt: fromStoredTime(session.expires_at) }
    },
    end: (tokenHash, requestId) =>
      db.transaction().execute(async (trx) => {
        const ended = await trx
          .deleteFrom('sessions')
          .where('token_hash', '=', tokenHash)
          .returning(['id', 'key_id'])
          .executeTakeFirst()
        if (ended === undefined) return false
        const entry = { action: 'session.delete', target: `session:${ended.id}` }
        await appendAudit(trx, entry, { actor: { id: `key:${ended.key_id}`, requestId }, clock })
        return true
      }),
    purge: (before) => purgeOld(engine, { table: 'sessions', key: ['id'], column: 'expires_at', before }),
  }
}

/** Lets go of the sessions of a key that are more than it may have, the oldest first: ids are in order of time. */
async function endOldest(trx: Transaction<Tables>, keyId: string): Promise<void> {
  const kept = trx
    .selectFrom('sessions')
    .select('id')
    .where('key_id', '=', keyId)
    .orderBy('id', 'desc')
    .limit(MOST_OF_ONE_KEY)
  await trx.deleteFrom('sessions').where('key_id', '=', keyId).where('id', 'not in', kept).execute()
}
