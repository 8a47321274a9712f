/** A row of `federation_peers` as the peer the domain knows, and back. */
import type { Insertable, Selectable, Updateable } from 'kysely'
import {
  type OfferedKey,
  PEER_HEALTH_STATUSES,
  type Peer,
  type PeerHealth,
  type PeerId,
  SIGNATURE_SCHEMES,
} from '../domain/peer.ts'
import type { PeerQuota } from '../domain/peer-quota.ts'
import type { PeerDraft } from '../domain/ports.ts'
import { getStoredPolicy, policyToWire } from '../domain/read-share-policy.ts'
import type { SharePolicy } from '../domain/share-policy.ts'
import {
  fromNullableTime,
  fromStoredBoolean,
  fromStoredJson,
  fromStoredTime,
  toNullableTime,
} from './codec.ts'
import { fromStoredChoice } from './stored-text.ts'
import type { FederationPeersTable } from './tables.ts'

export type PeerRow = Selectable<FederationPeersTable>

/** What an operator says about a peer, secrets excepted. */
export type PlainPeer = Omit<PeerDraft, 'apiKey' | 'signingSecret' | 'clientKey'>

type PlainColumn =
  | 'name'
  | 'name_key'
  | 'registry_url'
  | 'is_active'
  | 'inbound_active'
  | 'protocol'
  | 'timeout_ms'
  | 'public_key'
  | 'signature_scheme'
  | 'signature_target'
  | 'require_signature'
  | 'priority'
  | 'size_confirmed'
  | 'awaits_confirmation'
  | 'require_mtls'
  | 'client_pins'
  | 'server_pins'
  | 'server_ca'
  | 'client_certificate'
  | 'metadata'
  | 'share_policy'
  | 'quota_queries'
  | 'quota_results'
  | 'quota_bytes'

type HealthColumn =
  | 'health_status'
  | 'consecutive_failures'
  | 'consecutive_successes'
  | 'response_time_ms'
  | 'health_error'
  | 'last_health_check'
  | 'agent_count'
  | 'clock_skew_seconds'

/** Largest value of a 32-bit column: what a peer claims about itself may be larger. */
const MAX_INTEGER = 2_147_483_647

/** The peer without its secrets: whether they exist is all it tells. */
export function toPeer(row: PeerRow): Peer {
  return {
    id: row.id as PeerId,
    name: row.name,
    registryUrl: row.registry_url,
    isActive: fromStoredBoolean(row.is_active),
    isInboundActive: fromStoredBoolean(row.inbound_active),
    protocol: row.protocol,
    timeoutMs: row.timeout_ms,
    publicKey: row.public_key,
    previousPublicKey: row.previous_public_key,
    offeredKey: toOfferedKey(row),
    signatureScheme: fromStoredChoice(row.signature_scheme, SIGNATURE_SCHEMES),
    signatureTarget: fromStoredChoice(row.signature_target, ['path-and-query', 'path']),
    requireSignature: row.require_signature === null ? null : fromStoredBoolean(row.require_signature),
    priority: row.priority,
    isSizeConfirmed: fromStoredBoolean(row.size_confirmed),
    awaitsConfirmation: fromStoredBoolean(row.awaits_confirmation),
    requireMtls: fromStoredBoolean(row.require_mtls),
    clientPins: row.client_pins.split(' ').filter(Boolean),
    serverPins: row.server_pins.split(' ').filter(Boolean),
    serverCa: row.server_ca,
    clientCertificate: row.client_certificate,
    hasApiKey: row.api_key !== null,
    hasSigningSecret: row.signing_secret !== null,
    metadata: toMetadata(fromStoredJson(row.metadata)),
    sharePolicy: toSharePolicy(row.share_policy),
    quota: toQuota(row),
    epoch: row.epoch,
    health: toHealth(row),
    lastSyncAt: fromNullableTime(row.last_sync),
    staleBefore: fromNullableTime(row.stale_before),
    sync: { position: row.sync_position, epoch: row.sync_epoch },
    createdAt: fromStoredTime(row.created_at),
    updatedAt: fromStoredTime(row.updated_at),
  }
}

/** The columns of what is plain; secrets are sealed for their row first and so are not here. */
export function toPlainColumns(peer: PlainPeer): Pick<Insertable<FederationPeersTable>, PlainColumn> {
  return {
    name: peer.name,
    name_key: toNameKey(peer.name),
    registry_url: peer.registryUrl,
    is_active: peer.isActive,
    inbound_active: peer.isInboundActive,
    protocol: peer.protocol,
    timeout_ms: peer.timeoutMs,
    public_key: peer.publicKey,
    signature_scheme: peer.signatureScheme,
    signature_target: peer.signatureTarget,
    require_signature: peer.requireSignature,
    priority: peer.priority,
    size_confirmed: peer.isSizeConfirmed ?? false,
    awaits_confirmation: peer.awaitsConfirmation ?? false,
    require_mtls: peer.requireMtls ?? false,
    client_pins: (peer.clientPins ?? []).join(' '),
    server_pins: (peer.serverPins ?? []).join(' '),
    server_ca: peer.serverCa ?? null,
    client_certificate: peer.clientCertificate ?? null,
    metadata: JSON.stringify(peer.metadata),
    share_policy: toStoredPolicy(peer.sharePolicy),
    quota_queries: peer.quota?.queries ?? null,
    quota_results: peer.quota?.results ?? null,
    quota_bytes: peer.quota?.bytes ?? null,
  }
}

export function toQuota(
  row: Pick<PeerRow, 'quota_queries' | 'quota_results' | 'quota_bytes'>,
): PeerQuota | null {
  const { quota_queries: queries, quota_results: results, quota_bytes: bytes } = row
  return queries === null && results === null && bytes === null ? null : { queries, results, bytes }
}

/** @throws TypeError for one that cannot be read: what it would keep back must not be shared. */
export function toStoredPolicy(policy: SharePolicy | null): string | null {
  return policy === null ? null : JSON.stringify(policyToWire(policy))
}

export function toSharePolicy(stored: unknown): SharePolicy | null {
  const value = fromStoredJson(stored)
  return value === null ? null : getStoredPolicy(value)
}

export const HEALTH_COLUMNS: readonly HealthColumn[] = [
  'health_status',
  'consecutive_failures',
  'consecutive_successes',
  'response_time_ms',
  'health_error',
  'last_health_check',
  'agent_count',
  'clock_skew_seconds',
]

export function toHealthColumns(health: PeerHealth): Updateable<FederationPeersTable> {
  const kept = toKeptHealth(health)
  return {
    health_status: kept.status,
    consecutive_failures: kept.consecutiveFailures,
    consecutive_successes: kept.consecutiveSuccesses,
    response_time_ms: kept.responseTimeMs,
    health_error: kept.error,
    last_health_check: toNullableTime(kept.lastCheckAt),
    agent_count: kept.agentCount,
    clock_skew_seconds: kept.clockSkewSeconds,
  }
}

/** Health as its columns can hold it: what a peer made up may be neither whole nor of a sane size. */
export function toKeptHealth(health: PeerHealth): PeerHealth {
  return {
    ...health,
    responseTimeMs: toNullableInteger(health.responseTimeMs),
    agentCount: toInteger(health.agentCount),
    clockSkewSeconds: toNullableInteger(health.clockSkewSeconds),
  }
}

/** What makes a peer's name unique: the same letters in another case or composition are the same name. */
export function toNameKey(name: string): string {
  return name.normalize('NFKC').toLowerCase()
}

export function toHealth(row: Pick<PeerRow, HealthColumn>): PeerHealth {
  return {
    status: fromStoredChoice(row.health_status, PEER_HEALTH_STATUSES),
    consecutiveFailures: row.consecutive_failures,
    consecutiveSuccesses: row.consecutive_successes,
    responseTimeMs: row.response_time_ms,
    error: row.health_error,
    lastCheckAt: fromNullableTime(row.last_health_check),
    agentCount: row.agent_count,
    clockSkewSeconds: row.clock_skew_seconds,
  }
}

function toOfferedKey(row: PeerRow): OfferedKey | null {
  if (row.offered_public_key === null) return null
  return {
    publicKey: row.offered_public_key,
    isAnnounced: fromStoredBoolean(row.offered_is_announced),
    seenAt: fromStoredTime(row.offered_at),
  }
}

function toMetadata(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new TypeError("a peer's metadata is no object")
  return { ...value }
}

function toNullableInteger(value: number | null): number | null {
  return value === null ? null : toInteger(value)
}

function toInteger(value: number): number {
  return Math.max(-MAX_INTEGER, Math.min(MAX_INTEGER, Math.round(value)))
}
