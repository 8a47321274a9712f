/** A page of our records as its asker gets it: what `GET /agents` answers, and what a preview of it shows. */
import type { Scope } from '../domain/principal.ts'
import { statisticsToWire, type WireSearchStatistics } from '../wire/search-stats.ts'
import { sharedAgentToWire } from '../wire/shared-agent.ts'
import { findPage } from './agent-pages.ts'
import type { HttpDeps } from './deps.ts'
import { type OptionalSchema, oneOf, optional } from './json-schema.ts'
import { SERVER_LIMITS } from './limits.ts'
import { answer, count, listOf, text, WIRE } from './schemas.ts'
import {
  filterOf,
  SEARCH_PARAMETERS,
  type SearchParameters,
  type SearchSchema,
  searchOf,
} from './search-parameters.ts'

type PageSchema = SearchSchema & {
  readonly visibility: OptionalSchema<'public'>
  readonly limit: OptionalSchema<number>
  readonly cursor: OptionalSchema<string>
}

const DEFAULT_LIMIT = 50
const MOST_LIMIT = 100

export const PAGE_PARAMETERS: PageSchema = {
  ...SEARCH_PARAMETERS,
  visibility: optional(
    oneOf(['public'], {
      description: 'Only public records, and statistics over these: for anonymous users.',
    }),
  ),
  limit: optional(count('Most records in one page; 50 if not given.', { minimum: 1, maximum: MOST_LIMIT })),
  cursor: optional(text('`next_cursor` of the page before.', 4_096)),
}

/** Members of an answer that is a page. */
export const PAGE_ANSWER: Readonly<Record<string, object>> = {
  agents: listOf('Agent'),
  next_cursor: WIRE.nullableString,
  search_stats: answer('How common the words of the search are; with `search` only.', {
    scoring: WIRE.string,
    documents: WIRE.integer,
    document_frequency: { type: 'object', additionalProperties: WIRE.integer },
    estimated: WIRE.boolean,
  }),
}

export type PageParameters = SearchParameters & { readonly limit?: number; readonly cursor?: string }

export type SharedPage = {
  /** Each as JSON: they are written once, for their size and for the answer. */
  readonly agents: readonly string[]
  readonly rest: {
    readonly next_cursor: string | null
    readonly search_stats?: WireSearchStatistics
  }
}

/**
 * @param asked.most the most records, whatever `limit` says.
 * @throws ProblemError `invalid-cursor`.
 */
export async function readPage(
  query: PageParameters,
  { scope, most = MOST_LIMIT }: { readonly scope: Scope; readonly most?: number | undefined },
  { storage, cursors, self, events }: Pick<HttpDeps, 'storage' | 'cursors' | 'self' | 'events'>,
): Promise<SharedPage> {
  const { entries, statistics, cursorAfter } = await findPage(
    {
      search: searchOf(query),
      filter: filterOf(query),
      scope,
      limit: Math.min(query.limit ?? DEFAULT_LIMIT, most),
      cursor: query.cursor ?? null,
    },
    { storage, cursors },
  )
  const written = entries.map(({ agent }) => {
    const shared = sharedAgentToWire(agent, scope, self)
    if (shared === undefined) events.fault(new Error(`record ${agent.id} is not shared`), 'sharing records')
    return shared === undefined ? '' : JSON.stringify(shared)
  })
  const fitting = withinPage(written)
  const rest = {
    next_cursor: cursorAfter(fitting.length),
    ...(statistics !== null && { search_stats: statisticsToWire(statistics) }),
  }
  return { agents: fitting.filter((record) => record !== ''), rest }
}

/** The page as JSON, with further members before it. */
export function pageToJson({ agents, rest }: SharedPage, members: object = {}): string {
  const before = JSON.stringify(members).slice(1, -1)
  return `{${before === '' ? '' : `${before},`}"agents":[${agents.join(',')}],${JSON.stringify(rest).slice(1)}`
}

// Room for the statistics and the cursor, whose size the length of the search bounds.
const MAX_RECORD_BYTES = SERVER_LIMITS.pageBytes - 64 * 1024

/** The records, each as JSON, that fit into one page: at least one. */
export function withinPage(agents: readonly string[]): readonly string[] {
  let bytes = 0
  const fitting = agents.findIndex((agent, index) => {
    bytes += Buffer.byteLength(agent) + 1
    return bytes > MAX_RECORD_BYTES && index > 0
  })
  return fitting === -1 ? agents : agents.slice(0, fitting)
}
