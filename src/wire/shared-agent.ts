/** Our records on their way to a peer: member by member, those only that its policy lets out. */
import type { OwnAgent } from '../domain/agent.ts'
import type { Scope } from '../domain/principal.ts'
import {
  admitsRecord,
  revealsField,
  type SharePolicy,
  WITHHOLDABLE_FIELDS,
  type WithholdableField,
} from '../domain/share-policy.ts'
import { agentToWire, type RegistryIdentity, type WireAgent } from './agent.ts'

/** Members that name a record, say what it is and whose. */
const ALWAYS = [
  'id',
  'did',
  'name',
  'agent_type',
  'status',
  'visibility',
  'created_at',
  'updated_at',
  'is_federated',
  'registry_url',
  'registry_name',
] as const

/** In the order of the wire. What is kept back is missing: an empty value would be a claim. */
export type SharedWireAgent = Pick<WireAgent, (typeof ALWAYS)[number]> & Partial<WireAgent>

/**
 * The record as the asker gets it; `undefined` where its policy does not let the record out. The database has decided
 * that before: here nothing passes that a fault there let through.
 */
export function sharedAgentToWire(
  agent: OwnAgent,
  { share }: Pick<Scope, 'share'>,
  registry: RegistryIdentity,
): WireAgent | SharedWireAgent | undefined {
  if (share === undefined) return agentToWire(agent, registry)
  if (!isOutsideVisible(agent) || !admitsRecord(share.policy, agent)) return undefined
  return revealed(agentToWire(agent, registry), share.policy, agent)
}

function isOutsideVisible({ visibility, status, withheld }: OwnAgent): boolean {
  const isMeantForOthers = visibility === 'public' || visibility === 'federated'
  return isMeantForOthers && status !== 'disabled' && withheld === null
}

function revealed(wire: WireAgent, policy: SharePolicy, agent: OwnAgent): SharedWireAgent {
  const shown = new Set<string>(ALWAYS)
  for (const field of WITHHOLDABLE_FIELDS) {
    if (revealsField(policy, field, agent)) for (const member of membersOf(field)) shown.add(member)
  }
  return Object.fromEntries(Object.entries(wire).filter(([member]) => shown.has(member))) as SharedWireAgent
}

function membersOf(field: WithholdableField): readonly (keyof WireAgent)[] {
  return field === 'card' ? ['card_url', 'card_format'] : [field]
}
