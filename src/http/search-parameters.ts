/** What both searches take, and what it means. */

import { AGENT_STATUSES, type AgentStatus } from '../domain/agent.ts'
import type { AgentFilter } from '../domain/discovery.ts'
import { holdsOwnToken } from '../security/redact.ts'
import { type OptionalSchema, oneOf, optional, string } from './json-schema.ts'
import { list, text } from './schemas.ts'
import { invalidParameters } from './validation.ts'

export type SearchSchema = {
  readonly search: OptionalSchema<string>
  readonly agent_type: OptionalSchema<string>
  readonly tags: OptionalSchema<string[]>
  readonly status: OptionalSchema<AgentStatus>
  readonly provider: OptionalSchema<string>
}

/** Query parameters that choose records. */
export const SEARCH_PARAMETERS: SearchSchema = {
  search: optional(
    text('Words to look for. The last one also matches words it begins, unless a space follows.', 200),
  ),
  agent_type: optional(text('Only agents of this type, such as `a2a` or `mcp-server`.', 64)),
  tags: optional(
    list('Only agents with all of these tags; repeat the parameter.', string({ maxLength: 64 }), 16),
  ),
  status: optional(oneOf([...AGENT_STATUSES], { description: 'Only agents in this status.' })),
  provider: optional(text('Only agents of this organization.', 200)),
}

export type SearchParameters = {
  readonly search?: string
  readonly agent_type?: string
  readonly tags?: readonly string[]
  readonly status?: AgentStatus
  readonly provider?: string
}

export function filterOf({ agent_type, tags, status, provider }: SearchParameters): AgentFilter {
  return {
    agentType: agent_type ?? null,
    tags: tags ?? [],
    status: status ?? null,
    provider: provider ?? null,
  }
}

/** Nothing but blanks asks for everything. A blank at the end of words is kept: it completes the last one. */
export function searchOf({ search }: SearchParameters): string | null {
  return search === undefined || search.trim() === '' ? null : search
}

/**
 * A key that was pasted into the search would be told to every peer as the words to look for.
 * @throws ProblemError 400, naming the parameter and not repeating what was in it.
 */
export function refuseKeys({
  search,
  filter,
}: {
  readonly search: string | null
  readonly filter: AgentFilter
}): void {
  const { agentType, tags, provider } = filter
  const given = { search, agent_type: agentType, tags: tags.join(' '), provider }
  const faulty = Object.entries(given).filter(([, words]) => words !== null && holdsOwnToken(words))
  if (faulty.length === 0) return
  throw invalidParameters(faulty.map(([name]) => ({ pointer: `?${name}`, message: HOLDS_KEY })))
}

const HOLDS_KEY =
  'It holds what looks like a key, a token or an invite. Searches go to other registries, so nobody was asked: take it out.'
