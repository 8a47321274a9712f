/** `GET /agents`: this registry's own records. What peers ask, and never a question that goes on to others. */

import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { AgentStore } from '../../domain/ports.ts'
import { PUBLIC_SCOPE, type Scope, scopeKey } from '../../domain/principal.ts'
import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { isKnownTag } from '../entity-tags.ts'
import { noteQuestion } from '../inbound-questions.ts'
import { strictObject } from '../json-schema.ts'
import { checkQuota, recordsLeft, takeQuota } from '../peer-quota.ts'
import { scopeOfRequest } from '../request-state.ts'
import { answers, answer as shapeOf } from '../schemas.ts'
import { filterOf, refuseKeys, searchOf } from '../search-parameters.ts'
import { PAGE_ANSWER, PAGE_PARAMETERS, pageToJson, readPage } from '../shared-page.ts'

const QUERY = strictObject(PAGE_PARAMETERS)

export function registerAgentList(app: App, deps: HttpDeps): void {
  app.get('/api/v1/agents', {
    schema: {
      operationId: 'listAgents',
      summary: "List or search this registry's own records",
      description:
        'Ranked by the search; without one, newest first. Peers see what is shared with them, without the members that are kept back; callers without a key public records.',
      tags: ['records'],
      querystring: QUERY,
      response: answers({
        304: { type: 'null', description: 'Nothing has changed since the ETag that If-None-Match names.' },
        200: shapeOf('One page of records.', PAGE_ANSWER),
      }),
    },
    async handler(request, reply) {
      const { query } = request
      // A peer has been told what it asks, and would take the refusal for a fault of ours: whoever searches there could
      // have us count as down.
      if (request.principal.kind !== 'peer') refuseKeys({ search: searchOf(query), filter: filterOf(query) })
      checkQuota(request, deps)
      const scope = query.visibility === 'public' ? PUBLIC_SCOPE : scopeOfRequest(request)
      // Read before the page: a record changed in between makes the tag older than the page, never newer.
      const tag = pageTag(await generationFor(request, deps.storage.agents), query, scope)
      reply.header('etag', tag)
      const { search, ...conditions } = query
      const question = { search: search ?? null, conditions: JSON.stringify(conditions) }
      if (isKnownTag(request.headers['if-none-match'], tag)) {
        await takeQuota(request, { results: 0, answer: null }, deps)
        noteQuestion({ request, reply }, { outcome: 'unchanged', results: null, question }, deps)
        return reply.code(304).send()
      }
      const page = await readPage(query, { scope, most: recordsLeft(request) }, deps)
      const results = page.agents.length
      const answer = pageToJson(page)
      await takeQuota(request, { results, answer }, deps)
      noteQuestion({ request, reply }, { outcome: 'answered', results, question }, deps)
      return reply.type('application/json; charset=utf-8').send(answer)
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
