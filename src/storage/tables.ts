/** The tables as both engines have them. What a column's value looks like in JavaScript is in `codec.ts`. */
import type { Generated } from 'kysely'

/** RFC 3339 text in SQLite, `timestamptz` (read as a `Date`) in PostgreSQL; written as RFC 3339 text to both. */
export type StoredTime = string | Date
/** JSON text in SQLite, `jsonb` (read parsed) in PostgreSQL; written as text to both. */
export type StoredJson = unknown
/** 0 or 1 in SQLite, a boolean in PostgreSQL; written as a boolean to both. */
export type StoredBoolean = boolean | number

export type AgentsTable = {
  /** Short key of a record in the index; grows with creation. */
  ordinal: Generated<number>
  id: string
  did: string
  claimed_did: string | null
  owner_id: string
  name: string
  description: string
  agent_type: string
  version: string | null
  status: string
  status_message: string | null
  successor_did: string | null
  visibility: string
  /** Who may see it, status included: see `audiences`. */
  audience_id: number
  tags: StoredJson
  skills: StoredJson
  endpoints: StoredJson
  provider: StoredJson
  /** The provider's organization without case, for the filter. */
  provider_key: string | null
  auth_schemes: StoredJson
  share_card: StoredBoolean
  explicit_fields: StoredJson
  card_format: string | null
  card_sha256: string | null
  /** What an import line without an id is matched by, within one owner. */
  match_key: string
  created_at: StoredTime
  updated_at: StoredTime
  seq: number
  /** Why it is seen by its owner and admins only; null when nothing is against it. */
  withheld: StoredJson
}

export type AgentCardsTable = {
  agent_ordinal: number
  media_type: string
  bytes: Uint8Array
}

export type AgentTagsTable = { tag: string; agent_ordinal: number }

export type AgentTombstonesTable = {
  id: string
  did: string
  owner_id: string
  audience_id: number
  deleted_at: StoredTime
  reason: string | null
  seq: number
}

/** Who lost sight of a record that lives on: readers of the public (0), federated (1) or local (2) records. */
export type AgentWithdrawalsTable = {
  id: string
  audience_id: number
  did: string
  owner_id: string
  withdrawn_at: StoredTime
  /** The change by which they lost it. */
  seq: number
}

/** Records that a peer with a share policy could see and no longer can, also those deleted since. */
export type ShareWithdrawalsTable = {
  peer_id: string
  id: string
  did: string
  withdrawn_at: StoredTime
  /** The change by which it lost it. */
  seq: number
}

/** What a peer with a quota took of one day (UTC), by its first moment. */
export type PeerUsageTable = {
  peer_id: string
  day: StoredTime
  queries: Generated<number>
  results: Generated<number>
  bytes: Generated<number>
}

/** Classes of records by who may see them: 0 public, 1 federated, 2 local, further ones `owner:<id>`. */
export type AudiencesTable = { id: Generated<number>; name: string; documents: number }

export type TermsTable = { id: Generated<number>; stem: string }
/** How many records of an audience hold an unstemmed word: what an unfinished word may become. */
export type FormsTable = { form: string; audience_id: number; term_id: number; documents: number }
export type TermFrequenciesTable = { term_id: number; audience_id: number; documents: number }
export type PostingsTable = { term_id: number; audience_id: number; impact: number; agent_ordinal: number }
/** A record's own terms: exact scores without reading whole lists, and what to take out of the index. */
export type AgentTermsTable = { agent_ordinal: number; terms: string }

export type CountersTable = { name: string; value: number }
export type RegistryMetaTable = { name: string; value: string }

export type IdentityKeysTable = {
  thumbprint: string
  /** 32 bytes, base64url. */
  public_key: string
  /** Sealed. */
  private_key: string
  created_at: StoredTime
  signs_from: StoredTime
  published_until: StoredTime | null
}

export type IdempotencyKeysTable = {
  owner_id: string
  key: string
  fingerprint: string
  agent_id: string
  created_at: StoredTime
}

export type ApiKeysTable = {
  id: string
  owner_id: string
  name: string
  role: string
  token_hash: string
  hint: string
  created_at: StoredTime
  expires_at: StoredTime | null
  last_used_at: StoredTime | null
  rotated_at: StoredTime | null
  revoked_at: StoredTime | null
  suspended_at: StoredTime | null
  suspension_reason: string | null
  /** All keys of its owner are suspended, and the owner's records hidden. */
  suspension_hides: Generated<StoredBoolean>
}

export type SessionsTable = {
  id: string
  /** SHA-256, hex. */
  token_hash: string
  key_id: string
  created_at: StoredTime
  expires_at: StoredTime
}

export type FederationPeersTable = {
  id: string
  name: string
  /** `name` without case: unique. */
  name_key: string
  registry_url: string
  /** Sealed. */
  api_key: string | null
  /** Sealed. */
  signing_secret: string | null
  is_active: StoredBoolean
  inbound_active: StoredBoolean
  protocol: string
  timeout_ms: number | null
  public_key: string | null
  signature_target: string
  require_signature: StoredBoolean | null
  priority: number
  epoch: number
  last_sync: StoredTime | null
  last_health_check: StoredTime | null
  health_status: string
  response_time_ms: number | null
  health_error: string | null
  consecutive_failures: number
  consecutive_successes: number
  clock_skew_seconds: number | null
  agent_count: number
  metadata: StoredJson
  created_at: StoredTime
  updated_at: StoredTime
  sync_position: number | null
  sync_epoch: string | null
  stale_before: StoredTime | null
  signature_scheme: Generated<string>
  previous_public_key: string | null
  offered_public_key: string | null
  offered_is_announced: StoredBoolean | null
  offered_at: StoredTime | null
  /** `null` shares all federated records. */
  share_policy: StoredJson
  /** Grows with every change of the policy. */
  share_revision: Generated<number>
  quota_queries: number | null
  quota_results: number | null
  quota_bytes: number | null
  size_confirmed: Generated<StoredBoolean>
  awaits_confirmation: Generated<StoredBoolean>
  require_mtls: Generated<StoredBoolean>
  /** With a blank between. */
  client_pins: Generated<string>
  server_pins: Generated<string>
  /** PEM. */
  server_ca: string | null
  client_certificate: string | null
  /** Sealed. */
  client_key: string | null
}

export type SignatureNoncesTable = { keyid: string; nonce: string; expires_at: StoredTime }

export type FederatedAgentsCacheTable = {
  id: string
  peer_id: string
  agent_data: StoredJson
  agent_did: string
  /** What the peer calls it; `null` in copies made before this was kept. */
  agent_id: string | null
  cached_at: StoredTime
  expires_at: StoredTime
}

export type FederationTokensTable = {
  id: string
  peer_id: string
  scheme: string
  token_hash: string
  hint: string
  /** Sealed. */
  hmac_secret: string
  created_at: StoredTime
  expires_at: StoredTime | null
  last_used_at: StoredTime | null
  rotated_at: StoredTime | null
  revoked_at: StoredTime | null
}

export type FederationInvitesTable = {
  id: string
  /** SHA-256, hex. */
  secret_hash: string
  created_by: string
  created_at: StoredTime
  expires_at: StoredTime
  auto_accept: StoredBoolean
  share_policy: StoredJson
  used_at: StoredTime | null
  /** Who used it. */
  peer_id: string | null
  revoked_at: StoredTime | null
}

export type AuditLogTable = {
  /** Without gaps. */
  seq: number
  at: StoredTime
  actor: string
  action: string
  target: string
  /** The canonical JSON of an object, as text: its hash is over exactly these bytes. */
  detail: string
  request_id: string | null
  hash: string
}

/** One row: what the audit log's chain begins behind and where it ends. */
export type AuditChainTable = {
  id: number
  start_seq: number
  start_hash: string
  head_seq: number
  head_hash: string
}

export type LeasesTable = { name: string; holder: string; epoch: number; expires_at: StoredTime }

export type FederationHealthChecksTable = {
  peer_id: string
  checked_at: StoredTime
  status: string
  is_up: StoredBoolean
  response_time_ms: number | null
  error: string | null
}

export type FederationQueryLogTable = {
  id: Generated<number>
  direction: string
  peer_id: string
  peer_name: string
  outcome: string
  response_time_ms: number
  results: number | null
  cache: string | null
  query_hash: string | null
  query_text: string | null
  request_id: string | null
  created_at: StoredTime
}

/** The rows of a UTC day that a digest covers, by peer, direction and outcome. */
export type FederationQueryDaysTable = {
  /** `2026-11-28` */
  day: string
  peer_id: string
  direction: string
  outcome: string
  peer_name: string
  questions: number
  results: number
  /** How many of them were waited for. */
  live: number
  /** Sum of the times of those, in ms. */
  live_time_ms: number
}

export type AgentReportsTable = {
  id: string
  did: string
  agent_name: string
  registry_url: string
  category: string
  detail: string
  contact: string | null
  reporter: string
  created_at: StoredTime
  resolution: string | null
  note: string | null
  resolved_by: string | null
  resolved_at: StoredTime | null
}

export type BlocksTable = {
  id: string
  kind: string
  pattern: string
  reason: string | null
  created_by: string
  created_at: StoredTime
}

export type DiscoverySnapshotsTable = {
  id: string
  /** JSON. */
  state: string
  expires_at: StoredTime
}

export type Tables = {
  agents: AgentsTable
  agent_cards: AgentCardsTable
  agent_tags: AgentTagsTable
  agent_tombstones: AgentTombstonesTable
  agent_withdrawals: AgentWithdrawalsTable
  share_withdrawals: ShareWithdrawalsTable
  peer_usage: PeerUsageTable
  audiences: AudiencesTable
  terms: TermsTable
  forms: FormsTable
  term_frequencies: TermFrequenciesTable
  postings: PostingsTable
  agent_terms: AgentTermsTable
  counters: CountersTable
  registry_meta: RegistryMetaTable
  identity_keys: IdentityKeysTable
  idempotency_keys: IdempotencyKeysTable
  api_keys: ApiKeysTable
  sessions: SessionsTable
  federation_peers: FederationPeersTable
  federated_agents_cache: FederatedAgentsCacheTable
  federation_tokens: FederationTokensTable
  signature_nonces: SignatureNoncesTable
  federation_invites: FederationInvitesTable
  audit_log: AuditLogTable
  audit_chain: AuditChainTable
  blocks: BlocksTable
  agent_reports: AgentReportsTable
  leases: LeasesTable
  federation_health_checks: FederationHealthChecksTable
  federation_query_log: FederationQueryLogTable
  federation_query_days: FederationQueryDaysTable
  discovery_snapshots: DiscoverySnapshotsTable
}
