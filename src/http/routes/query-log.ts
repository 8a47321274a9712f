/** The questions between this registry and its peers. */
import { Readable } from 'node:stream'
import type { QueryLogFilter, QueryLogRow } from '../../domain/federation-ports.ts'
import { timeToWire } from '../../wire/agent.ts'
import type { WireLoggedQuery } from '../../wire/query-log.ts'
import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { oneOf, optional, strictObject } from '../json-schema.ts'
import { peerNotFound } from '../peer-admission.ts'
import { answer, answers, count, text, WIRE } from '../schemas.ts'
import { timeOf } from '../time-parameter.ts'

const QUERY = strictObject({
  peer: optional(text('Only questions to or from this peer, by id; it may have been removed.', 64)),
  direction: optional(
    oneOf(['outbound', 'inbound'], { description: 'Only ours to peers, or theirs to us.' }),
  ),
  outcome: optional(text('Only with this outcome, such as `answered` or `timeout`.', 40)),
  since: optional(text('Only from this time on (RFC 3339).', 40)),
  until: optional(text('Only before this time (RFC 3339).', 40)),
  limit: optional(count('Most rows; 100 if not given.', { minimum: 1, maximum: 1_000 })),
  before: optional(count('Only rows that follow the one with this `id`.', { minimum: 1 })),
})
const DEFAULT_LIMIT = 100
const PAGE = 2_000

export function registerQueryLog(app: App, { storage }: HttpDeps): void {
  app.get('/api/v1/federation/query-log', {
    schema: {
      operationId: 'listQueryLog',
      summary: 'Questions between this registry and its peers, in both directions; newest first',
      description:
        'Our searches and look-ups at peers, and theirs here (`GET /agents`, `GET /agents/{id}`). Rows are there within a second. Answers from the cache are no questions to a peer and are counted by the metrics alone. What was searched for is a keyed hash, equal for equal searches; its text is there with `REGISTRY_LOG_QUERIES=plain` only.',
      tags: ['federation'],
      querystring: QUERY,
      response: answers({
        200: answer('The rows.', {
          queries: {
            type: 'array',
            items: answer('A question.', {
              id: WIRE.integer,
              direction: { enum: ['outbound', 'inbound'] },
              peer_id: WIRE.string,
              peer_name: WIRE.string,
              outcome: WIRE.string,
              response_time_ms: WIRE.integer,
              results: WIRE.nullableInteger,
              query_hash: WIRE.nullableString,
              query_text: WIRE.nullableString,
              request_id: WIRE.nullableString,
              created_at: WIRE.time,
            }),
          },
          next_before: WIRE.nullableInteger,
        }),
      }),
    },
    async handler(request) {
      const { peer, direction, outcome, since, until, limit = DEFAULT_LIMIT, before } = request.query
      const filter: QueryLogFilter = {
        limit,
        ...(peer !== undefined && { peerId: peer }),
        ...(direction !== undefined && { direction }),
        ...(outcome !== undefined && { outcome }),
        ...(since !== undefined && { since: timeOf(since, 'since') }),
        ...(until !== undefined && { until: timeOf(until, 'until') }),
        ...(before !== undefined && { before }),
      }
      const rows = await storage.queryLog.list(filter)
      if (rows.length === 0 && peer !== undefined && !(await isKnown(peer, storage))) throw peerNotFound()
      return {
        queries: rows.map(rowToWire),
        next_before: rows.length < limit ? null : (rows.at(-1)?.id ?? null),
      }
    },
  })

  app.get('/api/v1/federation/query-log/export', {
    exposeHeadRoute: false, // it would make all lines and drop them
    schema: {
      operationId: 'exportQueryLog',
      summary: 'The whole log of questions, one JSON object a line, oldest first',
      description:
        'Each line is a row as the digests in the audit log cover it: their SHA-256 is over these very bytes, line feeds included.',
      tags: ['federation'],
      querystring: strictObject({
        after: optional(count('Only rows behind the one with this `id`.', { minimum: 0 })),
      }),
      response: answers({
        200: {
          description: 'Lines of JSON.',
          content: { 'application/x-ndjson': { schema: { type: 'string' } } },
        },
      }),
    },
    handler: async (request, reply) =>
      reply.type('application/x-ndjson').send(Readable.from(exportLines(request.query.after ?? 0, storage))),
  })
}

async function* exportLines(from: number, { queryLog }: HttpDeps['storage']): AsyncGenerator<string> {
  for (let after = from; ; ) {
    const lines = await queryLog.readLines({ after, limit: PAGE })
    if (lines.length > 0) yield lines.map(({ text }) => `${text}\n`).join('')
    after = lines.at(-1)?.id ?? after
    if (lines.length < PAGE) return
  }
}

/** Whether there is such a peer, or was one when something was asked. */
async function isKnown(peerId: string, { peers, queryLog }: HttpDeps['storage']): Promise<boolean> {
  if ((await peers.find(peerId)) !== undefined) return true
  return (await queryLog.list({ peerId, limit: 1 })).length > 0
}

function rowToWire(row: QueryLogRow): WireLoggedQuery {
  return {
    id: row.id,
    direction: row.direction,
    peer_id: row.peerId,
    peer_name: row.peerName,
    outcome: row.outcome,
    response_time_ms: row.responseTimeMs,
    results: row.results,
    query_hash: row.queryHash,
    query_text: row.queryText,
    request_id: row.requestId,
    created_at: timeToWire(row.createdAt) ?? '', // written here, so it has one
  }
}
