/** Records as their asker sees them. */
import type { Agent, OwnAgent } from '../domain/agent.ts'
import type { AsShared } from '../domain/ports.ts'
import { isOutside, type Scope } from '../domain/principal.ts'
import { withhold } from '../domain/share-policy.ts'
import type { ScorableRecord } from '../search/score.ts'

/** Masked for those outside, and for a peer without what its policy keeps back. */
export function seenRecord(agent: OwnAgent, scope: Scope, asShared: AsShared): OwnAgent {
  if (!isOutside(scope)) return agent
  const shared = asShared(agent)
  return scope.share === undefined ? shared : withhold(shared, scope.share.policy)
}

/** The text that a record is found by, of one as it is shared: what is masked is not searched, whoever searches. */
export function searchedText(agent: Agent): ScorableRecord {
  const { name, description, agentType, tags, provider, skills } = agent
  return { name, description, agentType, tags, providerOrganization: provider?.organization ?? null, skills }
}
