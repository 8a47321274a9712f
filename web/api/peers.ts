/** Peers, as operators see and change them. */
import type { WireSharePolicy } from '../../src/domain/read-share-policy.ts'
import type { WireOfferedKey, WirePeer } from '../../src/wire/peer.ts'
import type { Answer, Api } from './api.ts'

export type Peer = WirePeer
/** `announced`: the key we know it by has signed for this one. */
export type OfferedKey = WireOfferedKey

/** A peer, and what a look at it just now found. */
export type CheckedPeer = Peer & {
  readonly probe?: {
    readonly agent_count?: number
    readonly response_time_ms?: number
    readonly clock_skew_seconds?: number
    readonly problem?: string
  }
}

export type PeerDraft = {
  readonly name: string
  readonly registry_url: string
  readonly api_key?: string
  readonly signing_secret?: string
  readonly share_policy?: WireSharePolicy | null
}

type PeerChange = {
  readonly is_active?: boolean
  readonly inbound_active?: boolean
  readonly public_key?: string
  readonly share_policy?: WireSharePolicy | null
}

type Peers = { readonly peers: readonly Peer[] }

const ROOT = 'federation/peers'

export function listPeers(api: Api, signal?: AbortSignal): Promise<Answer<Peers>> {
  return api.call('GET', ROOT, { signal })
}

export function getPeer(api: Api, id: string, signal?: AbortSignal): Promise<Answer<Peer>> {
  return api.call('GET', pathOf(id), { signal })
}

export function addPeer(api: Api, draft: PeerDraft): Promise<Answer<CheckedPeer>> {
  return api.call('POST', ROOT, { body: draft })
}

export function changePeer(api: Api, id: string, change: PeerChange): Promise<Answer<Peer>> {
  return api.call('PUT', pathOf(id), { body: change })
}

export function removePeer(
  api: Api,
  id: string,
): Promise<Answer<{ readonly revoked_tokens: number; readonly purged_agents: number }>> {
  return api.call('DELETE', pathOf(id))
}

export function checkPeer(api: Api, id: string): Promise<Answer<CheckedPeer>> {
  return api.call('POST', `${pathOf(id)}/check`)
}

export function clearPeerCache(api: Api, id: string): Promise<Answer<{ readonly purged_agents: number }>> {
  return api.call('DELETE', `${pathOf(id)}/cache`)
}

/** Below the address of all peers. */
export function pathOf(id: string): string {
  return `${ROOT}/${encodeURIComponent(id)}`
}
