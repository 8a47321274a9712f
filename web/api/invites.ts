/** Becoming peers by one line that one operator sends to the other. */

import type { WireSharePolicy } from '../../src/domain/read-share-policy.ts'
import type { Answer, Api } from './api.ts'
import { type CheckedPeer, pathOf } from './peers.ts'

export type Invite = {
  readonly id: string
  readonly state: 'open' | 'used' | 'expired' | 'revoked'
  readonly auto_accept: boolean
  readonly share_policy: WireSharePolicy | null
  readonly created_by: string
  readonly created_at: string
  readonly expires_at: string
  readonly used_at: string | null
  /** The peer that used it. */
  readonly peer_id: string | null
}

/** As it is told once, when it is made. */
export type NewInvite = Invite & {
  /** The line for the other operator. */
  readonly invite: string
  readonly key_thumbprint: string
}

/** What passes in each direction, and what is shared. */
export type PeerChoice = {
  readonly is_active?: boolean
  readonly inbound_active?: boolean
  readonly share_policy?: WireSharePolicy | null
}

export type AcceptedInvite = CheckedPeer & {
  /** `pending` while its operator has to confirm us. */
  readonly state: 'active' | 'pending'
  readonly key_thumbprint: string
  readonly own_key_thumbprint: string
}

export function listInvites(
  api: Api,
  signal?: AbortSignal,
): Promise<Answer<{ readonly invites: readonly Invite[] }>> {
  return api.call('GET', 'federation/invites', { signal })
}

export function makeInvite(
  api: Api,
  wanted: {
    readonly auto_accept: boolean
    readonly expires_in: number
    readonly share_policy: WireSharePolicy | null
  },
): Promise<Answer<NewInvite>> {
  return api.call('POST', 'federation/invites', { body: wanted })
}

export function revokeInvite(api: Api, id: string): Promise<Answer<null>> {
  return api.call('DELETE', `federation/invites/${encodeURIComponent(id)}`)
}

export function acceptInvite(
  api: Api,
  wanted: { readonly invite: string; readonly name?: string } & PeerChoice,
): Promise<Answer<AcceptedInvite>> {
  return api.call('POST', 'federation/invites/accept', { body: wanted })
}

export function confirmPeer(
  api: Api,
  id: string,
  wanted: { readonly key_thumbprint: string } & PeerChoice,
): Promise<Answer<CheckedPeer>> {
  return api.call('POST', `${pathOf(id)}/confirm`, { body: wanted })
}

/** What an invite says of itself, before anything is sent. */
export type InviteContent = {
  readonly registryUrl: string
  readonly keyThumbprint: string
  /** Unix ms. */
  readonly expiresAt: number
}

/**
 * Reads the line, which may have been broken on its way, so that whoever pastes it sees whom it is from before the registries speak.
 * @returns null for what is no invite. @see FEDERATION.md, enrolment
 */
export function readInvite(line: string): InviteContent | null {
  const body = /^avp_([A-Za-z0-9_-]+)$/.exec(line.replaceAll(/\s/g, ''))?.[1]
  if (body === undefined) return null
  try {
    const bytes = Uint8Array.from(atob(body.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
      char.charCodeAt(0),
    )
    const said: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return contentOf(said)
  } catch {
    // Not base64, not UTF-8 or not JSON: not an invite.
    return null
  }
}

function contentOf(said: unknown): InviteContent | null {
  if (typeof said !== 'object' || said === null) return null
  const { registry_url, key_thumbprint, exp }: Record<string, unknown> = { ...said }
  if (typeof registry_url !== 'string' || typeof key_thumbprint !== 'string') return null
  if (typeof exp !== 'number' || !URL.canParse(registry_url)) return null
  return { registryUrl: registry_url, keyThumbprint: key_thumbprint, expiresAt: exp * 1000 }
}
