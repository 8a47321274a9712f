/** `GET /agents`: this registry's own records. What peers ask, and never a question that goes on to others. */

import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { AgentStore } from '../../domain/ports.ts'
import { PUBLIC_SCOPE, type Scope, scopeKey } from '../../domain/principal.ts'
import { statisticsToWire } from '../../wire/search-stats.ts'
import { sharedAgentToWire } from '../../wire/shared-agent.ts'
import { findPage } from '../agent-pages.ts'
import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { isKnownTag } from '../entity-tags.ts'
import { noteQuestion } from '../inbound-questions.ts'
import { oneOf, optional, strictObject } from '../json-schema.ts'
import { SERVER_LIMITS } from '../limits.ts'
import { scopeOfRequest } from '../request-state.ts'
import { answer, answers, count, listOf, text, WIRE } from '../schemas.ts'
import { filterOf, SEARCH_PARAMETERS, searchOf } from '../search-parameters.ts'

const QUERY = strictObject({
  ...SEARCH_PARAMETERS,
  visibility: optional(
    oneOf(['public'], {
      description: 'Only public records, and statistics over these: for anonymous users.',
    }),
  ),
  limit: optional(count('Most records in one page; 50 if not given.', { minimum: 1, maximum: 100 })),
  cursor: optional(text('`next_cursor` of the page before.', 4_096)),
})
const DEFAULT_LIMIT = 50

export function registerAgentList(app: App, deps: HttpDeps): void {
  const { storage, cursors, self } = deps
  app.get('/api/v1/agents', {
    schema: {
      operationId: 'listAgents',
      summary: "List or search this registry's own records",
      description:
        'Ranked by the search; without one, newest first. Peers see what is shared with them, callers without a key public records.',
      tags: ['records'],
      querystring: QUERY,
      response: answers({
        304: { type: 'null', description: 'Nothing has changed since the ETag that If-None-Match names.' },
        200: answer('One page of records.', {
          agents: listOf('Agent'),
          next_cursor: WIRE.nullableString,
          search_stats: answer('How common the words of the search are; with `search` only.', {
            scoring: WIRE.string,
            documents: WIRE.integer,
            document_frequency: { type: 'object', additionalProperties: WIRE.integer },
            estimated: WIRE.boolean,
          }),
        }),
      }),
    },
    async handler(request, reply) {
      const { query } = request
      const scope = query.visibility === 'public' ? PUBLIC_SCOPE : scopeOfRequest(request)
      // Read before the page: a record changed in between makes the tag older than the page, never newer.
      const tag = pageTag(await generationFor(request, storage.agents), query, scope)
      reply.header('etag', tag)
      const { search, ...conditions } = query
      const question = { search: search ?? null, conditions: JSON.stringify(conditions) }
      if (isKnownTag(request.headers['if-none-match'], tag)) {
        noteQuestion({ request, reply }, { outcome: 'unchanged', results: null, question }, deps)
        return reply.code(304).send()
      }
      const page = await findPage(
        {
          search: searchOf(query),
          filter: filterOf(query),
          scope,
          limit: query.limit ?? DEFAULT_LIMIT,
          cursor: query.cursor ?? null,
        },
        { storage, cursors },
      )
      const shared = page.entries.map(({ agent }) => sharedAgentToWire(agent, scope, self))
      if (shared.includes(undefined)) throw new Error('the database let out what a share policy keeps back')
      const agents = withinPage(shared.map((agent) => JSON.stringify(agent)))
      noteQuestion({ request, reply }, { outcome: 'answered', results: agents.length, question }, deps)
      const rest = JSON.stringify({
        next_cursor: page.cursorAfter(agents.length),
        ...(page.statistics !== null && { search_stats: statisticsToWire(page.statistics) }),
      })
      // Put together as text: each record is written once, for its size and for the page.
      return reply
        .type('application/json; charset=utf-8')
        .send(`{"agents":[${agents.join(',')}],${rest.slice(1)}`)
    },
  })
}

/** The last change of any record: of a peer it was read along with its policy. */
async function generationFor(
  { principal }: FastifyRequest,
  agents: Pick<AgentStore, 'lastRevision'>,
): Promise<number> {
  return principal.kind === 'peer' ? principal.view.recordsRevision : agents.lastRevision()
}

/** The index's generation and the question: what an equal page was made from. */
function pageTag(generation: number, query: Readonly<Record<string, unknown>>, scope: Scope): string {
  const question = JSON.stringify([
    Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1)),
    scopeKey(scope),
  ])
  return `"${generation}-${createHash('sha256').update(question).digest('base64url').slice(0, 16)}"`
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
