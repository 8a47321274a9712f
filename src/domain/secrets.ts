/** Secrets at rest: sealed for one place in the database with a key of the ring. */
import type { Actor } from './principal.ts'

/** Where a sealed value lives; it opens nowhere else. */
export type SealContext = { readonly table: string; readonly id: string; readonly column: string }

/** Seals and opens secrets with the keys of one ring. */
export interface SecretBox {
  /** Names of the ring's keys; the first seals, all open. Never empty. */
  readonly kids: readonly [string, ...string[]]
  /** Seals a text for one place; the result is ASCII without spaces. */
  seal(plain: string, context: SealContext): string
  /** @throws SecretBoxError when the value is damaged, sealed for another place, or its key is not in the ring. */
  open(sealed: string, context: SealContext): string
  /** The same secret under the ring's first key; unchanged when it already is. Throws like `open`. */
  rewrap(sealed: string, context: SealContext): string
  /** Name of the key a sealed value needs, without opening it; `undefined` when it is not a sealed value. */
  kidOf(sealed: string): string | undefined
}

/** Why a sealed value does not open. */
export type UnreadableReason = 'malformed' | 'unknown-key' | 'tampered'

/** A sealed value that does not open; the message names key and place, never content. */
export class SecretBoxError extends Error {
  override readonly name = 'SecretBoxError'
  readonly reason: UnreadableReason

  constructor(reason: UnreadableReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

export type KeyUse = { readonly kid: string; readonly secrets: number; readonly isInRing: boolean }

export type UnreadableSecret = SealContext & { readonly reason: UnreadableReason }

export type SecretSurvey = {
  /** The ring's keys in their order, then keys that secrets need and the ring has not. */
  readonly keys: readonly KeyUse[]
  readonly unreadable: readonly UnreadableSecret[]
}

/** All sealed secrets of the database, whatever they are for. */
export interface SecretStore {
  /** Whether there are any. */
  hasAny(): Promise<boolean>
  /**
   * Makes sure that the ring is the one that sealed what is here. One secret that does not open is no reason to
   * refuse: it spoils its peer alone.
   * @throws StorageError `unusable` when a key that secrets need is missing, or is another key of the same name.
   */
  checkRing(): Promise<void>
  /** Opens every secret. */
  survey(): Promise<SecretSurvey>
  /**
   * Brings every secret under the ring's first key, a batch at a time, each batch one transaction with its audit row.
   * Killed, it goes on where it was; what does not open is left as it is.
   * @param onBatch told how many secrets were brought over so far.
   */
  rewrap(
    actor: Actor,
    onBatch?: (rewrapped: number) => void,
  ): Promise<{ readonly rewrapped: number; readonly unreadable: readonly UnreadableSecret[] }>
}
