/** Keys in the database: those people and programs hold, and those this registry gave to its peers. */
import type { OwnerId } from './agent.ts'
import type { FederationToken, Peer, PeerId, TokenScheme } from './peer.ts'
import type { Actor, KeyId, Role, TokenId } from './principal.ts'

export type TokenDraft = {
  readonly peerId: PeerId
  readonly scheme: TokenScheme
  readonly tokenHash: string
  readonly hint: string
  /** What verifies the peer's HMAC signatures: the signing secret, or the token itself for `hmac-token`. */
  readonly hmacSecret: string
  readonly expiresAt: number | null
}

export interface TokenStore {
  create(draft: TokenDraft, actor: Actor): Promise<FederationToken>
  /** A live token (neither revoked nor expired) with its peer and HMAC secret. */
  findByHash(
    tokenHash: string,
  ): Promise<
    { readonly token: FederationToken; readonly peer: Peer; readonly hmacSecret: string } | undefined
  >
  list(): Promise<FederationToken[]>
  /** False when there is no such live token. */
  revoke(id: TokenId, actor: Actor): Promise<boolean>
  /** Notes use; kept to the nearest five minutes to spare writes. */
  touch(id: TokenId): Promise<void>
}

export type ApiKey = {
  readonly id: KeyId
  readonly ownerId: OwnerId
  readonly name: string
  readonly role: Role
  readonly hint: string
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly lastUsedAt: number | null
  readonly revokedAt: number | null
}

export type KeyDraft = {
  readonly name: string
  readonly role: Role
  readonly tokenHash: string
  readonly hint: string
  /** `null` makes a new owner; an existing one's id adds a key to it (rotation). */
  readonly ownerId: OwnerId | null
  readonly expiresAt: number | null
}

export interface KeyStore {
  create(draft: KeyDraft, actor: Actor): Promise<ApiKey>
  /** A live key (neither revoked nor expired). */
  findByHash(tokenHash: string): Promise<ApiKey | undefined>
  list(): Promise<ApiKey[]>
  revoke(id: KeyId, actor: Actor): Promise<boolean>
  touch(id: KeyId): Promise<void>
  /**
   * Creates an admin key if there is none, under one lock for all replicas; with `besideOthers`, if this very key
   * is not there. Undefined when nothing was to be done.
   * @throws StorageError `unusable` when the key is known and no longer valid: it does not come back to life.
   */
  bootstrapAdmin(draft: KeyDraft, options: { readonly besideOthers: boolean }): Promise<ApiKey | undefined>
}
