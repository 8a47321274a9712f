/** Which records of a peer may be shown, whatever the peer sends: those that were asked for, and that the asker may see. */
import type { Agent } from '../domain/agent.ts'
import type { AgentFilter } from '../domain/discovery.ts'
import { foldCase } from '../domain/fold-case.ts'
import type { ScopeClass } from './protocols/protocol.ts'

/** What the asker may see and asked for; a peer that sends more cannot have it shown. */
export function admission({
  filter,
  visibility,
}: {
  readonly filter: AgentFilter
  readonly visibility: ScopeClass
}): (agent: Agent) => boolean {
  const isWanted = conditionOf(filter)
  return (agent) => (visibility === 'federated' || agent.visibility === 'public') && isWanted(agent)
}

/** The filter as a function of a record; what it does not ask for costs nothing. */
function conditionOf({ agentType, tags, status, provider }: AgentFilter): (agent: Agent) => boolean {
  const conditions: ((agent: Agent) => boolean)[] = []
  if (status !== null) conditions.push((agent) => agent.status === status)
  if (agentType !== null) {
    const wanted = foldCase(agentType)
    conditions.push((agent) => foldCase(agent.agentType) === wanted)
  }
  if (provider !== null) {
    const wanted = foldCase(provider)
    conditions.push((agent) => foldCase(agent.provider?.organization ?? '') === wanted)
  }
  if (tags.length > 0) {
    const wanted = tags.map(foldCase)
    conditions.push((agent) => {
      const owned = new Set(agent.tags.map(foldCase))
      return wanted.every((tag) => owned.has(tag))
    })
  }
  return (agent) => conditions.every((holds) => holds(agent))
}
