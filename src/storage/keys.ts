/** API keys in the database: what people and programs of this registry hold, kept as a SHA-256 only. */
import { type Selectable, sql, type Transaction } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import type { OwnerId } from '../domain/agent.ts'
import type { ApiKey, KeyDraft, KeyStore, Rotation, RotationDraft } from '../domain/credential-ports.ts'
import type { Clock } from '../domain/ports.ts'
import { type Actor, type KeyId, ROLES } from '../domain/principal.ts'
import { StorageError } from '../domain/storage-error.ts'
import { appendAudit } from './audit.ts'
import { fromNullableTime, fromStoredTime, toNullableTime, toStoredTime } from './codec.ts'
import { isLive, retireCredential, revokeCredential, touchCredential } from './credential-row.ts'
import type { Engine } from './engine.ts'
import { fromStoredChoice } from './stored-text.ts'
import type { ApiKeysTable, Tables } from './tables.ts'

const BOOTSTRAP: Actor = { id: 'bootstrap', requestId: null }

/**
 * Keys over either engine; every change is one transaction with its audit row. `bootstrapAdmin` throws when it
 * would bring a revoked or expired key back to life, or raise another key's role.
 */
export function createKeyStore(engine: Engine, { clock }: { readonly clock: Clock }): KeyStore {
  const { db } = engine
  return {
    create: (draft, actor) => db.transaction().execute((trx) => insertKey(trx, draft, { actor, clock })),
    findByHash: (tokenHash) => findLiveKey(db, { column: 'token_hash', value: tokenHash }, clock),
    async list() {
      const rows = await db.selectFrom('api_keys').selectAll().orderBy('created_at').orderBy('id').execute()
      return rows.map(toKey)
    },
    revoke: (id, actor) =>
      db.transaction().execute(async (trx) => {
        const revoked = await revokeCredential(trx, { table: 'api_keys', id, now: clock.now() })
        if (revoked === undefined) return false
        await appendAudit(trx, { action: 'key.revoke', target: `key:${revoked}` }, { actor, clock })
        return true
      }),
    rotate: (id, draft, actor) =>
      db.transaction().execute((trx) => replaceKey(trx, { id, draft }, { actor, clock })),
    touch: (id) => touchCredential(db, { table: 'api_keys', id, now: clock.now() }),
    bootstrapAdmin: (draft, { besideOthers }) =>
      db.transaction().execute(async (trx) => {
        await takeBootstrapLock(trx)
        const now = clock.now()
        if (await hasLiveAdmin(trx, now, besideOthers ? draft.tokenHash : null)) return undefined
        await refuseKnownKey(trx, draft.tokenHash)
        return insertKey(trx, { ...draft, role: 'admin' }, { actor: BOOTSTRAP, clock })
      }),
  }
}

/** A key that opens doors: neither revoked nor expired nor suspended. */
export async function findLiveKey(
  db: Engine['db'],
  { column, value }: { readonly column: 'id' | 'token_hash'; readonly value: string },
  clock: Clock,
): Promise<ApiKey | undefined> {
  const row = await db
    .selectFrom('api_keys')
    .selectAll()
    .where(column, '=', value)
    .where(isLive(clock.now()))
    .where('suspended_at', 'is', null)
    .executeTakeFirst()
  return row && toKey(row)
}

async function insertKey(
  trx: Transaction<Tables>,
  draft: KeyDraft,
  { actor, clock }: { readonly actor: Actor; readonly clock: Clock },
): Promise<ApiKey> {
  const id = uuidv7()
  const row = await trx
    .insertInto('api_keys')
    .values({
      id,
      owner_id: draft.ownerId ?? uuidv7(),
      name: draft.name,
      role: draft.role,
      token_hash: draft.tokenHash,
      hint: draft.hint,
      created_at: toStoredTime(clock.now()),
      expires_at: toNullableTime(draft.expiresAt),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  const detail = { name: draft.name, role: draft.role, owner_id: row.owner_id }
  await appendAudit(trx, { action: 'key.create', target: `key:${id}`, detail }, { actor, clock })
  return toKey(row)
}

/** The key that ends takes its row in the audit log along with the one made for it. */
async function replaceKey(
  trx: Transaction<Tables>,
  { id, draft }: { readonly id: KeyId; readonly draft: RotationDraft },
  deps: { readonly actor: Actor; readonly clock: Clock },
): Promise<Rotation<ApiKey>> {
  const { overlapMs, tokenHash, hint } = draft
  const retired = await retireCredential(trx, { table: 'api_keys', id, now: deps.clock.now(), overlapMs })
  if (retired.kind !== 'retired') return retired
  const row = await trx
    .selectFrom('api_keys')
    .selectAll()
    .where('id', '=', retired.id)
    .executeTakeFirstOrThrow()
  const replaced = toKey(row)
  const { ownerId, name, role } = replaced
  const made = await insertKey(
    trx,
    { ownerId, name, role, tokenHash, hint, expiresAt: retired.nextEndsAt },
    deps,
  )
  // The one in the place of a suspended key is no way around that.
  const { suspended_at, suspension_reason, suspension_hides } = row
  if (suspended_at !== null) {
    const suspension = {
      suspended_at: toStoredTime(fromStoredTime(suspended_at)),
      ...{ suspension_reason, suspension_hides },
    }
    await trx.updateTable('api_keys').set(suspension).where('id', '=', made.id).execute()
  }
  const detail = { made: made.id, ends_at: toNullableTime(replaced.expiresAt) }
  await appendAudit(trx, { action: 'key.rotate', target: `key:${replaced.id}`, detail }, deps)
  return { kind: 'rotated', made, replaced }
}

/** Held until the transaction ends: a row that every bootstrap writes, whichever replica it runs on. */
async function takeBootstrapLock(trx: Transaction<Tables>): Promise<void> {
  await sql`insert into counters (name, value) values ('bootstraps', 1)
    on conflict (name) do update set value = counters.value + 1`.execute(trx)
}

/** @param tokenHash the only key that counts; `null` counts all. */
async function hasLiveAdmin(
  trx: Transaction<Tables>,
  now: number,
  tokenHash: string | null,
): Promise<boolean> {
  let query = trx.selectFrom('api_keys').select('id').where('role', '=', 'admin').where(isLive(now)).limit(1)
  if (tokenHash !== null) query = query.where('token_hash', '=', tokenHash)
  return (await query.executeTakeFirst()) !== undefined
}

async function refuseKnownKey(trx: Transaction<Tables>, tokenHash: string): Promise<void> {
  const known = await trx
    .selectFrom('api_keys')
    .select('id')
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst()
  if (known) {
    throw new StorageError(
      'unusable',
      `REGISTRY_ADMIN_KEY is the known key ${known.id}, which is revoked, expired or of another role: set a new one.`,
    )
  }
}

function toKey(row: Selectable<ApiKeysTable>): ApiKey {
  return {
    id: row.id as KeyId,
    ownerId: row.owner_id as OwnerId,
    name: row.name,
    role: fromStoredChoice(row.role, ROLES),
    hint: row.hint,
    createdAt: fromStoredTime(row.created_at),
    expiresAt: fromNullableTime(row.expires_at),
    lastUsedAt: fromNullableTime(row.last_used_at),
    rotatedAt: fromNullableTime(row.rotated_at),
    revokedAt: fromNullableTime(row.revoked_at),
    suspendedAt: fromNullableTime(row.suspended_at),
    suspensionReason: row.suspension_reason,
  }
}
