/**
 * Federation tokens in the database: the keys this registry gave to its peers.
 *
 * A token is kept as its SHA-256 only. The secret that checks its holder's HMAC signatures is needed whole, so
 * it is kept sealed for its row.
 */
import type { Selectable, Transaction } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import type { Rotation, TokenDraft, TokenStore } from '../domain/credential-ports.ts'
import { type FederationToken, type PeerId, TOKEN_SCHEMES } from '../domain/peer.ts'
import type { Clock } from '../domain/ports.ts'
import type { Actor, TokenId } from '../domain/principal.ts'
import type { SealContext, SecretBox } from '../domain/secrets.ts'
import { appendAudit } from './audit.ts'
import { fromNullableTime, fromStoredTime, toNullableTime, toStoredTime } from './codec.ts'
import { isLive, retireCredential, revokeCredential, touchCredential } from './credential-row.ts'
import type { Engine } from './engine.ts'
import { toPeer } from './peer-row.ts'
import { fromStoredChoice } from './stored-text.ts'
import type { FederationTokensTable, Tables } from './tables.ts'

type Deps = { readonly secretBox: SecretBox; readonly clock: Clock }

/** Tokens over either engine; every change is one transaction with its audit row. `create` throws without its peer. */
export function createTokenStore(engine: Engine, { secretBox, clock }: Deps): TokenStore {
  const { db } = engine
  return {
    create: (draft, actor) =>
      db.transaction().execute((trx) => insertToken(trx, draft, { secretBox, clock, actor })),
    async findByHash(tokenHash) {
      const row = await db
        .selectFrom('federation_tokens as token')
        .innerJoin('federation_peers as peer', 'peer.id', 'token.peer_id')
        .selectAll('peer')
        .select(['token.id as token_id', 'token.created_at as token_created_at', 'peer_id', 'scheme', 'hint'])
        .select(['hmac_secret', 'expires_at', 'last_used_at', 'rotated_at', 'revoked_at'])
        .where('token_hash', '=', tokenHash)
        .where(isLive(clock.now()))
        .executeTakeFirst()
      if (row === undefined) return undefined
      return {
        token: toToken({ ...row, id: row.token_id, created_at: row.token_created_at }),
        peer: toPeer(row),
        hmacSecret: secretBox.open(row.hmac_secret, placeOf(row.token_id)),
      }
    },
    async list() {
      const all = db.selectFrom('federation_tokens').selectAll()
      const rows = await all.orderBy('created_at').orderBy('id').execute()
      return rows.map(toToken)
    },
    revoke: (id, actor) =>
      db.transaction().execute(async (trx) => {
        const revoked = await revokeCredential(trx, { table: 'federation_tokens', id, now: clock.now() })
        if (revoked === undefined) return false
        await appendAudit(trx, { action: 'token.revoke', target: `token:${revoked}` }, { actor, clock })
        return true
      }),
    rotate: (id, draft, actor) =>
      db.transaction().execute((trx) => replaceToken(trx, { id, draft }, { secretBox, clock, actor })),
    touch: (id) => touchCredential(db, { table: 'federation_tokens', id, now: clock.now() }),
  }
}

/** Adds a token, and its row to the audit log. */
export async function insertToken(
  trx: Transaction<Tables>,
  draft: TokenDraft,
  { secretBox, clock, actor }: Deps & { readonly actor: Actor },
): Promise<FederationToken> {
  const id = uuidv7()
  const row = await trx
    .insertInto('federation_tokens')
    .values({
      id,
      peer_id: draft.peerId,
      scheme: draft.scheme,
      token_hash: draft.tokenHash,
      hint: draft.hint,
      hmac_secret: secretBox.seal(draft.hmacSecret, placeOf(id)),
      created_at: toStoredTime(clock.now()),
      expires_at: toNullableTime(draft.expiresAt),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  const detail = { peer_id: draft.peerId, scheme: draft.scheme }
  await appendAudit(trx, { action: 'token.create', target: `token:${id}`, detail }, { actor, clock })
  return toToken(row)
}

/** The token that ends takes its row in the audit log along with the one made for it. */
async function replaceToken(
  trx: Transaction<Tables>,
  { id, draft }: { readonly id: TokenId; readonly draft: Parameters<TokenStore['rotate']>[1] },
  deps: Deps & { readonly actor: Actor },
): Promise<Rotation<FederationToken>> {
  const { overlapMs, hmacSecrets, tokenHash, hint } = draft
  const at = { table: 'federation_tokens', id, now: deps.clock.now(), overlapMs } as const
  const retired = await retireCredential(trx, at)
  if (retired.kind !== 'retired') return retired
  const row = await trx
    .selectFrom('federation_tokens')
    .selectAll()
    .where('id', '=', retired.id)
    .executeTakeFirstOrThrow()
  const replaced = toToken(row)
  const { peerId, scheme } = replaced
  const next = { peerId, scheme, tokenHash, hint, hmacSecret: hmacSecrets[scheme] }
  const made = await insertToken(trx, { ...next, expiresAt: retired.nextEndsAt }, deps)
  const detail = { peer_id: peerId, made: made.id, ends_at: toNullableTime(replaced.expiresAt) }
  await appendAudit(trx, { action: 'token.rotate', target: `token:${replaced.id}`, detail }, deps)
  return { kind: 'rotated', made, replaced }
}

function placeOf(id: string): SealContext {
  return { table: 'federation_tokens', id, column: 'hmac_secret' }
}

function toToken(
  row: Omit<Selectable<FederationTokensTable>, 'token_hash' | 'hmac_secret'>,
): FederationToken {
  return {
    id: row.id as TokenId,
    peerId: row.peer_id as PeerId,
    scheme: fromStoredChoice(row.scheme, TOKEN_SCHEMES),
    hint: row.hint,
    createdAt: fromStoredTime(row.created_at),
    expiresAt: fromNullableTime(row.expires_at),
    lastUsedAt: fromNullableTime(row.last_used_at),
    rotatedAt: fromNullableTime(row.rotated_at),
    revokedAt: fromNullableTime(row.revoked_at),
  }
}
