/** This registry's own signing keys: what its peers know it by, whatever its address. */
import type { Actor } from './principal.ts'

/** An Ed25519 key pair; both halves are 32 bytes in base64url, as a JWK has them (RFC 8037). */
export type IdentityKeyPair = {
  /** RFC 7638 thumbprint of the public key, by which signatures name it. */
  readonly thumbprint: string
  readonly x: string
  readonly d: string
}

export type IdentityKey = IdentityKeyPair & {
  readonly createdAt: number
  /** It signs from then on, until a younger key does; Unix ms. */
  readonly signsFrom: number
  /** Peers are shown it until then; `null` while nothing is to follow it. */
  readonly publishedUntil: number | null
}

export type Rotation = {
  /**
   * How long the key in use goes on signing while its successor is already shown; for as long again both are shown.
   * 0 ends every other key at once.
   */
  readonly overlapMs: number
}

/** Signing keys in the database, one set for all replicas. */
export interface IdentityStore {
  /** Whether any key is kept, without opening one. */
  hasKeys(): Promise<boolean>
  /** Keeps `first` unless there is a key already, under one lock for all replicas. */
  ensureFirst(first: IdentityKeyPair): Promise<void>
  /** The keys that are shown now, the youngest first. @throws when one does not open. */
  list(): Promise<IdentityKey[]>
  /** `pending`: an earlier successor does not sign yet, and peers may be trusting it just now. */
  rotate(next: IdentityKeyPair, rotation: Rotation, actor: Actor): Promise<'rotated' | 'pending'>
  /** Removes keys that are not shown any more; returns how many. */
  purge(now: number): Promise<number>
}

/** The key that signs at `now`. */
export function findSigningKey(keys: readonly IdentityKey[], now: number): IdentityKey | undefined {
  return keys
    .filter(({ signsFrom }) => signsFrom <= now)
    .reduce<IdentityKey | undefined>(
      (latest, key) => (latest === undefined || key.signsFrom > latest.signsFrom ? key : latest),
      undefined,
    )
}
