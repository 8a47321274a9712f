/** What operators do to single records: take-downs, and what is withheld; and giving a record to another owner. */
import type { FastifyRequest } from 'fastify'
import type { AgentId, OwnAgent, OwnerId } from '../../domain/agent.ts'
import { ALL_SCOPE } from '../../domain/principal.ts'
import { assertNever, ProblemError } from '../../problem.ts'
import { cleanLine } from '../../security/text.ts'
import { agentToWire } from '../../wire/agent.ts'
import { withheldToWire } from '../../wire/withheld.ts'
import { agentNotFound, agentOf, getAgent, lookUpAgent, refuseUnlessOwner } from '../agent-lookup.ts'
import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { boolean, optional, strictObject } from '../json-schema.ts'
import { SERVER_LIMITS } from '../limits.ts'
import { actorOf } from '../request-state.ts'
import { answer, answers, count, refTo, text, WIRE } from '../schemas.ts'
import { invalidBody } from '../validation.ts'

const TAGS = ['moderation']
const NO_QUERY = strictObject({})
const REFERENCE = strictObject({
  reference: text('The id of a record, or its DID.', SERVER_LIMITS.paramChars),
})
const DEFAULT_LIMIT = 100

const WITHHELD = answer('A record, and why it is withheld.', {
  id: WIRE.string,
  did: WIRE.string,
  name: WIRE.string,
  owner_id: WIRE.string,
  withheld: {
    type: ['object', 'null'],
    properties: {
      block_id: WIRE.string,
      take_down: {
        type: 'object',
        properties: { at: WIRE.time, reason: WIRE.string, legal: WIRE.boolean },
      },
      owner_suspended: WIRE.boolean,
    },
  },
})

export function registerAgentModeration(app: App, deps: HttpDeps): void {
  const { storage, self } = deps
  const { agents, moderation } = storage

  app.get('/api/v1/withheld', {
    schema: {
      operationId: 'listWithheld',
      summary: 'Records of this registry that are seen by their owners and admins only, and why',
      description: 'Those that were taken down, match a block, or belong to a suspended owner; by id.',
      tags: TAGS,
      querystring: strictObject({
        limit: optional(count('Most records; 100 if not given.', { minimum: 1, maximum: 1_000 })),
        after: optional(text('Only records behind this id.', 64)),
      }),
      response: answers({
        200: answer('The records.', {
          agents: { type: 'array', items: WITHHELD },
          next_after: WIRE.nullableString,
        }),
      }),
    },
    async handler(request) {
      const { limit = DEFAULT_LIMIT, after = null } = request.query
      const withheld = await moderation.listWithheld({ after, limit })
      return {
        agents: withheld.map(({ ownerId, withheld: why, ...agent }) => ({
          ...agent,
          ...{ owner_id: ownerId, withheld: withheldToWire(why) },
        })),
        next_after: withheld.length < limit ? null : (withheld.at(-1)?.id ?? null),
      }
    },
  })

  app.post('/api/v1/agents/:reference/take-down', {
    config: { body: 'json' },
    schema: {
      operationId: 'takeDownAgent',
      summary: 'Hide a record, with a reason',
      description:
        'Those who could see it, peers included, are answered 410 with the time and the reason; with `legal` 451. Its owner sees it and cannot bring it back. A reason given anew replaces the one before.',
      tags: TAGS,
      params: REFERENCE,
      querystring: NO_QUERY,
      body: strictObject(
        {
          reason: text('Shown to those who look for the record.', 500),
          legal: optional(boolean({ description: 'It was demanded by law (RFC 7725).' })),
        },
        { examples: [{ reason: 'Impersonates Acme, Inc.' }] },
      ),
      response: answers({ 200: WITHHELD }),
    },
    async handler(request) {
      const { legal = false } = request.body
      const reason = cleanLine(request.body.reason)
      if (reason === '')
        throw invalidBody([{ pointer: '/reason', message: 'Takes a reason that can be read.' }])
      const { id } = await anyAgent(request)
      const given = { reason, isLegal: legal }
      return withheldAgent(await moderation.takeDown(id, given, actorOf(request)))
    },
  })

  app.delete('/api/v1/agents/:reference/take-down', {
    schema: {
      operationId: 'restoreAgent',
      summary: 'Show a record again that was taken down',
      description: 'It stays hidden if a block matches it, or its owner is suspended.',
      tags: TAGS,
      params: REFERENCE,
      querystring: NO_QUERY,
      response: answers({ 200: WITHHELD }),
    },
    async handler(request) {
      const { id } = await anyAgent(request)
      return withheldAgent(await moderation.restore(id, actorOf(request)))
    },
  })

  app.post('/api/v1/agents/:reference/transfer', {
    config: { body: 'json' },
    schema: {
      operationId: 'transferAgent',
      summary: 'Give a record to another owner',
      description: 'Its id, DID and card stay; the former owner sees it no more than others do.',
      tags: ['records'],
      params: REFERENCE,
      querystring: NO_QUERY,
      body: strictObject(
        { owner_id: text('An owner who has a key here.', 64) },
        { examples: [{ owner_id: '0199f000-0000-7000-8000-000000000000' }] },
      ),
      response: answers({ 200: { ...refTo('Agent'), description: 'The record.' } }),
    },
    async handler(request) {
      const agent = await getAgent(agents, request.params.reference, request)
      refuseUnlessOwner(agent, request)
      const transferred = await moderation.transfer(
        agent.id,
        request.body.owner_id as OwnerId,
        actorOf(request),
      )
      switch (transferred.kind) {
        case 'transferred':
        case 'unchanged':
          return agentToWire(transferred.agent, self)
        case 'absent':
          throw agentNotFound()
        case 'unknown-owner':
          throw invalidBody([{ pointer: '/owner_id', message: 'No key here has this owner.' }])
        case 'suspended-owner':
          throw invalidBody([{ pointer: '/owner_id', message: 'This owner is suspended.' }])
        default:
          return assertNever(transferred)
      }
    },
  })

  /** Whatever its visibility: operators answer for all that is here. */
  async function anyAgent(
    request: FastifyRequest<{ Params: { reference: string } }>,
  ): Promise<{ readonly id: AgentId }> {
    return agentOf(await lookUpAgent(agents, request.params.reference, request, ALL_SCOPE))
  }
}

function withheldAgent(agent: OwnAgent | undefined): object {
  if (agent === undefined) throw new ProblemError('agent-deleted', 'The agent was deleted just now.')
  const { id, did, name, ownerId, withheld } = agent
  return { id, did, name, owner_id: ownerId, withheld: withheld && withheldToWire(withheld) }
}
