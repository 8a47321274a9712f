/** What was done here, by whom and when; and what proves that the log of it is whole. */
import { Readable } from 'node:stream'
import { writeEnd, writeRow, writeStart } from '../../audit/export-lines.ts'
import type { AuditFilter } from '../../domain/audit-ports.ts'
import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { boolean, optional, strictObject } from '../json-schema.ts'
import { answer, answers, count, text, WIRE } from '../schemas.ts'
import { timeOf } from '../time-parameter.ts'
import { invalidParameters } from '../validation.ts'
import { optionalTime } from '../wire-admin.ts'

const TAGS = ['administration']
const NO_QUERY = strictObject({})
const DEFAULT_LIMIT = 100
const PAGE = 2_000
/** Rows that no act stands behind, one of them a minute. */
const HOUSEKEEPING = 'query-log'

const QUERY = strictObject({
  limit: optional(count('Most rows; 100 if not given.', { minimum: 1, maximum: 1_000 })),
  before: optional(count('Only rows before this `seq`.', { minimum: 1 })),
  action: optional(text('Only this action, such as `peer.create`, or all of a kind, such as `peer`.', 64)),
  actor: optional(text('Only what this actor did, such as `key:0199…` or `system`.', 100)),
  target: optional(text('Only what was done to this, such as `peer:0199…`.', 300)),
  since: optional(text('Only from this time on (RFC 3339).', 40)),
  until: optional(text('Only before this time (RFC 3339).', 40)),
  all: optional(boolean({ description: 'Also what the registry notes of its query log each minute.' })),
})

const HEAD = {
  registry_url: WIRE.string,
  seq: WIRE.integer,
  hash: WIRE.string,
  at: WIRE.time,
  keyid: WIRE.string,
  public_key: { type: 'object', properties: { kty: WIRE.string, crv: WIRE.string, x: WIRE.string } },
  signature: WIRE.string,
}

export function registerAudit(app: App, deps: HttpDeps): void {
  const { storage, auditKeeper } = deps

  app.get('/api/v1/audit', {
    schema: {
      operationId: 'listAudit',
      summary: 'What was changed, by whom and when; newest first',
      tags: TAGS,
      querystring: QUERY,
      response: answers({
        200: answer('The rows.', {
          audit: {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                seq: WIRE.integer,
                at: WIRE.time,
                actor: WIRE.string,
                action: WIRE.string,
                target: WIRE.string,
                detail: { type: 'object' },
                request_id: WIRE.nullableString,
                hash: WIRE.string,
              },
            },
          },
          next_before: WIRE.nullableInteger,
        }),
      }),
    },
    async handler(request) {
      const { limit = DEFAULT_LIMIT, before = null, action, since, until, all, ...rest } = request.query
      const filter: AuditFilter = {
        ...{ limit, before, exceptKinds: all === true || action !== undefined ? [] : [HOUSEKEEPING] },
        ...rest,
        ...(action !== undefined && { action: actionOf(action) }),
        ...(since !== undefined && { since: timeOf(since, 'since') }),
        ...(until !== undefined && { until: timeOf(until, 'until') }),
      }
      const rows = await storage.audit.list(filter)
      return {
        audit: rows.map(({ at, requestId, ...row }) => ({
          ...row,
          at: optionalTime(at),
          request_id: requestId,
        })),
        next_before: rows.length < limit ? null : (rows.at(-1)?.seq ?? null),
      }
    },
  })

  app.get('/api/v1/audit/head', {
    schema: {
      operationId: 'getAuditHead',
      summary: 'The last row of the audit log, signed',
      description:
        'Kept where whoever owns the database cannot reach it, it shows later that the end of the log was cut off or the log written anew. docs/audit.md says what is signed.',
      tags: TAGS,
      querystring: NO_QUERY,
      response: answers({ 200: answer('The head.', HEAD) }),
    },
    handler: () => auditKeeper.signHead(),
  })

  app.get('/api/v1/audit/export', {
    exposeHeadRoute: false, // it would make all lines and drop them
    schema: {
      operationId: 'exportAudit',
      summary: 'The whole audit log, one JSON object a line, to be kept or checked elsewhere',
      description:
        'First what the chain goes on from, last its head with our signature; between them each row with its hash, oldest first, byte for byte as its hash covers it.',
      tags: TAGS,
      querystring: NO_QUERY,
      response: answers({
        200: {
          description: 'Lines of JSON.',
          content: { 'application/x-ndjson': { schema: { type: 'string' } } },
        },
      }),
    },
    handler: async (_request, reply) =>
      reply.type('application/x-ndjson').send(Readable.from(exportLines(deps))),
  })
}

async function* exportLines({ storage, auditKeeper, self }: HttpDeps): AsyncGenerator<string> {
  const { audit } = storage
  const { start, head } = await audit.span()
  const signed = await auditKeeper.signHead(head)
  yield writeStart(self.url, start)
  for (let after = start.seq; ; ) {
    const rows = await audit.readTexts({ after, through: head.seq, limit: PAGE })
    if (rows.length > 0) yield rows.map(writeRow).join('')
    after = rows.at(-1)?.seq ?? after
    if (rows.length < PAGE) break
  }
  yield writeEnd(head, signed)
}

/** @throws ProblemError 400 */
function actionOf(written: string): string {
  if (/^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)?$/.test(written)) return written
  const message = 'Takes an action such as peer.create, or a kind of them such as peer.'
  throw invalidParameters([{ pointer: '?action', message }])
}
