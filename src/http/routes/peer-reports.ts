/** How one peer fares, and forgetting what is kept of it. */
import type { Peer } from '../../domain/peer.ts'
import { dayOf } from '../../domain/peer-quota.ts'
import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { optional, strictObject } from '../json-schema.ts'
import { peerNotFound } from '../peer-admission.ts'
import { figuresToWire, REPLICA_FIGURES, replicaToWire } from '../peer-figures.ts'
import { actorOf } from '../request-state.ts'
import { answer, answers, count, text, WIRE } from '../schemas.ts'
import { timeOf } from '../time-parameter.ts'
import { DEFAULT_WINDOW, WINDOW, WINDOW_LENGTH, windowMs } from '../time-window.ts'
import { optionalTime } from '../wire-admin.ts'

const ID = strictObject({ id: text('The id of a peer.', 64) })
const NO_QUERY = strictObject({})
const TAGS = ['federation']
const MOST_CHECKS = 1_000
const CHECKS_QUERY = strictObject({
  window: WINDOW_LENGTH,
  limit: optional(count('Most checks; 1,000 if not given.', { minimum: 1, maximum: MOST_CHECKS })),
  before: optional(text('Only checks before this time (RFC 3339).', 40)),
})

export function registerPeerReports(app: App, deps: HttpDeps): void {
  const { storage, uptimes, clock } = deps

  app.get('/api/v1/federation/peers/:id/health', {
    schema: {
      operationId: 'getPeerHealth',
      summary: 'The checks of a peer, newest first, and its uptime',
      description:
        'Of the window, the newest 1,000 checks at most, or `limit`; with `before` = `next_before` of the answer before, those that follow. The uptime and the average are of the whole window, whatever part of its checks is here.',
      tags: TAGS,
      params: ID,
      querystring: CHECKS_QUERY,
      response: answers({
        200: answer('Its health.', {
          peer_id: WIRE.string,
          status: WIRE.string,
          window: WIRE.string,
          uptime: {
            type: ['number', 'null'],
            description:
              'Share of the time it answered as it should, 0 to 1: a check counts until the next one. Null if nobody looked.',
          },
          average_response_time_ms: { type: ['number', 'null'] },
          checks: {
            type: 'array',
            items: answer('A check.', {
              at: WIRE.time,
              status: WIRE.string,
              up: WIRE.boolean,
              response_time_ms: WIRE.nullableInteger,
              error: WIRE.nullableString,
            }),
          },
          next_before: {
            ...WIRE.time,
            description: 'For `before`, when the window has more checks than these; else null.',
          },
        }),
      }),
    },
    async handler(request) {
      const peer = await getPeer(request.params.id, deps)
      const { window = DEFAULT_WINDOW, limit = MOST_CHECKS, before } = request.query
      const lengthMs = windowMs(window)
      const span = {
        since: clock.now() - lengthMs,
        ...(before !== undefined && { before: timeOf(before, 'before') }),
      }
      const [found, uptime] = await Promise.all([
        storage.healthChecks.list(peer.id, { ...span, limit: limit + 1 }), // one more tells whether there are more
        uptimes.ofPeer(peer.id, lengthMs),
      ])
      const checks = found.slice(0, limit)
      return {
        peer_id: peer.id,
        status: peer.health.status,
        window,
        uptime: uptime?.share ?? null,
        average_response_time_ms: uptime?.averageResponseTimeMs ?? null,
        checks: checks.map(({ at, status, isUp, responseTimeMs, error }) => ({
          ...{ at: optionalTime(at), status, up: isUp, response_time_ms: responseTimeMs, error },
        })),
        next_before: found.length > limit ? optionalTime(checks.at(-1)?.at ?? null) : null,
      }
    },
  })

  app.get('/api/v1/federation/peers/:id/stats', {
    schema: {
      operationId: 'getPeerStats',
      summary: 'What came of the questions to a peer and from it',
      tags: TAGS,
      params: ID,
      querystring: WINDOW,
      response: answers({
        200: answer('The figures.', {
          peer_id: WIRE.string,
          window: WIRE.string,
          agent_count: WIRE.integer,
          outbound: { type: 'object' },
          inbound: { type: 'object' },
          replica: REPLICA_FIGURES,
          taken_today: answer(
            'What it took of its quota since midnight UTC; nothing is counted without one.',
            {
              queries: WIRE.integer,
              results: WIRE.integer,
              bytes: WIRE.integer,
            },
          ),
        }),
      }),
    },
    async handler(request) {
      const peer = await getPeer(request.params.id, deps)
      const { window = DEFAULT_WINDOW } = request.query
      const now = clock.now()
      const { outbound, inbound } = await storage.queryLog.stats(peer.id, now - windowMs(window))
      const taken = await storage.peerUsages.read(peer.id, dayOf(now).start)
      return {
        ...{ peer_id: peer.id, window, agent_count: peer.health.agentCount },
        ...{ outbound: figuresToWire(outbound), inbound: figuresToWire(inbound) },
        ...{ replica: replicaToWire(peer, deps), taken_today: taken },
      }
    },
  })

  app.delete('/api/v1/federation/peers/:id/cache', {
    schema: {
      operationId: 'clearPeerCache',
      summary: 'Forget all that is kept of a peer’s answers and records, on every replica',
      tags: TAGS,
      params: ID,
      querystring: NO_QUERY,
      response: answers({ 200: answer('What was forgotten.', { purged_agents: WIRE.integer }) }),
    },
    async handler(request) {
      const peer = await getPeer(request.params.id, deps)
      const cleared = await storage.peers.clearCache(peer.id, actorOf(request))
      if (cleared === undefined) throw peerNotFound()
      deps.forgetPeer(peer.id)
      return { purged_agents: cleared.purgedAgents }
    },
  })
}

async function getPeer(id: string, { storage }: HttpDeps): Promise<Peer> {
  const peer = await storage.peers.find(id)
  if (peer === undefined) throw peerNotFound()
  return peer
}
