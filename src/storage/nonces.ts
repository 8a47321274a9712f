/**
 * Nonces that were accepted. In the database and not in Redis, which may be gone or forget: of two replicas that get
 * the same request at the same moment, the primary key lets one take it.
 */
import type { NonceStore } from '../domain/ports.ts'
import { toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import { purgeOld } from './purge-old.ts'

export function createNonceStore(engine: Engine): NonceStore {
  return {
    async use(keyid, nonce, expiresAt) {
      const { numInsertedOrUpdatedRows = 0n } = await engine.db
        .insertInto('signature_nonces')
        .values({ keyid, nonce, expires_at: toStoredTime(expiresAt) })
        .onConflict((conflict) => conflict.columns(['keyid', 'nonce']).doNothing())
        .executeTakeFirstOrThrow()
      return numInsertedOrUpdatedRows === 1n
    },
    purge: (now) =>
      purgeOld(engine, {
        table: 'signature_nonces',
        key: ['keyid', 'nonce'],
        column: 'expires_at',
        before: now,
      }),
  }
}
