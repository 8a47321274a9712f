/** Who is asking, and what they may see. */
import type { OwnerId } from './agent.ts'
import type { PeerId } from './peer.ts'

export type KeyId = string & { readonly __brand: 'KeyId' }
export type TokenId = string & { readonly __brand: 'TokenId' }

/** Roles of API keys. `auditor` reads the audit log and what a viewer reads, nothing else. */
export type Role = 'viewer' | 'publisher' | 'operator' | 'federation-admin' | 'admin' | 'auditor'
export const ROLES: readonly Role[] = [
  'viewer',
  'publisher',
  'operator',
  'federation-admin',
  'admin',
  'auditor',
]

/** The party a request comes from, after authentication. */
export type Principal =
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'key'
      readonly keyId: KeyId
      readonly ownerId: OwnerId
      readonly role: Role
      readonly name: string
    }
  | { readonly kind: 'peer'; readonly peerId: PeerId; readonly tokenId: TokenId; readonly name: string }

/**
 * Which records an asker may see.
 *
 * `widest` names the widest class of other people's records: `public` (anyone), `federated` (peers),
 * `local` (key holders), `all` (admins, disabled and private records included). `ownerId` adds the
 * asker's own records whatever their visibility or status.
 */
export type Scope = {
  readonly widest: 'public' | 'federated' | 'local' | 'all'
  readonly ownerId: OwnerId | null
}

export const PUBLIC_SCOPE: Scope = { widest: 'public', ownerId: null }
export const FEDERATED_SCOPE: Scope = { widest: 'federated', ownerId: null }

/** Who made an administrative change, for the audit log. */
export type Actor = {
  /** `key:<id>`, `peer:<id>`, `bootstrap` or `system`. */
  readonly id: string
  readonly requestId: string | null
}

/** The registry by itself. */
export const SYSTEM_ACTOR: Actor = { id: 'system', requestId: null }

/** What a principal sees of the records here. A caller without credentials never sees more than one with. */
export function scopeOf(principal: Principal): Scope {
  switch (principal.kind) {
    case 'anonymous':
      return PUBLIC_SCOPE
    case 'peer':
      return FEDERATED_SCOPE
    case 'key':
      return principal.role === 'admin'
        ? { widest: 'all', ownerId: principal.ownerId }
        : { widest: 'local', ownerId: principal.ownerId }
  }
}

/** A scope in one string, for cache keys and cursors. */
export function scopeKey(scope: Scope): string {
  return scope.ownerId === null ? scope.widest : `${scope.widest}+${scope.ownerId}`
}
