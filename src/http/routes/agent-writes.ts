/** Making, changing and deleting records. */

import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { applyPatch, type ChangedDraft, type PatchResult } from '../../cards/draft.ts'
import { readCard } from '../../cards/read-card.ts'
import { AGENT_LIMITS, type AgentFields, type OwnAgent, VISIBILITIES } from '../../domain/agent.ts'
import type { AgentStore, CreatedAgent, Idempotency } from '../../domain/ports.ts'
import { assertNever, ProblemError } from '../../problem.ts'
import { parseJson } from '../../security/json-guard.ts'
import { cleanLine } from '../../security/text.ts'
import { agentToWire } from '../../wire/agent.ts'
import { withheldToWire } from '../../wire/withheld.ts'
import { agentNotFound, getAgent, lookUpAgent, pathOf, refuseUnlessOwner, tagOf } from '../agent-lookup.ts'
import type { App } from '../app.ts'
import { mediaTypeOf, parseJsonBody } from '../bodies.ts'
import type { HttpDeps } from '../deps.ts'
import { allowsChange } from '../entity-tags.ts'
import { boolean, oneOf, optional, strictObject } from '../json-schema.ts'
import { SERVER_LIMITS } from '../limits.ts'
import {
  draftOf,
  maskExtracted,
  refusalOf,
  type SentRecord,
  takeApart,
  warningsFor,
} from '../record-input.ts'
import { RECORD_BODY, RECORD_TYPES } from '../record-schemas.ts'
import { actorOf, keyHolder } from '../request-state.ts'
import { answers, text, WIRE, widened } from '../schemas.ts'
import { invalidBody, invalidParameters } from '../validation.ts'

const REFERENCE = strictObject({
  reference: text('The id of a record, or its DID.', SERVER_LIMITS.paramChars),
})
const WARNINGS = { warnings: WIRE.strings }
const CARD_OPTIONS = strictObject({
  visibility: optional(
    oneOf([...VISIBILITIES], { description: 'With a bare card: who may see the record.' }),
  ),
  share_card: optional(
    boolean({ description: 'With a bare card: share it even if it holds personal data.' }),
  ),
})

export function registerAgentWrites(app: App, { storage, self }: HttpDeps): void {
  const { agents } = storage

  app.post('/api/v1/agents', {
    config: { body: 'record' },
    schema: {
      operationId: 'createAgent',
      summary: 'Publish a record',
      description:
        'Plain fields, `{"card": …}` with fields that override it, or an agent card as the whole body under its own media type. `Idempotency-Key` makes repeats safe for a day.',
      tags: ['records'],
      consumes: RECORD_TYPES,
      querystring: CARD_OPTIONS,
      body: RECORD_BODY,
      response: answers({
        201: widened('Agent', 'The record; `Location` and `ETag` are set.', WARNINGS),
      }),
    },
    async handler(request, reply) {
      const bytes = bodyOf(request)
      const sent = takeApart(parseJsonBody(bytes), bytes, {
        mediaType: mediaTypeOf(request),
        bareCards: true,
      })
      const drafted = draftOf(sent, cardOptions(sent, request.query))
      if (drafted.kind !== 'drafted') throw refusalOf(drafted)
      const created = await agents.create(drafted.draft, keyHolder(request).ownerId, {
        actor: actorOf(request),
        idempotency: idempotencyOf(request, bytes),
      })
      const agent = createdAgent(created)
      if (created.kind === 'replayed') reply.header('idempotency-replayed', 'true')
      reply.code(201).header('location', `${self.url}${pathOf(agent.id)}`)
      return sendRecord(reply, agent, warningsFor(sent.card, agent))
    },
  })

  app.put('/api/v1/agents/:reference', {
    config: { body: 'record' },
    schema: {
      operationId: 'updateAgent',
      summary: 'Change a record',
      description:
        'A merge patch (RFC 7396), but `card` is replaced whole. `If-Match` refuses the change when the record has changed meanwhile.',
      tags: ['records'],
      consumes: RECORD_TYPES,
      params: REFERENCE,
      querystring: strictObject({}),
      body: RECORD_BODY,
      response: answers({ 200: widened('Agent', 'The changed record.', WARNINGS) }),
    },
    async handler(request, reply) {
      const bytes = bodyOf(request)
      const sent = takeApart(parseJsonBody(bytes), bytes, {
        mediaType: mediaTypeOf(request),
        bareCards: false,
      })
      const agent = await changeAgent(request, { reference: request.params.reference, sent, agents })
      return sendRecord(reply, agent, warningsFor(sent.card, agent))
    },
  })

  app.delete('/api/v1/agents/:reference', {
    schema: {
      operationId: 'deleteAgent',
      summary: 'Delete a record',
      description: 'Leaves a note that it was deleted, and why. Deleting twice is no error.',
      tags: ['records'],
      params: REFERENCE,
      querystring: strictObject({
        reason: optional(text('Shown to those who look for the record.', AGENT_LIMITS.shortTextChars)),
      }),
      response: answers({ 204: { type: 'null', description: 'It is deleted.' } }),
    },
    async handler(request, reply) {
      const found = await lookUpAgent(agents, request.params.reference, request)
      if (found.kind === 'absent') throw agentNotFound()
      if (found.kind === 'found') {
        refuseUnlessOwner(found.agent, request)
        refuseIfChanged(found.agent, request)
        const isConditional = request.headers['if-match'] !== undefined
        const outcome = await agents.delete(found.agent.id, {
          reason: cleanLine(request.query.reason ?? '') || null,
          expectedRevision: isConditional ? found.agent.revision : null,
          actor: actorOf(request),
        })
        if (outcome === 'stale') throw revisionChanged()
      }
      return reply.code(204).send()
    },
  })

  function sendRecord(reply: FastifyReply, agent: OwnAgent, warnings: readonly string[]): FastifyReply {
    reply.header('etag', tagOf(agent))
    const withheld = agent.withheld && { withheld: withheldToWire(agent.withheld) }
    return reply.send({ ...agentToWire(agent, self), ...withheld, ...(warnings.length > 0 && { warnings }) })
  }
}

function bodyOf({ rawBody }: FastifyRequest): Uint8Array {
  if (rawBody !== null) return rawBody
  throw invalidBody([{ pointer: '', message: 'Missing: takes a record or a card.' }])
}

function cardOptions(
  { isBareCard }: SentRecord,
  query: { readonly visibility?: AgentFields['visibility']; readonly share_card?: boolean },
): Partial<AgentFields> {
  const { visibility, share_card: shareCard } = query
  if (!isBareCard && (visibility !== undefined || shareCard !== undefined)) {
    const names = Object.keys(query)
    throw invalidParameters(
      names.map((name) => ({
        pointer: `?${name}`,
        message: 'Takes effect with a bare card only; set it in the body.',
      })),
    )
  }
  return { ...(visibility !== undefined && { visibility }), ...(shareCard !== undefined && { shareCard }) }
}

const MAX_KEY_CHARS = 255

/** @see draft-ietf-httpapi-idempotency-key-header-07; both the quoted form and the bare one in wide use are taken. */
function idempotencyOf(request: FastifyRequest, body: Uint8Array): Idempotency | null {
  const header = request.headers['idempotency-key']
  if (header === undefined) return null
  const key = typeof header === 'string' ? header.trim().replace(/^"(.*)"$/, '$1') : ''
  if (key === '' || key.length > MAX_KEY_CHARS) {
    const message = `Takes 1 to ${MAX_KEY_CHARS} characters.`
    throw invalidParameters([{ pointer: '?Idempotency-Key', message }])
  }
  const fingerprint = createHash('sha256')
    .update(`${request.raw.url}\n${mediaTypeOf(request)}\n`)
    .update(body)
    .digest('hex')
  return { key, fingerprint }
}

function createdAgent(created: CreatedAgent): OwnAgent {
  switch (created.kind) {
    case 'created':
    case 'replayed':
      return created.agent
    case 'replayed-gone':
      throw new ProblemError(
        'agent-deleted',
        `This request made the record ${created.agentId}, deleted since.`,
      )
    case 'key-reused':
      throw new ProblemError(
        'idempotency-key-reused',
        'This Idempotency-Key was sent with another request before.',
      )
    default:
      return assertNever(created)
  }
}

// A record that changes under every one of so many attempts is written to by a loop.
const MAX_ATTEMPTS = 5

/** Reads, patches and writes; begins anew when somebody else wrote meanwhile, unless `If-Match` forbids it. */
async function changeAgent(
  request: FastifyRequest,
  change: { readonly reference: string; readonly sent: SentRecord; readonly agents: AgentStore },
): Promise<OwnAgent> {
  const { reference, sent, agents } = change
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const current = await getAgent(agents, reference, request)
    refuseUnlessOwner(current, request)
    refuseIfChanged(current, request)
    const result = await patch(current, sent, agents)
    if (result.kind !== 'drafted') throw refusalOf(result)
    const draft: ChangedDraft = maskExtracted(result.draft)
    const actor = actorOf(request)
    const replaced = await agents.replace(current.id, draft, { expectedRevision: current.revision, actor })
    if (replaced.kind === 'replaced') return replaced.agent
    if (replaced.kind === 'absent') throw new ProblemError('agent-deleted', 'The agent was deleted just now.')
  }
  throw revisionChanged()
}

async function patch(current: OwnAgent, sent: SentRecord, agents: AgentStore): Promise<PatchResult> {
  const { members } = sent
  const card = sent.card === 'absent' ? 'keep' : sent.card
  const fieldsOfCard = card === 'keep' ? await cardFields(current, agents) : null
  return applyPatch(current, fieldsOfCard, { members, card })
}

async function cardFields(current: OwnAgent, agents: AgentStore): Promise<Partial<AgentFields> | null> {
  const card = await agents.findCard(current.id)
  if (card === undefined) return null
  const json = parseJson(card.bytes, { maxDepth: SERVER_LIMITS.jsonDepth })
  const read = json.ok ? readCard(json.value) : null
  return read?.kind === 'read' ? read.fields : null
}

function refuseIfChanged(agent: OwnAgent, { headers }: FastifyRequest): void {
  if (!allowsChange(headers['if-match'], tagOf(agent))) throw revisionChanged()
}

function revisionChanged(): ProblemError {
  return new ProblemError('revision-changed', 'The record is no longer the one that If-Match names.')
}
