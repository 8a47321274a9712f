/** Invites in the database: known by the hash of their secret, used up in the transaction that makes the peer. */
import { type Selectable, sql, type Transaction } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import {
  type Invite,
  type InviteId,
  type InviteStore,
  type SpentInvite,
  spentInvite,
} from '../domain/invites.ts'
import type { PeerId } from '../domain/peer.ts'
import type { Clock } from '../domain/ports.ts'
import { appendAudit } from './audit.ts'
import { fromNullableTime, fromStoredBoolean, fromStoredTime, toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import { toSharePolicy, toStoredPolicy } from './peer-row.ts'
import { parseUuid } from './stored-text.ts'
import type { FederationInvitesTable, Tables } from './tables.ts'

/** Invites over either engine; making and revoking are transactions with their audit rows. */
export function createInviteStore({ db }: Engine, clock: Clock): InviteStore {
  return {
    create: (draft, actor) =>
      db.transaction().execute(async (trx) => {
        const row = await trx
          .insertInto('federation_invites')
          .values({
            id: uuidv7(),
            secret_hash: draft.secretHash,
            created_by: actor.id,
            created_at: toStoredTime(clock.now()),
            expires_at: toStoredTime(draft.expiresAt),
            auto_accept: draft.isAutoAccepting,
            share_policy: toStoredPolicy(draft.sharePolicy),
          })
          .returningAll()
          .executeTakeFirstOrThrow()
        const detail = { auto_accept: draft.isAutoAccepting }
        await appendAudit(
          trx,
          { action: 'invite.create', target: `invite:${row.id}`, detail },
          { actor, clock },
        )
        return toInvite(row)
      }),
    async list() {
      const all = db.selectFrom('federation_invites').selectAll()
      const rows = await all.orderBy('created_at', 'desc').orderBy('id', 'desc').execute()
      return rows.map(toInvite)
    },
    findByHash: (secretHash) => findByHash(db, secretHash),
    revoke: (id, actor) =>
      db.transaction().execute(async (trx) => {
        const uuid = parseUuid(id)
        if (uuid === undefined) return false
        const now = toStoredTime(clock.now())
        const row = await trx
          .updateTable('federation_invites')
          .set({ revoked_at: now })
          .where('id', '=', uuid)
          .where(isUsable(now))
          .returning('id')
          .executeTakeFirst()
        if (row === undefined) return false
        await appendAudit(trx, { action: 'invite.revoke', target: `invite:${row.id}` }, { actor, clock })
        return true
      }),
    async purge(before) {
      const { numDeletedRows } = await db
        .deleteFrom('federation_invites')
        .where('expires_at', '<', toStoredTime(before))
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },
  }
}

/**
 * Uses an invite up, and holds it until the transaction ends: of any number who try at once one succeeds, if its
 * transaction does.
 */
export async function takeInvite(
  trx: Transaction<Tables>,
  secretHash: string,
  clock: Clock,
): Promise<{ readonly kind: 'taken'; readonly invite: Invite } | SpentInvite> {
  const now = toStoredTime(clock.now())
  const row = await trx
    .updateTable('federation_invites')
    .set({ used_at: now })
    .where('secret_hash', '=', secretHash)
    .where(isUsable(now))
    .returningAll()
    .executeTakeFirst()
  if (row !== undefined) return { kind: 'taken', invite: toInvite(row) }
  return spentInvite(await findByHash(trx, secretHash), clock.now()) ?? { kind: 'invite-unknown' }
}

/** Notes whose invite it was. */
export async function noteInvited(trx: Transaction<Tables>, { id }: Invite, peerId: string): Promise<void> {
  await trx.updateTable('federation_invites').set({ peer_id: peerId }).where('id', '=', id).execute()
}

async function findByHash(db: Engine['db'], secretHash: string): Promise<Invite | undefined> {
  const row = await db
    .selectFrom('federation_invites')
    .selectAll()
    .where('secret_hash', '=', secretHash)
    .executeTakeFirst()
  return row && toInvite(row)
}

function isUsable(now: string) {
  return sql<boolean>`(used_at is null and revoked_at is null and expires_at > ${now})`
}

function toInvite(row: Selectable<FederationInvitesTable>): Invite {
  return {
    id: row.id as InviteId,
    createdBy: row.created_by,
    createdAt: fromStoredTime(row.created_at),
    expiresAt: fromStoredTime(row.expires_at),
    isAutoAccepting: fromStoredBoolean(row.auto_accept),
    sharePolicy: toSharePolicy(row.share_policy),
    usedAt: fromNullableTime(row.used_at),
    peerId: row.peer_id as PeerId | null,
    revokedAt: fromNullableTime(row.revoked_at),
  }
}
