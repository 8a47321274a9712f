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

/** What came of putting a new credential in the place of one; the replaced one is told as it is from then on. */
export type Rotation<Credential> =
  | { readonly kind: 'rotated'; readonly made: Credential; readonly replaced: Credential }
  /** There is no such live one. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'rotated-already' }

export type RotationDraft = {
  readonly tokenHash: string
  readonly hint: string
  /** How long the replaced one still opens doors, if it does not end sooner. */
  readonly overlapMs: number
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
  /**
   * Puts a new token in the place of a live one, of the same peer and scheme, to live as long as that one was made for.
   * @param draft with the HMAC secret for each scheme the replaced one may have.
   */
  rotate(
    id: TokenId,
    draft: RotationDraft & { readonly hmacSecrets: Readonly<Record<TokenScheme, string>> },
    actor: Actor,
  ): Promise<Rotation<FederationToken>>
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
  /** When another was made in its place; it still opens doors until `expiresAt`. */
  readonly rotatedAt: number | null
  readonly revokedAt: number | null
  /** It opens nothing until it is resumed; Unix ms. */
  readonly suspendedAt: number | null
  readonly suspensionReason: string | null
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
  /** A live key (neither revoked nor expired nor suspended). */
  findByHash(tokenHash: string): Promise<ApiKey | undefined>
  list(): Promise<ApiKey[]>
  revoke(id: KeyId, actor: Actor): Promise<boolean>
  /** Puts a new key in the place of a live one, of the same owner, name and role, to live as long as that one was made for. */
  rotate(id: KeyId, draft: RotationDraft, actor: Actor): Promise<Rotation<ApiKey>>
  touch(id: KeyId): Promise<void>
  /**
   * Creates an admin key if there is none, under one lock for all replicas; with `besideOthers`, if this very key
   * is not there. Undefined when nothing was to be done.
   * @throws StorageError `unusable` when the key is known and no longer valid: it does not come back to life.
   */
  bootstrapAdmin(draft: KeyDraft, options: { readonly besideOthers: boolean }): Promise<ApiKey | undefined>
}
