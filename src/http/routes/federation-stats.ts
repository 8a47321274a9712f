/** How all peers fare, side by side. */
import type { PeerFigures } from '../../domain/federation-ports.ts'
import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { figuresToWire, REPLICA_FIGURES, replicaToWire } from '../peer-figures.ts'
import { answer, answers, WIRE } from '../schemas.ts'
import { DEFAULT_WINDOW, WINDOW, windowMs } from '../time-window.ts'

const NOTHING: PeerFigures = { outcomes: new Map(), p50ResponseTimeMs: null, p95ResponseTimeMs: null }

export function registerFederationStats(app: App, deps: HttpDeps): void {
  const { storage, clock } = deps

  app.get('/api/v1/federation/stats', {
    schema: {
      operationId: 'getFederationStats',
      summary: 'What came of the questions to all peers and from them',
      description:
        'Over the newest 20,000 questions of the window at most; `GET /federation/peers/{id}/stats` counts all of one peer.',
      tags: ['federation'],
      querystring: WINDOW,
      response: answers({
        200: answer('The figures.', {
          window: WIRE.string,
          peers: {
            type: 'array',
            items: answer('A peer.', {
              peer_id: WIRE.string,
              name: WIRE.string,
              outbound: { type: 'object' },
              inbound: { type: 'object' },
              replica: REPLICA_FIGURES,
            }),
          },
        }),
      }),
    },
    async handler(request) {
      const { window = DEFAULT_WINDOW } = request.query
      const since = clock.now() - windowMs(window)
      const [peers, figures] = await Promise.all([storage.peers.list(), storage.queryLog.statsOfAll(since)])
      return {
        window,
        peers: peers.map((peer) => {
          const { outbound, inbound } = figures.get(peer.id) ?? { outbound: NOTHING, inbound: NOTHING }
          return {
            ...{ peer_id: peer.id, name: peer.name },
            ...{ outbound: figuresToWire(outbound), inbound: figuresToWire(inbound) },
            replica: replicaToWire(peer, deps),
          }
        }),
      }
    },
  })
}
