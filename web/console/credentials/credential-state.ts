/** What a key or a token is good for just now. */
import { assertNever } from '../forms/assert-never.ts'
import type { Choice } from '../forms/fields.tsx'

/** The members that keys and tokens have in common. */
export type Credential = {
  readonly created_at: string | null
  readonly expires_at: string | null
  readonly last_used_at: string | null
  readonly rotated_at: string | null
  readonly revoked_at: string | null
  readonly suspended_at?: string | null
}

/**
 * `replaced`: another was made in its place, and it is good until it expires. `ending`: it expires soon and nothing
 * takes its place yet.
 */
export type CredentialState = 'live' | 'ending' | 'replaced' | 'suspended' | 'expired' | 'revoked'

/** Time enough to reach whoever holds it. */
const SOON_MS = 7 * 86_400_000

/** @param now Unix ms. */
export function stateOf(credential: Credential, now: number): CredentialState {
  const { revoked_at: revoked, suspended_at: suspended, rotated_at: rotated } = credential
  const expiresAt = credential.expires_at === null ? null : Date.parse(credential.expires_at)
  if (revoked !== null) return 'revoked'
  if (expiresAt !== null && expiresAt <= now) return 'expired'
  if (suspended !== null && suspended !== undefined) return 'suspended'
  if (rotated !== null) return 'replaced'
  return expiresAt !== null && expiresAt - now <= SOON_MS ? 'ending' : 'live'
}

/** Whether it still opens anything, or would once it is resumed. */
export function isInUse(state: CredentialState): boolean {
  return state !== 'revoked' && state !== 'expired'
}

/** The state in a word or two, for people. */
export function describeState(state: CredentialState): string {
  switch (state) {
    case 'live':
      return 'live'
    case 'ending':
      return 'ends soon'
    case 'replaced':
      return 'replaced'
    case 'suspended':
      return 'suspended'
    case 'expired':
      return 'expired'
    case 'revoked':
      return 'revoked'
    default:
      return assertNever(state)
  }
}

/** Those in use first, newest first among them: lists of all that ever was grow long. */
export function byUse<T extends Credential>(credentials: readonly T[], now: number): T[] {
  const place = (one: T): number => (isInUse(stateOf(one, now)) ? 0 : 1)
  return [...credentials].sort(
    (a, b) => place(a) - place(b) || (b.created_at ?? '').localeCompare(a.created_at ?? ''),
  )
}

/** Choices of how long a new one is good, in seconds; empty for no end. */
export const LIFETIMES: readonly Choice[] = [
  { label: 'no end', value: '' },
  { label: '1 day', value: String(86_400) },
  { label: '30 days', value: String(30 * 86_400) },
  { label: '90 days', value: String(90 * 86_400) },
  { label: '1 year', value: String(365 * 86_400) },
]

/** Choices of how long a replaced one still opens doors, in seconds. */
export const OVERLAPS: readonly Choice[] = [
  { label: '1 day: whoever holds it has time to change', value: String(86_400) },
  { label: '1 hour', value: String(3_600) },
  { label: '7 days', value: String(7 * 86_400) },
  { label: 'none: the old one ends now', value: '0' },
]
