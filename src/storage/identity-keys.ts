/**
 * This registry's signing keys in the database, the private halves sealed for their rows. Replicas share them, so a
 * peer sees one registry whichever replica it talks to.
 */
import { type Selectable, sql, type Transaction } from 'kysely'
import {
  findSigningKey,
  type IdentityKey,
  type IdentityKeyPair,
  type IdentityStore,
} from '../domain/identity.ts'
import type { Clock } from '../domain/ports.ts'
import type { Actor } from '../domain/principal.ts'
import type { SealContext, SecretBox } from '../domain/secrets.ts'
import { appendAudit } from './audit.ts'
import { fromNullableTime, fromStoredTime, toNullableTime, toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import type { IdentityKeysTable, Tables } from './tables.ts'

type Deps = { readonly secretBox: SecretBox; readonly clock: Clock }

const BOOTSTRAP: Actor = { id: 'bootstrap', requestId: null }

/** Keys over either engine; making the first one and rotating are transactions with their audit rows. */
export function createIdentityStore(engine: Engine, { secretBox, clock }: Deps): IdentityStore {
  const { db } = engine
  const toKey = (row: Selectable<IdentityKeysTable>): IdentityKey => ({
    thumbprint: row.thumbprint,
    x: row.public_key,
    d: secretBox.open(row.private_key, placeOf(row.thumbprint)),
    createdAt: fromStoredTime(row.created_at),
    signsFrom: fromStoredTime(row.signs_from),
    publishedUntil: fromNullableTime(row.published_until),
  })
  const insert = async (
    trx: Transaction<Tables>,
    { thumbprint, x, d }: IdentityKeyPair,
    signsFrom: number,
  ): Promise<void> => {
    await trx
      .insertInto('identity_keys')
      .values({
        thumbprint,
        public_key: x,
        private_key: secretBox.seal(d, placeOf(thumbprint)),
        created_at: toStoredTime(clock.now()),
        signs_from: toStoredTime(signsFrom),
        published_until: null,
      })
      .execute()
  }
  return {
    async hasKeys() {
      const row = await db.selectFrom('identity_keys').select('thumbprint').limit(1).executeTakeFirst()
      return row !== undefined
    },
    ensureFirst: (first) =>
      db.transaction().execute(async (trx) => {
        await takeLock(trx)
        const known = await trx.selectFrom('identity_keys').select('thumbprint').limit(1).executeTakeFirst()
        if (known !== undefined) return
        await insert(trx, first, clock.now())
        const target = `identity:${first.thumbprint}`
        await appendAudit(trx, { action: 'identity.create', target }, { actor: BOOTSTRAP, clock })
      }),
    async list() {
      const rows = await selectShown(db, clock.now()).execute()
      return rows.map(toKey)
    },
    rotate: (next, { overlapMs }, actor) =>
      db.transaction().execute(async (trx) => {
        await takeLock(trx)
        const now = clock.now()
        const keys = (await selectShown(trx, now).execute()).map(toKey)
        const signing = findSigningKey(keys, now)
        if (overlapMs > 0 && keys.some(({ signsFrom }) => signsFrom > now)) return 'pending'
        const ending = overlapMs > 0 ? keys.filter((key) => key === signing) : keys
        const publishedUntil = toNullableTime(now + 2 * overlapMs)
        for (const { thumbprint } of ending) {
          await trx
            .updateTable('identity_keys')
            .set({ published_until: publishedUntil })
            .where('thumbprint', '=', thumbprint)
            .execute()
        }
        await insert(trx, next, now + overlapMs)
        const detail = { former: signing?.thumbprint ?? null, overlap_seconds: overlapMs / 1000 }
        const target = `identity:${next.thumbprint}`
        await appendAudit(trx, { action: 'identity.rotate', target, detail }, { actor, clock })
        return 'rotated'
      }),
    async purge(now) {
      const { numDeletedRows } = await db
        .deleteFrom('identity_keys')
        .where('published_until', '<', toStoredTime(now))
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },
  }
}

function selectShown(db: Engine['db'] | Transaction<Tables>, now: number) {
  return db
    .selectFrom('identity_keys')
    .selectAll()
    .where((where) =>
      where.or([where('published_until', 'is', null), where('published_until', '>', toStoredTime(now))]),
    )
    .orderBy('signs_from', 'desc')
}

function placeOf(thumbprint: string): SealContext {
  return { table: 'identity_keys', id: thumbprint, column: 'private_key' }
}

/** Held until the transaction ends: a row that every change writes, whichever replica it runs on. */
async function takeLock(trx: Transaction<Tables>): Promise<void> {
  await sql`insert into counters (name, value) values ('identity_changes', 1)
    on conflict (name) do update set value = counters.value + 1`.execute(trx)
}
