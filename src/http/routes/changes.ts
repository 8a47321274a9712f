/** `GET /changes`: what changed of our records, for peers that keep copies of them. */
import type { FastifyRequest } from 'fastify'
import type { AgentChange } from '../../domain/federation-ports.ts'
import { ProblemError } from '../../problem.ts'
import { timeToWire } from '../../wire/agent.ts'
import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { optional, strictObject } from '../json-schema.ts'
import { scopeOfRequest } from '../request-state.ts'
import { answer, answers, count, WIRE } from '../schemas.ts'

const QUERY = strictObject({
  since: optional(
    count('`next` of the answer before; without it, only where the changes stand now.', { minimum: 0 }),
  ),
  limit: optional(count('Most changes; 1,000 if not given.', { minimum: 1, maximum: 1_000 })),
})
const DEFAULT_LIMIT = 1_000

export function registerChanges(app: App, { storage }: HttpDeps): void {
  app.get('/api/v1/changes', {
    schema: {
      operationId: 'listChanges',
      summary: 'What changed of our records since a position, as far as you may see them',
      description:
        'The last change of each record, in the order they were made. A record that you could see and no longer can is a `delete`. Another `epoch` than before, or 410 (with `next` and `epoch` in the problem), means: drop your copies and go on from `next`.',
      tags: ['records'],
      querystring: QUERY,
      response: answers({
        200: answer('The changes.', {
          changes: {
            type: 'array',
            items: answer('A change.', {
              seq: WIRE.integer,
              id: WIRE.string,
              did: WIRE.string,
              op: { enum: ['upsert', 'delete'] },
              updated_at: WIRE.time,
            }),
          },
          next: { ...WIRE.integer, description: 'The next `since`; it also grows past what you do not see.' },
          more: {
            ...WIRE.boolean,
            description: 'There may be more, also behind an empty list: ask at once.',
          },
          epoch: { ...WIRE.string, description: 'Names the sequence: positions hold in no other.' },
        }),
      }),
    },
    async handler(request) {
      const { since, limit = DEFAULT_LIMIT } = request.query
      const epoch = epochFor(request, await storage.agents.changesEpoch())
      if (since === undefined) {
        const next = await storage.agents.lastRevision()
        return { changes: [], next, more: false, epoch }
      }
      const listed = await storage.agents.listChanges(scopeOfRequest(request), { since, limit })
      if (listed.kind === 'horizon') throw gone(listed.next, epoch)
      const { changes, next, isMore } = listed
      return { changes: changes.map(changeToWire), next, more: isMore, epoch }
    },
  })
}

/**
 * Under another policy a peer sees another sequence of changes: what it kept under the one before is not all there, or
 * no longer meant for it.
 */
function epochFor({ principal }: FastifyRequest, epoch: string): string {
  const revision = principal.kind === 'peer' ? principal.view.shareRevision : 0
  return revision === 0 ? epoch : `${epoch}.${revision}`
}

function changeToWire({ seq, id, did, op, updatedAt }: AgentChange) {
  return { seq, id, did, op, updated_at: timeToWire(updatedAt) }
}

function gone(next: number, epoch: string): ProblemError {
  const detail =
    'Records deleted since this position are no longer known here: drop your copies and go on from `next`.'
  return new ProblemError('changes-gone', detail, { members: { next, epoch } })
}
