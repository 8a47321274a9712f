/** What users say about agents, and what became of it. */
import type { FastifyRequest } from 'fastify'
import {
  REPORT_CATEGORIES,
  REPORT_RESOLUTIONS,
  type Report,
  type ReportDraft,
} from '../../domain/moderation.ts'
import { assertNever, ProblemError } from '../../problem.ts'
import { cleanLine, cleanText } from '../../security/text.ts'
import { timeToWire } from '../../wire/agent.ts'
import { agentNotFound, agentOf, lookUpAgent } from '../agent-lookup.ts'
import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { boolean, oneOf, optional, strictObject } from '../json-schema.ts'
import { SERVER_LIMITS } from '../limits.ts'
import { actorOf, scopeOfRequest } from '../request-state.ts'
import { answer, answers, count, text, WIRE } from '../schemas.ts'
import { invalidBody } from '../validation.ts'
import { optionalTime } from '../wire-admin.ts'

const TAGS = ['moderation']
const NO_QUERY = strictObject({})
const DEFAULT_LIMIT = 100

const REPORT = {
  id: WIRE.string,
  did: WIRE.string,
  agent_name: WIRE.string,
  registry_url: WIRE.string,
  category: { enum: REPORT_CATEGORIES },
  detail: WIRE.string,
  contact: WIRE.nullableString,
  reporter: WIRE.string,
  created_at: WIRE.time,
  resolution: { enum: [...REPORT_RESOLUTIONS, null] },
  note: WIRE.nullableString,
  resolved_by: WIRE.nullableString,
  resolved_at: WIRE.time,
}

export function registerReports(app: App, deps: HttpDeps): void {
  const { reports } = deps.storage

  app.post('/api/v1/agents/:reference/report', {
    config: { body: 'json' },
    schema: {
      operationId: 'reportAgent',
      summary: 'Tell the operators that something is wrong with an agent',
      description:
        'Of this registry, or of a peer if it was seen here of late (by its DID). The same reporter is heard once while the report is open.',
      tags: TAGS,
      params: strictObject({ reference: text('The id of a record, or a DID.', SERVER_LIMITS.paramChars) }),
      querystring: NO_QUERY,
      body: strictObject(
        {
          category: oneOf([...REPORT_CATEGORIES], { description: 'What is wrong with it.' }),
          detail: text('In your words.', 2_000),
          contact: optional(text('Where to tell you what became of it.', 200)),
        },
        { examples: [{ category: 'impersonation', detail: 'We are Acme, and this is not ours.' }] },
      ),
      response: answers({
        202: answer('It was taken in.', { status: { enum: ['open', 'known'] }, id: WIRE.nullableString }),
      }),
    },
    async handler(request, reply) {
      const reported = await reports.create(await draftOf(request, request.body, deps))
      switch (reported.kind) {
        case 'created':
          return reply.code(202).send({ status: 'open', id: reported.report.id })
        case 'known':
          return reply.code(202).send({ status: 'known', id: null })
        case 'full':
          throw new ProblemError(
            'too-many-reports',
            'So many reports are open here that no more are taken in: tell the operators in another way.',
          )
        default:
          return assertNever(reported)
      }
    },
  })

  app.get('/api/v1/reports', {
    schema: {
      operationId: 'listReports',
      summary: 'What users reported; newest first',
      tags: TAGS,
      querystring: strictObject({
        status: optional(
          oneOf(['open', 'resolved'], { description: 'Only these; open ones, if not given.' }),
        ),
        did: optional(text('Only about this agent.', SERVER_LIMITS.paramChars)),
        limit: optional(count('Most reports; 100 if not given.', { minimum: 1, maximum: 1_000 })),
        before: optional(text('Only reports that follow the one with this id.', 64)),
      }),
      response: answers({
        200: answer('The reports.', {
          reports: { type: 'array', items: answer('A report.', REPORT) },
          next_before: WIRE.nullableString,
        }),
      }),
    },
    async handler(request) {
      const { status = 'open', did, limit = DEFAULT_LIMIT, before = null } = request.query
      const found = await reports.list({
        ...{ isOpen: status === 'open', limit, before },
        ...(did !== undefined && { did }),
      })
      return {
        reports: found.map(reportToWire),
        next_before: found.length < limit ? null : (found.at(-1)?.id ?? null),
      }
    },
  })

  app.post('/api/v1/reports/:id/resolve', {
    config: { body: 'json' },
    schema: {
      operationId: 'resolveReport',
      summary: 'Close a report, with what became of it',
      description: 'It does nothing by itself: take-downs, blocks and suspensions are acts of their own.',
      tags: TAGS,
      params: strictObject({ id: text('The id of a report.', 64) }),
      querystring: NO_QUERY,
      body: strictObject(
        {
          resolution: oneOf([...REPORT_RESOLUTIONS], { description: 'What became of it.' }),
          note: optional(text('For the operators.', 2_000)),
          all: optional(boolean({ description: 'Close all open reports about the same agent with it.' })),
        },
        { examples: [{ resolution: 'taken-down', all: true }] },
      ),
      response: answers({
        200: answer('The report.', {
          ...REPORT,
          resolved: { type: 'integer', description: 'How many were closed.' },
        }),
      }),
    },
    async handler(request) {
      const { resolution, note, all = false } = request.body
      const given = { resolution, note: note === undefined ? null : cleanText(note), isForAll: all }
      const done = await reports.resolve(request.params.id, given, actorOf(request))
      if (done === undefined) throw new ProblemError('report-not-found', 'No open report has this id.')
      return { ...reportToWire(done.report), resolved: done.resolved }
    },
  })
}

/** @throws ProblemError 404 for an agent that the reporter does not see, 422 for a report that says nothing. */
async function draftOf(
  request: FastifyRequest<{ Params: { reference: string } }>,
  body: { readonly category: ReportDraft['category']; readonly detail: string; readonly contact?: string },
  deps: HttpDeps,
): Promise<ReportDraft> {
  const detail = cleanText(body.detail)
  if (detail === '') throw invalidBody([{ pointer: '/detail', message: 'Takes a text that can be read.' }])
  const contact = cleanLine(body.contact ?? '')
  const { principal } = request
  return {
    ...(await reportedAgent(request, deps)),
    ...{ category: body.category, detail, contact: contact === '' ? null : contact },
    reporter: principal.kind === 'key' ? actorOf(request).id : 'anonymous',
  }
}

type ReportedAgent = Pick<ReportDraft, 'did' | 'agentName' | 'registryUrl'>

async function reportedAgent(
  request: FastifyRequest<{ Params: { reference: string } }>,
  { storage, self }: HttpDeps,
): Promise<ReportedAgent> {
  const { reference } = request.params
  const found = await lookUpAgent(storage.agents, reference, request)
  if (found.kind !== 'absent') {
    const { did, name } = agentOf(found)
    return { did, agentName: name, registryUrl: self.url }
  }
  const isPublicOnly = scopeOfRequest(request).widest === 'public'
  for (const { peerId, data } of await storage.federatedAgents.findByDid(reference)) {
    const { did, name, visibility } = Object(data) as Readonly<Record<string, unknown>>
    const peer = await storage.peers.find(peerId)
    if (peer === undefined || !peer.isActive || (isPublicOnly && visibility !== 'public')) continue
    return { did: String(did), agentName: String(name), registryUrl: peer.registryUrl }
  }
  throw agentNotFound()
}

function reportToWire(report: Report): object {
  return {
    ...{ id: report.id, did: report.did, agent_name: report.agentName, registry_url: report.registryUrl },
    ...{
      category: report.category,
      detail: report.detail,
      contact: report.contact,
      reporter: report.reporter,
    },
    ...{ created_at: timeToWire(report.createdAt), resolution: report.resolution, note: report.note },
    ...{ resolved_by: report.resolvedBy, resolved_at: optionalTime(report.resolvedAt) },
  }
}
