/** Keys and federation tokens as the API tells them. */
import type { WireKey, WireToken } from '../../../src/wire/credential.ts'

export type ApiKey = WireKey
export type FederationToken = WireToken

/** What is shown this once. */
export type MadeKey = ApiKey & { readonly key: string }
export type MadeToken = FederationToken & {
  readonly token: string
  readonly signing_secret: string | null
}
/** Of a rotation: the one replaced is good until then. */
export type Replacing = { readonly replaces: string; readonly replaced_ends_at: string | null }
