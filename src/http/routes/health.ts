/** How this registry and its peers are. */

import type { Peer } from '../../domain/peer.ts'
import { overallStatus } from '../../federation/health.ts'
import { ProblemError } from '../../problem.ts'
import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { strictObject } from '../json-schema.ts'
import { scopeOfRequest } from '../request-state.ts'
import { answer, answers, WIRE } from '../schemas.ts'
import { optionalTime } from '../wire-admin.ts'

const NO_QUERY = strictObject({})
const TAGS = ['health']
const PING_TIMEOUT_MS = 1_000

export function registerHealth(
  app: App,
  deps: HttpDeps,
  { isStopping }: { readonly isStopping: () => boolean },
): void {
  const { storage, uptimes, self, version, clock, config } = deps
  const status = answer('It is.', { status: WIRE.string })

  app.get('/livez', {
    schema: {
      operationId: 'isAlive',
      summary: 'Whether the process runs',
      tags: TAGS,
      querystring: NO_QUERY,
      response: answers({ 200: status }),
    },
    handler: async () => ({ status: 'ok' }),
  })

  app.get('/readyz', {
    schema: {
      operationId: 'isReady',
      summary: 'Whether requests can be served: the database answers, and the process is not stopping',
      tags: TAGS,
      querystring: NO_QUERY,
      response: answers({ 200: status }),
    },
    async handler() {
      if (isStopping()) throw new ProblemError('shutting-down', 'The registry is stopping.')
      try {
        await storage.ping(PING_TIMEOUT_MS)
      } catch (cause) {
        throw new ProblemError('storage-unavailable', 'The database does not answer.', {
          headers: { 'retry-after': '5' },
          cause,
        })
      }
      return { status: 'ok' }
    },
  })

  app.get('/api/v1/health', {
    schema: {
      operationId: 'getHealth',
      summary: 'What this registry is and how many records you may see here',
      tags: TAGS,
      querystring: NO_QUERY,
      response: answers({
        200: answer('It is well.', {
          status: WIRE.string,
          agent_count: WIRE.integer,
          version: WIRE.string,
          time: WIRE.time,
          name: WIRE.string,
          registry_url: WIRE.string,
        }),
      }),
    },
    async handler(request) {
      const mayRead = request.principal.kind !== 'anonymous' || config.anonymousRead
      return {
        status: 'healthy',
        ...(mayRead && { agent_count: await storage.agents.count(scopeOfRequest(request)) }),
        version,
        time: new Date(clock.now()).toISOString(),
        name: self.name,
        registry_url: self.url,
      }
    },
  })

  app.get('/api/v1/federation/health', {
    schema: {
      operationId: 'getFederationHealth',
      summary: 'How the peers are',
      description: 'Counts for everyone; names and errors for holders of a key.',
      tags: ['federation'],
      querystring: NO_QUERY,
      response: answers({
        200: answer('The peers, all in all and one by one.', {
          overall_status: WIRE.string,
          active_peers: WIRE.integer,
          total_peers: WIRE.integer,
          peers: {
            type: 'array',
            items: answer('A peer.', {
              peer_id: WIRE.string,
              name: WIRE.string,
              is_active: WIRE.boolean,
              status: WIRE.string,
              response_time_ms: WIRE.nullableInteger,
              last_check: WIRE.time,
              error: { type: 'string', description: 'Why it fails; absent while it does not.' },
              consecutive_failures: WIRE.integer,
              uptime_24h: {
                type: ['number', 'null'],
                description:
                  'Share of the last 24 hours in which it answered as it should, 0 to 1; up to a minute old. Null if nobody looked.',
              },
              clock_skew_seconds: {
                type: ['integer', 'null'],
                description: 'Its clock minus ours; null if it does not tell the time.',
              },
            }),
          },
        }),
      }),
    },
    async handler(request) {
      const isShown = request.principal.kind === 'key'
      const [peers, lastDay] = await Promise.all([storage.peers.list(), isShown ? uptimes.lastDay() : null])
      return {
        overall_status: overallStatus(peers, config.federation.enabled),
        active_peers: peers.filter(({ isActive }) => isActive).length,
        total_peers: peers.length,
        ...(lastDay !== null && {
          peers: peers.map((peer) => peerToWire(peer, lastDay.get(peer.id)?.share ?? null)),
        }),
      }
    },
  })
}

function peerToWire({ id, name, isActive, health }: Peer, uptime: number | null) {
  return {
    peer_id: id,
    name,
    is_active: isActive,
    status: health.status,
    response_time_ms: health.responseTimeMs,
    last_check: optionalTime(health.lastCheckAt),
    ...(health.error !== null && { error: health.error }),
    consecutive_failures: health.consecutiveFailures,
    uptime_24h: uptime,
    clock_skew_seconds: health.clockSkewSeconds,
  }
}
