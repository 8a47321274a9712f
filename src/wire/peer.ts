/** Peers as operators see them: no secret is among their members. */
import type { WirePeerQuota } from '../domain/peer-quota.ts'
import type { WireSharePolicy } from '../domain/read-share-policy.ts'

export type WireOfferedKey = {
  readonly public_key: string
  readonly thumbprint: string
  readonly announced: boolean
  readonly seen_at: string | null
}

export type WirePeer = {
  readonly id: string
  readonly name: string
  readonly registry_url: string
  readonly is_active: boolean
  readonly inbound_active: boolean
  readonly protocol: string
  readonly timeout_ms: number | null
  readonly signature_target: string
  readonly signature_scheme: string
  readonly public_key: string | null
  readonly key_thumbprint: string | null
  readonly previous_key_thumbprint: string | null
  readonly offered_key: WireOfferedKey | null
  readonly require_signature: boolean | null
  readonly priority: number
  readonly size_confirmed: boolean
  readonly awaits_confirmation: boolean
  readonly require_mtls: boolean
  readonly client_pins: readonly string[]
  readonly server_pins: readonly string[]
  readonly server_ca: string | null
  readonly client_certificate: string | null
  readonly client_certificate_pin: string | null
  readonly client_certificate_expires_at: string | null
  readonly has_api_key: boolean
  readonly has_signing_secret: boolean
  readonly metadata: Readonly<Record<string, unknown>>
  readonly share_policy: WireSharePolicy | null
  readonly quota: WirePeerQuota | null
  readonly health_status: string
  readonly agent_count: number
  readonly consecutive_failures: number
  readonly response_time_ms: number | null
  readonly clock_skew_seconds: number | null
  readonly error: string | null
  readonly last_health_check: string | null
  readonly last_sync: string | null
  readonly created_at: string | null
  readonly updated_at: string | null
}
