/** How the federation is, for whoever may read here. */
import type { Answer, Api } from './api.ts'

export type PeerHealth = {
  readonly peer_id: string
  readonly name: string
  readonly is_active: boolean
  readonly status: string
  readonly response_time_ms: number | null
  readonly last_check: string | null
  readonly error?: string
  readonly uptime_24h: number | null
}

type FederationHealth = {
  readonly overall_status: string
  readonly active_peers: number
  readonly total_peers: number
  readonly peers: readonly PeerHealth[]
}

export function getFederationHealth(api: Api, signal?: AbortSignal): Promise<Answer<FederationHealth>> {
  return api.call('GET', 'federation/health', { signal })
}
