/** Figures of peers, as operators see them. */
import type { PeerFigures, QueryFigures } from '../domain/federation-ports.ts'
import type { Peer } from '../domain/peer.ts'
import { timeToWire } from '../wire/agent.ts'
import type { WireReplicaFigures } from '../wire/peer-figures.ts'
import type { HttpDeps } from './deps.ts'
import { answer, WIRE } from './schemas.ts'

export const REPLICA_FIGURES: object = answer(
  'What the replica that answers counted of it since it was started; other replicas have counts of their own.',
  {
    since: WIRE.time,
    breaker: {
      enum: ['closed', 'open', 'half-open'],
      description: 'Whether it is asked; `open` is left alone after failures, `half-open` is being tried.',
    },
    cache_hits: WIRE.integer,
    cache_misses: WIRE.integer,
    bytes_in: { ...WIRE.integer, description: 'Of its answers.' },
    bytes_out: { ...WIRE.integer, description: 'Of our answers to it.' },
  },
)

export function replicaToWire(
  peer: Pick<Peer, 'id' | 'name'>,
  { replicaFigures }: Pick<HttpDeps, 'replicaFigures'>,
): WireReplicaFigures {
  const { breaker, cacheHits, cacheMisses, bytesIn, bytesOut } = replicaFigures.of(peer)
  return {
    since: timeToWire(replicaFigures.since) ?? '',
    breaker,
    cache_hits: cacheHits,
    cache_misses: cacheMisses,
    bytes_in: bytesIn,
    bytes_out: bytesOut,
  }
}

/** Questions in one direction; the average is there where it was counted. */
export function figuresToWire(figures: PeerFigures | QueryFigures): Readonly<Record<string, unknown>> {
  const { outcomes, p50ResponseTimeMs, p95ResponseTimeMs } = figures
  return {
    queries: [...outcomes.values()].reduce((sum, count) => sum + count, 0),
    outcomes: Object.fromEntries(outcomes),
    ...('averageResponseTimeMs' in figures && { average_response_time_ms: figures.averageResponseTimeMs }),
    p50_response_time_ms: p50ResponseTimeMs,
    p95_response_time_ms: p95ResponseTimeMs,
  }
}
