/** Records to rows and back. */
import { createHash } from 'node:crypto'
import type { Selectable } from 'kysely'
import {
  type AgentFields,
  type AgentId,
  CARD_FORMATS,
  type Did,
  type OwnAgent,
  type OwnerId,
  type Provider,
  type Skill,
} from '../domain/agent.ts'
import { foldCase } from '../domain/fold-case.ts'
import { fromStoredBoolean, fromStoredJson, fromStoredTime, toStoredTime } from './codec.ts'
import type { BulkColumn, BulkRow } from './engine.ts'
import type { AgentsTable } from './tables.ts'
import { withheldFromColumn, withheldToColumn } from './withholding.ts'

/** The columns an agent is written with, in the order of `agentRow`; the ordinal is the database's. */
export const AGENT_COLUMNS: readonly BulkColumn[] = [
  { name: 'id', type: 'uuid' },
  { name: 'did', type: 'text' },
  { name: 'claimed_did', type: 'text' },
  { name: 'owner_id', type: 'uuid' },
  { name: 'name', type: 'text' },
  { name: 'description', type: 'text' },
  { name: 'agent_type', type: 'text' },
  { name: 'version', type: 'text' },
  { name: 'status', type: 'text' },
  { name: 'status_message', type: 'text' },
  { name: 'successor_did', type: 'text' },
  { name: 'visibility', type: 'text' },
  { name: 'audience_id', type: 'integer' },
  { name: 'tags', type: 'json' },
  { name: 'skills', type: 'json' },
  { name: 'endpoints', type: 'json' },
  { name: 'provider', type: 'json' },
  { name: 'provider_key', type: 'text' },
  { name: 'auth_schemes', type: 'json' },
  { name: 'share_card', type: 'boolean' },
  { name: 'explicit_fields', type: 'json' },
  { name: 'card_format', type: 'text' },
  { name: 'card_sha256', type: 'text' },
  { name: 'match_key', type: 'text' },
  { name: 'created_at', type: 'time' },
  { name: 'updated_at', type: 'time' },
  { name: 'seq', type: 'bigint' },
  { name: 'withheld', type: 'json' },
]

/** @param shared the record as it is shared: conditions of a search, like its words, meet nothing that is masked. */
export function agentRow(agent: OwnAgent, shared: OwnAgent, audienceId: number): BulkRow {
  return [
    agent.id,
    agent.did,
    agent.claimedDid,
    agent.ownerId,
    agent.name,
    agent.description,
    agent.agentType,
    agent.version,
    agent.status,
    agent.statusMessage,
    agent.successorDid,
    agent.visibility,
    audienceId,
    JSON.stringify(agent.tags),
    JSON.stringify(agent.skills),
    JSON.stringify(agent.endpoints),
    agent.provider === null ? null : JSON.stringify(agent.provider),
    shared.provider === null ? null : foldCase(shared.provider.organization),
    JSON.stringify(agent.authSchemes),
    agent.shareCard,
    JSON.stringify(agent.explicitFields),
    agent.cardFormat,
    agent.cardSha256,
    matchKey(agent),
    toStoredTime(agent.createdAt),
    toStoredTime(agent.updatedAt),
    agent.revision,
    withheldToColumn(agent.withheld),
  ]
}

/** The same agent described again by the same owner: equal type, name and first endpoint. */
export function matchKey(fields: Pick<AgentFields, 'agentType' | 'name' | 'endpoints'>): string {
  const parts = [fields.agentType, fields.name, fields.endpoints[0]?.url ?? '']
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

/** A stored row as the record it was made of. The rows are ours: written by `agentRow`, checked on the way in. */
export function agentFromRow(row: Selectable<AgentsTable>): OwnAgent {
  return {
    id: row.id as AgentId,
    did: row.did as Did,
    claimedDid: row.claimed_did,
    ownerId: row.owner_id as OwnerId,
    name: row.name,
    description: row.description,
    agentType: row.agent_type,
    version: row.version,
    status: row.status as OwnAgent['status'],
    statusMessage: row.status_message,
    successorDid: row.successor_did,
    visibility: row.visibility as OwnAgent['visibility'],
    tags: fromStoredJson(row.tags) as string[],
    skills: fromStoredJson(row.skills) as Skill[],
    endpoints: fromStoredJson(row.endpoints) as OwnAgent['endpoints'],
    provider: row.provider === null ? null : (fromStoredJson(row.provider) as Provider),
    authSchemes: fromStoredJson(row.auth_schemes) as string[],
    shareCard: fromStoredBoolean(row.share_card),
    explicitFields: fromStoredJson(row.explicit_fields) as (keyof AgentFields)[],
    cardFormat: CARD_FORMATS.find((format) => format === row.card_format) ?? null,
    cardSha256: row.card_sha256,
    createdAt: fromStoredTime(row.created_at),
    updatedAt: fromStoredTime(row.updated_at),
    revision: Number(row.seq),
    withheld: withheldFromColumn(row.withheld),
  }
}
