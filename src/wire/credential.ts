/** Tokens and keys as operators see them: not themselves, but what is known of them. */
import type { Role } from '../domain/principal.ts'

type WireCredential = {
  readonly id: string
  readonly hint: string
  readonly created_at: string | null
  readonly expires_at: string | null
  readonly last_used_at: string | null
  readonly rotated_at: string | null
  readonly revoked_at: string | null
}

export type WireToken = WireCredential & { readonly peer_id: string; readonly scheme: string }

export type WireKey = WireCredential & {
  readonly owner_id: string
  readonly name: string
  readonly role: Role
  readonly suspended_at: string | null
  readonly suspension_reason: string | null
}
