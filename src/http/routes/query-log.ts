/** The questions between this registry and its peers. */
import type { QueryLogFilter, QueryLogRow } from '../../domain/federation-ports.ts'
import { ProblemError } from '../../problem.ts'
import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { oneOf, optional, strictObject } from '../json-schema.ts'
import { peerNotFound } from '../peer-admission.ts'
import { answer, answers, count, text, WIRE } from '../schemas.ts'
import { optionalTime } from '../wire-admin.ts'

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
}

/** Whether there is such a peer, or was one when something was asked. */
async function isKnown(peerId: string, { peers, queryLog }: HttpDeps['storage']): Promise<boolean> {
  if ((await peers.find(peerId)) !== undefined) return true
  return (await queryLog.list({ peerId, limit: 1 })).length > 0
}

function rowToWire(row: QueryLogRow) {
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
    created_at: optionalTime(row.createdAt),
  }
}

/** Without its offset a time would be taken for one of this machine's. */
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/i

function timeOf(written: string, name: string): number {
  const ms = RFC_3339.test(written) ? Date.parse(written) : Number.NaN
  if (!Number.isNaN(ms)) return ms
  throw new ProblemError('invalid-parameter', `${name}: takes a time such as 2026-01-31T12:00:00Z.`, {
    errors: [{ pointer: `?${name}`, message: 'Takes a time such as 2026-01-31T12:00:00Z.' }],
  })
}
