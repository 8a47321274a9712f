/** What both searches take, and what it means. */
import Type, { type Static } from 'typebox'
import { AGENT_STATUSES } from '../domain/agent.ts'
import type { AgentFilter } from '../domain/discovery.ts'
import { list, text } from './schemas.ts'

const MAX_SEARCH_CHARS = 200
const MAX_TAGS = 16

/** Query parameters that choose records. */
export const SEARCH_PARAMETERS = {
  search: Type.Optional(
    text(
      'Words to look for. The last one also matches words it begins, unless a space follows.',
      MAX_SEARCH_CHARS,
    ),
  ),
  agent_type: Type.Optional(text('Only agents of this type, such as `a2a` or `mcp-server`.', 64)),
  tags: Type.Optional(
    list(
      'Only agents with all of these tags; repeat the parameter.',
      Type.String({ maxLength: 64 }),
      MAX_TAGS,
    ),
  ),
  status: Type.Optional(Type.Enum([...AGENT_STATUSES], { description: 'Only agents in this status.' })),
  provider: Type.Optional(text('Only agents of this organization.', 200)),
}

const SEARCH_SCHEMA = Type.Object(SEARCH_PARAMETERS)

export type SearchParameters = Static<typeof SEARCH_SCHEMA>

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
