/** Who is asking, and what they may see. */
import type { OwnerId } from './agent.ts'
import type { PeerView } from './federation-ports.ts'
import type { PeerId } from './peer.ts'
import type { ShareRule } from './share-policy.ts'

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

/** A peer whose token was recognised. */
export type PeerCaller = {
  readonly kind: 'peer'
  readonly peerId: PeerId
  readonly tokenId: TokenId
  readonly name: string
}

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
  /** What it may see is read with this very request. */
  | (PeerCaller & { readonly view: PeerView })

/** Whom a request counts for. */
export type Caller = Exclude<Principal, PeerCaller> | PeerCaller

/**
 * Which records an asker may see.
 *
 * `widest` names the widest class of other people's records: `public` (anyone), `federated` (peers),
 * `local` (key holders), `all` (admins, disabled and private records included). `ownerId` adds the
 * asker's own records whatever their visibility or status. `share` narrows the federated records of a peer.
 */
export type Scope = {
  readonly widest: 'public' | 'federated' | 'local' | 'all'
  readonly ownerId: OwnerId | null
  /** Of peers with a share policy only. */
  readonly share?: ShareRule
}

export const PUBLIC_SCOPE: Scope = { widest: 'public', ownerId: null }
/** Whatever is here. */
export const ALL_SCOPE: Scope = { widest: 'all', ownerId: null }
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
      return scopeOfPeer(principal.peerId, principal.view)
    case 'key':
      return principal.role === 'admin'
        ? { widest: 'all', ownerId: principal.ownerId }
        : { widest: 'local', ownerId: principal.ownerId }
  }
}

/** What a peer sees of the records here, by its policy as of then. */
export function scopeOfPeer(
  peerId: PeerId,
  { policy, shareRevision: revision }: Pick<PeerView, 'policy' | 'shareRevision'>,
): Scope {
  return policy === null ? FEDERATED_SCOPE : { ...FEDERATED_SCOPE, share: { peerId, revision, policy } }
}

/** Peers and callers without a key: what they see is masked. */
export function isOutside({ widest }: Scope): boolean {
  return widest === 'public' || widest === 'federated'
}

/** A scope in one string, for cache keys and cursors. */
export function scopeKey({ widest, ownerId, share }: Scope): string {
  if (share !== undefined) return `${widest}/${share.peerId}.${share.revision}`
  return ownerId === null ? widest : `${widest}+${ownerId}`
}
