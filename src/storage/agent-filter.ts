/** A search's filter as SQL. Types, tags and providers are compared without case. */
import type { AgentFilter } from '../domain/discovery.ts'
import { foldCase } from '../domain/fold-case.ts'
import type { ShareRule } from '../domain/share-policy.ts'

/**
 * Conditions on the record with a given ordinal; empty when the filter admits everything.
 * @param record SQL of the `agents` row's alias.
 * @param mark adds a parameter and returns its mark.
 */
export function filterConditions(
  filter: AgentFilter,
  record: string,
  mark: (value: unknown) => string,
): string[] {
  // No record holds a null character, and PostgreSQL takes none as a parameter.
  if (hasNullCharacter(filter)) return ['false']
  const conditions: string[] = []
  if (filter.agentType !== null) {
    conditions.push(`${record}.agent_type = ${mark(filter.agentType.trim().toLowerCase())}`)
  }
  if (filter.status !== null) conditions.push(`${record}.status = ${mark(filter.status)}`)
  if (filter.provider !== null) conditions.push(`${record}.provider_key = ${mark(foldCase(filter.provider))}`)
  for (const tag of filter.tags) {
    conditions.push(
      `exists (select 1 from agent_tags t where t.tag = ${mark(foldCase(tag))} and t.agent_ordinal = ${record}.ordinal)`,
    )
  }
  return conditions
}

/** Whether a filter asks for members that are kept back: no record whose members they are meets it. */
export function asksForWithheld({ tags, provider }: AgentFilter, { policy: { fields } }: ShareRule): boolean {
  if (fields === null) return false
  return (tags.length > 0 && !fields.includes('tags')) || (provider !== null && !fields.includes('provider'))
}

export function admitsAll(filter: AgentFilter): boolean {
  return (
    filter.agentType === null &&
    filter.status === null &&
    filter.provider === null &&
    filter.tags.length === 0
  )
}

function hasNullCharacter({ agentType, provider, tags }: AgentFilter): boolean {
  return [agentType, provider, ...tags].some((text) => text?.includes('\0'))
}
