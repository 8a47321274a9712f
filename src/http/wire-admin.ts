/** Peers, tokens and keys as operators see them: no secret is among their members. */

import type { ApiKey } from '../domain/credential-ports.ts'
import type { FederationToken, OfferedKey, Peer } from '../domain/peer.ts'
import { quotaToWire } from '../domain/peer-quota.ts'
import { policyToWire } from '../domain/read-share-policy.ts'
import { thumbprintOfJwk } from '../security/ed25519-key.ts'
import { pinOf } from '../security/peer-tls.ts'
import { parseCertificates } from '../security/server-tls.ts'
import { timeToWire } from '../wire/agent.ts'
import type { WireKey, WireToken } from '../wire/credential.ts'
import type { WireOfferedKey, WirePeer } from '../wire/peer.ts'

export function peerToWire(peer: Peer): WirePeer {
  const { health } = peer
  return {
    id: peer.id,
    name: peer.name,
    registry_url: peer.registryUrl,
    is_active: peer.isActive,
    inbound_active: peer.isInboundActive,
    protocol: peer.protocol,
    timeout_ms: peer.timeoutMs,
    signature_target: peer.signatureTarget,
    signature_scheme: peer.signatureScheme,
    public_key: peer.publicKey,
    key_thumbprint: thumbprintOrNull(peer.publicKey),
    previous_key_thumbprint: thumbprintOrNull(peer.previousPublicKey),
    offered_key: peer.offeredKey && offeredKeyToWire(peer.offeredKey),
    require_signature: peer.requireSignature,
    priority: peer.priority,
    size_confirmed: peer.isSizeConfirmed,
    awaits_confirmation: peer.awaitsConfirmation,
    require_mtls: peer.requireMtls,
    client_pins: peer.clientPins,
    server_pins: peer.serverPins,
    server_ca: peer.serverCa,
    ...ownCertificateToWire(peer.clientCertificate),
    has_api_key: peer.hasApiKey,
    has_signing_secret: peer.hasSigningSecret,
    metadata: peer.metadata,
    share_policy: peer.sharePolicy === null ? null : policyToWire(peer.sharePolicy),
    quota: quotaToWire(peer.quota),
    health_status: health.status,
    agent_count: health.agentCount,
    consecutive_failures: health.consecutiveFailures,
    response_time_ms: health.responseTimeMs,
    clock_skew_seconds: health.clockSkewSeconds,
    error: health.error,
    last_health_check: optionalTime(health.lastCheckAt),
    last_sync: optionalTime(peer.lastSyncAt),
    created_at: timeToWire(peer.createdAt),
    updated_at: timeToWire(peer.updatedAt),
  }
}

/** The pin is what the peer's operator needs of it. */
function ownCertificateToWire(pem: string | null) {
  const own = pem === null ? undefined : parseCertificates(pem)[0]
  return {
    client_certificate: pem,
    client_certificate_pin: own === undefined ? null : pinOf(own),
    client_certificate_expires_at: own === undefined ? null : timeToWire(own.validToDate.getTime()),
  }
}

function offeredKeyToWire({ publicKey, isAnnounced, seenAt }: OfferedKey): WireOfferedKey {
  return {
    public_key: publicKey,
    thumbprint: thumbprintOfJwk(publicKey),
    announced: isAnnounced,
    seen_at: timeToWire(seenAt),
  }
}

function thumbprintOrNull(publicKey: string | null): string | null {
  return publicKey === null ? null : thumbprintOfJwk(publicKey)
}

export function tokenToWire(token: FederationToken): WireToken {
  return {
    id: token.id,
    peer_id: token.peerId,
    scheme: token.scheme,
    hint: token.hint,
    created_at: timeToWire(token.createdAt),
    expires_at: optionalTime(token.expiresAt),
    last_used_at: optionalTime(token.lastUsedAt),
    rotated_at: optionalTime(token.rotatedAt),
    revoked_at: optionalTime(token.revokedAt),
  }
}

export function keyToWire(key: ApiKey): WireKey {
  return {
    id: key.id,
    owner_id: key.ownerId,
    name: key.name,
    role: key.role,
    hint: key.hint,
    created_at: timeToWire(key.createdAt),
    expires_at: optionalTime(key.expiresAt),
    last_used_at: optionalTime(key.lastUsedAt),
    rotated_at: optionalTime(key.rotatedAt),
    revoked_at: optionalTime(key.revokedAt),
    suspended_at: optionalTime(key.suspendedAt),
    suspension_reason: key.suspensionReason,
  }
}

/** @param ms Unix milliseconds. */
export function optionalTime(ms: number | null): string | null {
  return ms === null ? null : timeToWire(ms)
}
