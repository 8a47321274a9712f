/** Keys and federation tokens as the API tells them. */
import type { Role } from '../../../src/domain/principal.ts'
import type { Credential } from './credential-state.ts'

type Told = Credential & { readonly id: string; readonly hint: string }

export type ApiKey = Told & {
  readonly owner_id: string
  readonly name: string
  readonly role: Role
  readonly suspended_at: string | null
  readonly suspension_reason: string | null
}

export type FederationToken = Told & { readonly peer_id: string; readonly scheme: string }

/** What is shown this once. */
export type MadeKey = ApiKey & { readonly key: string }
export type MadeToken = FederationToken & {
  readonly token: string
  readonly signing_secret: string | null
}
/** Of a rotation: the one replaced is good until then. */
export type Replacing = { readonly replaces: string; readonly replaced_ends_at: string | null }
