/** The first tables: agents and their index, peers, tokens, keys, audit. */
import { type Kysely, sql } from 'kysely'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, types: ColumnTypes): Promise<void> {
  for (const statement of [...registry(types), ...agents(types), ...index(types), ...federation(types)]) {
    await sql.raw(statement).execute(db)
  }
}

function registry(t: ColumnTypes): string[] {
  return [
    'create table registry_meta (name text primary key, value text not null)',
    `create table counters (name text primary key, value ${t.bigint} not null)`,
    "insert into counters (name, value) values ('agent_changes', 0)",
    `create table api_keys (
      id ${t.uuid} primary key, owner_id ${t.uuid} not null, name text not null,
      role text not null check (role in ('viewer', 'publisher', 'operator', 'federation-admin', 'admin', 'auditor')),
      token_hash text not null unique, hint text not null, created_at ${t.time} not null,
      expires_at ${t.time}, last_used_at ${t.time}, revoked_at ${t.time})`,
    'create index api_keys_owner on api_keys (owner_id)',
    `create table audit_log (
      seq ${t.growingKey}, at ${t.time} not null, actor text not null, action text not null,
      target text not null, detail ${t.json} not null, request_id text)`,
  ]
}

function agents(t: ColumnTypes): string[] {
  return [
    `create table audiences (
      id integer primary key, name text not null unique, documents ${t.bigint} not null default 0)`,
    "insert into audiences (id, name) values (0, 'public'), (1, 'federated'), (2, 'local')",
    `create table agents (
      ordinal ${t.growingKey}, id ${t.uuid} not null unique, did ${t.sortedText} not null unique,
      claimed_did text, owner_id ${t.uuid} not null, name text not null, description text not null,
      agent_type text not null, version text, status text not null check (status in ('active', 'deprecated', 'disabled')),
      status_message text, successor_did text,
      visibility text not null check (visibility in ('private', 'local', 'federated', 'public')),
      audience_id integer not null, tags ${t.json} not null, skills ${t.json} not null,
      endpoints ${t.json} not null, provider ${t.json}, provider_key text, auth_schemes ${t.json} not null,
      share_card ${t.boolean} not null, explicit_fields ${t.json} not null, card_format text, card_sha256 text,
      match_key text not null, created_at ${t.time} not null, updated_at ${t.time} not null, seq ${t.bigint} not null)`,
    'create unique index agents_seq on agents (seq)',
    'create index agents_match on agents (owner_id, match_key)',
    'create index agents_newest on agents (created_at desc, did)',
    'create index agents_type on agents (agent_type)',
    'create index agents_provider on agents (provider_key)',
    `create table agent_cards (
      agent_ordinal ${t.bigint} primary key references agents (ordinal) on delete cascade,
      media_type text not null, bytes ${t.bytes} not null)`,
    `create table agent_tags (
      tag text not null, agent_ordinal ${t.bigint} not null references agents (ordinal) on delete cascade,
      primary key (tag, agent_ordinal)) ${t.clustered}`,
    'create index agent_tags_agent on agent_tags (agent_ordinal)',
    `create table agent_tombstones (
      id ${t.uuid} primary key, did text not null unique, owner_id ${t.uuid} not null, audience_id integer not null,
      deleted_at ${t.time} not null, reason text, seq ${t.bigint} not null unique)`,
    'create index agent_tombstones_deleted on agent_tombstones (deleted_at)',
    `create table idempotency_keys (
      owner_id ${t.uuid} not null, key text not null, fingerprint text not null, agent_id ${t.uuid} not null,
      created_at ${t.time} not null, primary key (owner_id, key))`,
    'create index idempotency_keys_created on idempotency_keys (created_at)',
  ]
}

/**
 * The search index. A term's postings lie in order of falling impact within each audience, so the best records
 * for a term are its first rows.
 */
function index(t: ColumnTypes): string[] {
  return [
    `create table terms (id ${t.growingKey}, stem ${t.sortedText} not null unique)`,
    `create table forms (
      form ${t.sortedText} not null, audience_id integer not null, term_id ${t.bigint} not null,
      documents ${t.bigint} not null, primary key (form, audience_id)) ${t.clustered}`,
    `create table term_frequencies (
      term_id ${t.bigint} not null, audience_id integer not null, documents ${t.bigint} not null,
      primary key (term_id, audience_id)) ${t.clustered}`,
    `create table postings (
      term_id ${t.bigint} not null, audience_id integer not null, impact ${t.double} not null,
      agent_ordinal ${t.bigint} not null${t.clustered ? ', primary key (term_id, audience_id, impact desc, agent_ordinal)' : ''}) ${t.clustered}`,
    ...(t.clustered
      ? []
      : [
          'create unique index postings_order on postings (term_id, audience_id, impact desc, agent_ordinal)',
        ]),
    `create table agent_terms (
      agent_ordinal ${t.bigint} primary key references agents (ordinal) on delete cascade, terms text not null)`,
  ]
}

function federation(t: ColumnTypes): string[] {
  return [
    `create table federation_peers (
      id ${t.uuid} primary key, name varchar(255) not null, name_key text not null unique,
      registry_url varchar(500) not null unique, api_key text, signing_secret text,
      is_active ${t.boolean} not null default true, inbound_active ${t.boolean} not null default true,
      protocol text not null, timeout_ms integer, public_key text, signature_target text not null,
      require_signature ${t.boolean}, priority integer not null default 0, epoch ${t.bigint} not null default 0,
      last_sync ${t.time}, last_health_check ${t.time}, health_status varchar(50) not null default 'unknown',
      response_time_ms integer, health_error text, consecutive_failures integer not null default 0,
      consecutive_successes integer not null default 0, clock_skew_seconds integer,
      agent_count integer not null default 0, metadata ${t.json} not null default '{}',
      created_at ${t.time} not null, updated_at ${t.time} not null)`,
    'create index idx_federation_peers_active on federation_peers (is_active)',
    'create index idx_federation_peers_url on federation_peers (registry_url)',
    `create table federated_agents_cache (
      id ${t.uuid} primary key, peer_id ${t.uuid} not null references federation_peers (id) on delete cascade,
      agent_data ${t.json} not null, agent_did text not null, cached_at ${t.time} not null, expires_at ${t.time} not null)`,
    'create index idx_cache_peer_id on federated_agents_cache (peer_id)',
    'create index idx_cache_expires on federated_agents_cache (expires_at)',
    'create unique index idx_cache_did_peer on federated_agents_cache (agent_did, peer_id)',
    `create table federation_tokens (
      id ${t.uuid} primary key, peer_id ${t.uuid} not null references federation_peers (id) on delete cascade,
      scheme text not null check (scheme in ('hmac', 'hmac-token')), token_hash text not null unique, hint text not null,
      hmac_secret text not null, created_at ${t.time} not null, expires_at ${t.time}, last_used_at ${t.time},
      revoked_at ${t.time})`,
    'create index federation_tokens_peer on federation_tokens (peer_id)',
  ]
}
