/** A record as it travels: snake_case, times in RFC 3339 UTC. What peers and users read is built here, member by member. */
import type { Agent } from '../domain/agent.ts'

/** The registry whose record it is. */
export type RegistryIdentity = { readonly url: string; readonly name: string }

export type WireSkill = {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly tags: readonly string[]
}

export type WireEndpoint = {
  readonly url: string
  readonly protocol: string
  readonly binding: string | null
}

export type WireAgent = {
  readonly id: string
  readonly did: string
  readonly claimed_did: string | null
  readonly name: string
  readonly description: string
  readonly agent_type: string
  readonly version: string | null
  readonly status: string
  readonly status_message: string | null
  readonly successor_did: string | null
  readonly visibility: string
  readonly tags: readonly string[]
  readonly skills: readonly WireSkill[]
  readonly endpoints: readonly WireEndpoint[]
  readonly provider: { readonly organization: string; readonly url: string | null } | null
  readonly auth_schemes: readonly string[]
  /** Where the agent card is served; `null` without one. */
  readonly card_url: string | null
  readonly card_format: string | null
  /** `null` when the record's registry does not say. */
  readonly created_at: string | null
  readonly updated_at: string | null
  readonly is_federated: boolean
  readonly registry_url: string
  readonly registry_name: string
}

/** Writes a record of the given registry as that registry's own. */
export function agentToWire(agent: Agent, registry: RegistryIdentity): WireAgent {
  return {
    id: agent.id,
    did: agent.did,
    claimed_did: agent.claimedDid,
    name: agent.name,
    description: agent.description,
    agent_type: agent.agentType,
    version: agent.version,
    status: agent.status,
    status_message: agent.statusMessage,
    successor_did: agent.successorDid,
    visibility: agent.visibility,
    tags: agent.tags,
    skills: agent.skills.map(({ id, name, description, tags }) => ({ id, name, description, tags })),
    endpoints: agent.endpoints.map(({ url, protocol, binding }) => ({ url, protocol, binding })),
    provider:
      agent.provider === null ? null : { organization: agent.provider.organization, url: agent.provider.url },
    auth_schemes: agent.authSchemes,
    card_url:
      agent.cardFormat === null ? null : `${registry.url}/api/v1/agents/${encodeURIComponent(agent.id)}/card`,
    card_format: agent.cardFormat,
    created_at: timeToWire(agent.createdAt),
    updated_at: timeToWire(agent.updatedAt),
    is_federated: false,
    registry_url: registry.url,
    registry_name: registry.name,
  }
}

/** @param ms Unix milliseconds; 0 is what a record has whose registry told no time. */
export function timeToWire(ms: number): string | null {
  return ms === 0 ? null : new Date(ms).toISOString()
}
