/** Sessions of people who signed in to the console with an API key. */
import type { ApiKey } from './credential-ports.ts'
import type { KeyId } from './principal.ts'

export type SessionDraft = {
  readonly keyId: KeyId
  readonly tokenHash: string
  /** Unix ms. */
  readonly expiresAt: number
}

/** A session lends what its key opens, as the key is at that moment, and no longer than the key lives. */
export interface SessionStore {
  /** @param requestId of the request that signs in, for the audit log. */
  begin(draft: SessionDraft, requestId: string): Promise<void>
  /** The key of a live session, if that is live itself (neither revoked nor expired nor suspended). */
  findByHash(tokenHash: string): Promise<{ readonly key: ApiKey; readonly expiresAt: number } | undefined>
  /** False when there is no such session. */
  end(tokenHash: string, requestId: string): Promise<boolean>
  /** Forgets those that ended before `before` (Unix ms); returns how many. */
  purge(before: number): Promise<number>
}
