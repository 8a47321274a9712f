/** Invites, and enrolling a registry as a peer in one step. */
import type { Peer, PeerId, SignatureScheme } from './peer.ts'
import type { Actor } from './principal.ts'
import type { SharePolicy } from './share-policy.ts'

export type InviteId = string & { readonly __brand: 'InviteId' }

/** An invite this registry made. Its secret is shown once and kept as a hash. */
export type Invite = {
  readonly id: InviteId
  /** Who made it, as the audit log names them. */
  readonly createdBy: string
  readonly createdAt: number
  readonly expiresAt: number
  /** The peer may ask, and is asked, without an operator's confirmation. */
  readonly isAutoAccepting: boolean
  /** Of the peer that uses it; `null` leaves it as it is, and is none for a new one. */
  readonly sharePolicy: SharePolicy | null
  readonly usedAt: number | null
  /** Who used it, unless the peer is gone. */
  readonly peerId: PeerId | null
  readonly revokedAt: number | null
}

export type InviteDraft = {
  readonly secretHash: string
  readonly expiresAt: number
  readonly isAutoAccepting: boolean
  readonly sharePolicy: SharePolicy | null
}

export interface InviteStore {
  create(draft: InviteDraft, actor: Actor): Promise<Invite>
  /** Newest first. */
  list(): Promise<Invite[]>
  /** In whatever state. */
  findByHash(secretHash: string): Promise<Invite | undefined>
  /** False when there is none that could still be used. */
  revoke(id: string, actor: Actor): Promise<boolean>
  /** Forgets what expired before `before` (Unix ms); returns how many. */
  purge(before: number): Promise<number>
}

/** What became of an invite that cannot be used. */
export type SpentInvite =
  | { readonly kind: 'invite-unknown' }
  | { readonly kind: 'invite-used' | 'invite-expired' | 'invite-revoked'; readonly at: number }

/** A registry whose key and address have been proved, about to be a peer in both directions. */
export type EnrolledPeer = {
  readonly name: string
  readonly registryUrl: string
  /** As `canonicalJwk` writes it. */
  readonly publicKey: string
  /** The strongest that both know, pinned from now on. */
  readonly signatureScheme: SignatureScheme
  /** The token it gave us. */
  readonly apiKey: string
  /** The token we give it. */
  readonly token: { readonly tokenHash: string; readonly hint: string; readonly hmacSecret: string }
  /** The invite of ours that it uses up; `null` where we use one of its. */
  readonly inviteHash: string | null
  /** What we share with it; left as it is if not given, and none for a new one. */
  readonly sharePolicy?: SharePolicy | null
  /** Whether we ask it and it may ask us, once it is confirmed. */
  readonly isActive: boolean
  readonly isInboundActive: boolean
}

export type EnrolResult =
  /** `isPending`: an operator has to confirm it. */
  | { readonly kind: 'enrolled'; readonly peer: Peer; readonly isPending: boolean }
  /** The address belongs to a peer that is known by another key. */
  | { readonly kind: 'another-key'; readonly peer: Peer }
  | SpentInvite

/** Why an invite cannot be used at `now`; `null` when it can. */
export function spentInvite(invite: Invite | undefined, now: number): SpentInvite | null {
  if (invite === undefined) return { kind: 'invite-unknown' }
  if (invite.usedAt !== null) return { kind: 'invite-used', at: invite.usedAt }
  if (invite.revokedAt !== null) return { kind: 'invite-revoked', at: invite.revokedAt }
  return invite.expiresAt <= now ? { kind: 'invite-expired', at: invite.expiresAt } : null
}
