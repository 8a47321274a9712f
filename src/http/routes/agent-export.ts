/** `GET /agents/export`: every record the asker may see, as lines that an import takes back. */

import { Readable } from 'node:stream'
import { NO_FILTER } from '../../domain/discovery.ts'
import type { ListPosition } from '../../domain/ports.ts'
import type { Scope } from '../../domain/principal.ts'
import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { exportLine } from '../import-lines.ts'
import { strictObject } from '../json-schema.ts'
import { scopeOfRequest } from '../request-state.ts'
import { answers } from '../schemas.ts'

const PAGE = 200

export function registerAgentExport(app: App, deps: HttpDeps): void {
  app.get('/api/v1/agents/export', {
    exposeHeadRoute: false, // it would make all lines and drop them
    schema: {
      operationId: 'exportAgents',
      summary: 'All records you may see, one JSON object a line',
      description:
        'With their cards, unchanged. `explicit_fields` names the members that the publisher set itself; an import takes the others from the card.',
      tags: ['records'],
      querystring: strictObject({}),
      response: answers({
        200: {
          description: 'Lines of JSON.',
          content: { 'application/x-ndjson': { schema: { type: 'string' } } },
        },
      }),
    },
    async handler(request, reply) {
      return reply
        .type('application/x-ndjson')
        .send(Readable.from(exportLines(scopeOfRequest(request), deps)))
    },
  })
}

/** Newest first, page by page: what is written meanwhile neither doubles nor hides a line. */
async function* exportLines(scope: Scope, { storage, self }: HttpDeps): AsyncGenerator<string> {
  const { agents } = storage
  let after: ListPosition | null = null
  do {
    const page = await agents.list(NO_FILTER, scope, { after, limit: PAGE })
    for (const agent of page) {
      const card = agent.cardFormat === null ? undefined : await agents.findCard(agent.id)
      yield exportLine(agent, card, self)
    }
    const last = page.length < PAGE ? undefined : page.at(-1)
    after = last === undefined ? null : { createdAt: last.createdAt, did: last.did }
  } while (after !== null)
}
