/** Reading single records: the record, its card, its DID document. */

import { LRUCache } from 'lru-cache'
import { didDocument } from '../../cards/did.ts'
import { findPersonalDataIn } from '../../cards/personal-data.ts'
import type { AgentCard, OwnAgent } from '../../domain/agent.ts'
import { revealsField } from '../../domain/share-policy.ts'
import { ProblemError } from '../../problem.ts'
import { parseJson } from '../../security/json-guard.ts'
import { sharedAgentToWire } from '../../wire/shared-agent.ts'
import { withheldToWire } from '../../wire/withheld.ts'
import { agentOf, getAgent, isOutsider, lookUpAgent, mayChange, sharedTagOf } from '../agent-lookup.ts'
import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { isKnownTag } from '../entity-tags.ts'
import { type InboundQuestion, noteQuestion } from '../inbound-questions.ts'
import { strictObject, unknown } from '../json-schema.ts'
import { SERVER_LIMITS } from '../limits.ts'
import { checkQuota, takeQuota } from '../peer-quota.ts'
import { scopeOfRequest } from '../request-state.ts'
import { answer, answers, refTo, text } from '../schemas.ts'

const REFERENCE = strictObject({
  reference: text('The id of a record, or its DID.', SERVER_LIMITS.paramChars),
})
const NO_QUERY = strictObject({})

export function registerAgentReads(app: App, deps: HttpDeps): void {
  const { self } = deps
  const { agents } = deps.storage
  const isShared = createCardGate()

  app.get('/api/v1/agents/:reference', {
    schema: {
      operationId: 'getAgent',
      summary: 'Read one record',
      description:
        'A deleted record is 410 with the reason, to those who could see it; `If-None-Match` gives 304.',
      tags: ['records'],
      params: REFERENCE,
      querystring: NO_QUERY,
      response: answers({
        200: { ...refTo('Agent'), description: 'The record.' },
        304: { type: 'null', description: 'It has not changed.' },
      }),
    },
    async handler(request, reply) {
      const { reference } = request.params
      checkQuota(request, deps)
      const question = { search: null, conditions: JSON.stringify({ reference }) }
      const note = (outcome: InboundQuestion['outcome'], results: number | null) =>
        noteQuestion({ request, reply }, { outcome, results, question }, deps)
      const found = await lookUpAgent(agents, reference, request)
      if (found.kind !== 'found') {
        await takeQuota(request, { results: 0, answer: null }, deps)
        note('absent', 0)
      }
      const agent = agentOf(found)
      const scope = scopeOfRequest(request)
      const tag = sharedTagOf(agent, scope)
      const shared = sharedAgentToWire(agent, scope, self)
      if (shared === undefined) throw new Error('the database let out what a share policy keeps back')
      reply.header('etag', tag)
      // What this asker may do with it (RFC 9110, section 10.2.1).
      reply.header('allow', mayChange(agent, request) ? 'GET, HEAD, PUT, DELETE' : 'GET, HEAD')
      const isKnown = isKnownTag(request.headers['if-none-match'], tag)
      // Whoever sees it although it is withheld, its owner or an admin, is told why others do not.
      const withheld = agent.withheld && { withheld: withheldToWire(agent.withheld) }
      const body = isKnown ? null : JSON.stringify({ ...shared, ...withheld })
      await takeQuota(request, { results: isKnown ? 0 : 1, answer: body }, deps)
      if (isKnown) note('unchanged', null)
      else note('answered', 1)
      return isKnown ? reply.code(304).send() : reply.type('application/json; charset=utf-8').send(body)
    },
  })

  app.get('/api/v1/agents/:reference/card', {
    schema: {
      operationId: 'getAgentCard',
      summary: 'Read the agent card of a record, byte for byte as it was published',
      tags: ['records'],
      params: REFERENCE,
      querystring: NO_QUERY,
      response: answers({
        200: { description: 'The card.', content: { 'application/json': { schema: unknown() } } },
        304: { type: 'null', description: 'It has not changed.' },
      }),
    },
    async handler(request, reply) {
      checkQuota(request, deps)
      const agent = await getAgent(agents, request.params.reference, request)
      const { share } = scopeOfRequest(request)
      if (share !== undefined && !revealsField(share.policy, 'card', agent)) {
        // Whether there is one is not looked at, so that it cannot be told.
        throw new ProblemError('card-not-found', 'Cards of this record are not shared with your registry.')
      }
      const card = await agents.findCard(agent.id)
      if (card === undefined) throw new ProblemError('card-not-found', 'This record was made without a card.')
      if (isOutsider(request) && !isShared(agent, card)) {
        throw new ProblemError('card-not-found', 'The card of this record is not shared by its publisher.')
      }
      const tag = `"${card.sha256}"`
      reply.header('etag', tag)
      const isKnown = isKnownTag(request.headers['if-none-match'], tag)
      await takeQuota(request, { results: 0, answer: isKnown ? null : card.bytes }, deps)
      if (isKnown) return reply.code(304).send()
      return reply.type(card.mediaType).send(Buffer.from(card.bytes))
    },
  })

  app.get('/agents/:id/did.json', {
    schema: {
      operationId: 'getDidDocument',
      summary: 'Resolve the DID of a record',
      tags: ['records'],
      params: strictObject({ id: text('The id of a record.', 64) }),
      querystring: NO_QUERY,
      response: answers({
        200: answer('The DID document.', {
          '@context': { type: 'array', items: { type: 'string' } },
          id: { type: 'string' },
          service: { type: 'array', items: { type: 'object' } },
        }),
      }),
    },
    handler: async (request) => didDocument(await getAgent(agents, request.params.id, request), self.url),
  })
}

const REMEMBERED_CARDS = 5_000

/** Tells which cards leave: one with personal data only with its publisher's consent. */
function createCardGate(): (agent: OwnAgent, card: AgentCard) => boolean {
  // Looking takes up to some 0.4 s with a card that was made for it; equal bytes need one look.
  const looks = new LRUCache<string, boolean>({ maxSize: REMEMBERED_CARDS, sizeCalculation: () => 1 })
  const isClean = ({ bytes }: AgentCard): boolean => {
    const card = parseJson(bytes, { maxDepth: SERVER_LIMITS.jsonDepth })
    return card.ok && findPersonalDataIn(card.value).length === 0
  }
  return ({ shareCard }, card) => {
    if (shareCard) return true
    const known = looks.get(card.sha256)
    if (known !== undefined) return known
    const verdict = isClean(card)
    looks.set(card.sha256, verdict)
    return verdict
  }
}
