/**
 * An agent: one record of this registry, or one read from a peer.
 *
 * Times are Unix milliseconds; `wire/agent.ts` writes them as RFC 3339 UTC.
 */

import type { Withheld } from './moderation.ts'

/** Identifier of a record in its own registry: a UUID version 7 (RFC 9562), lower case. */
export type AgentId = string & { readonly __brand: 'AgentId' }

/** A decentralised identifier (W3C DID Core 1.0), e.g. `did:web:registry.example:agents:0199…`. */
export type Did = string & { readonly __brand: 'Did' }

/** Who owns a record: stays the same when a publisher rotates its keys. */
export type OwnerId = string & { readonly __brand: 'OwnerId' }

/** `disabled` records are seen by their owner and admins only. */
export type AgentStatus = 'active' | 'deprecated' | 'disabled'
export const AGENT_STATUSES: readonly AgentStatus[] = ['active', 'deprecated', 'disabled']

/** Who may see a record, from narrow to wide. */
export type Visibility = 'private' | 'local' | 'federated' | 'public'
export const VISIBILITIES: readonly Visibility[] = ['private', 'local', 'federated', 'public']

export type Skill = {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly tags: readonly string[]
}

export type Endpoint = {
  readonly url: string
  /** `a2a`, `mcp`, `http`, …: an open set of lower-case tokens. */
  readonly protocol: string
  /** How the protocol is spoken there, e.g. `JSONRPC` or `streamable-http`. */
  readonly binding: string | null
}

export type Provider = { readonly organization: string; readonly url: string | null }

/** Formats of agent cards that fields are extracted from. */
export type CardFormat = 'a2a' | 'agentvault' | 'mcp-server'
export const CARD_FORMATS: readonly CardFormat[] = ['a2a', 'agentvault', 'mcp-server']

/** An agent's own description of itself, kept byte for byte so that its signatures stay valid. */
export type AgentCard = {
  readonly format: CardFormat
  readonly mediaType: string
  /** SHA-256 of `bytes`, lower-case hex: the card's ETag. */
  readonly sha256: string
  readonly bytes: Uint8Array
}

/** What a publisher says about an agent. */
export type AgentFields = {
  readonly claimedDid: string | null
  readonly name: string
  readonly description: string
  /** Lower-case token of an open set: `a2a`, `mcp-server`, `agentvault`, `api`, `skill`, … */
  readonly agentType: string
  readonly version: string | null
  readonly status: AgentStatus
  readonly statusMessage: string | null
  readonly successorDid: string | null
  readonly visibility: Visibility
  readonly tags: readonly string[]
  readonly skills: readonly Skill[]
  readonly endpoints: readonly Endpoint[]
  readonly provider: Provider | null
  readonly authSchemes: readonly string[]
  /** The publisher's consent to share a card in which personal data was found. */
  readonly shareCard: boolean
}

/** What people know an agent by: its own name, or its provider's. */
export type NameMember = 'name' | 'provider'

/** A record as its registry gives it, without the card's bytes. */
export type Agent = AgentFields & {
  readonly id: AgentId
  readonly did: Did
  readonly cardFormat: CardFormat | null
  /** Of a peer's record: which of its names may be made to pass for others; absent if none. */
  readonly mixedScripts?: readonly NameMember[]
  readonly createdAt: number
  readonly updatedAt: number
}

/** A record of this registry, with what only this registry knows. */
export type OwnAgent = Agent & {
  readonly ownerId: OwnerId
  /** SHA-256 of the stored card, `null` without one. */
  readonly cardSha256: string | null
  /**
   * Names of the fields the publisher set itself: they override what a card says and survive a new card.
   */
  readonly explicitFields: readonly (keyof AgentFields)[]
  /** Position in this registry's sequence of changes: its ETag, and what `If-Match` compares. */
  readonly revision: number
  /** Why it is seen by its owner and admins only, whatever it says itself; null when nothing is against it. */
  readonly withheld: Withheld | null
}

/** What is left of a deleted record. */
export type Tombstone = {
  readonly id: AgentId
  readonly did: Did
  readonly deletedAt: number
  readonly reason: string | null
}

/** Limits of one record (bytes, characters or counts). */
export const AGENT_LIMITS = {
  nameChars: 200,
  descriptionChars: 4_000,
  tags: 64,
  tagChars: 64,
  skills: 128,
  endpoints: 32,
  authSchemes: 16,
  urlChars: 2_048,
  versionChars: 64,
  shortTextChars: 500,
  cardBytes: 262_144,
  jsonDepth: 32,
} as const
