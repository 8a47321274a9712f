/** Records as their asker sees them. */
import type { Agent, OwnAgent } from '../domain/agent.ts'
import type { AsShared } from '../domain/ports.ts'
import { isOutside, type Scope } from '../domain/principal.ts'
import type { ScorableRecord } from '../search/score.ts'

/**
 * Masked for those outside. It is whole otherwise, also for a peer with a policy: who writes it out looks once more at
 * whether it is shared, and leaves out what is kept back.
 */
export function seenRecord(agent: OwnAgent, scope: Scope, asShared: AsShared): OwnAgent {
  return isOutside(scope) ? asShared(agent) : agent
}

/** The text that a record is found by, of one as it is shared: what is masked is not searched, whoever searches. */
export function searchedText(agent: Agent): ScorableRecord {
  const { name, description, agentType, tags, provider, skills } = agent
  return { name, description, agentType, tags, providerOrganization: provider?.organization ?? null, skills }
}
