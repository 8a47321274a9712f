/**
 * Figures are wanted most while something is wrong: they come without the database too, then without what is read from
 * it.
 */
import type { Uptime } from '../domain/federation-ports.ts'
import type { ModerationFigures } from '../domain/moderation.ts'
import type { Peer, PeerId } from '../domain/peer.ts'
import type { DatabaseConnections } from '../domain/ports.ts'
import { LATE, waitAtMost } from '../federation/wait-at-most.ts'
import type { Metrics } from './metrics.ts'

/** Less than a collector of metrics waits, for a database that hangs. */
const WAIT_MS = 1_000

export type MetricsSource = {
  readonly metrics: Pick<Metrics, 'render'>
  readonly listPeers: () => Promise<readonly Peer[]>
  readonly readUptimes: () => Promise<ReadonlyMap<PeerId, Uptime>>
  readonly readModeration: () => Promise<ModerationFigures>
  readonly connections: () => DatabaseConnections | null
  readonly onFault: (error: unknown, during: string) => void
  readonly waitMs?: number
}

export async function renderMetrics(source: MetricsSource): Promise<string> {
  const { metrics, listPeers, readUptimes, readModeration } = source
  // Looked at first: reading the rest takes a connection of its own.
  const connections = source.connections()
  const [peers, uptimes, moderation] = await Promise.all([
    inTime(listPeers, 'listing the peers for the metrics', source),
    inTime(readUptimes, 'reading the uptime of peers for the metrics', source),
    inTime(readModeration, 'reading what is blocked and reported for the metrics', source),
  ])
  return metrics.render(peers, { uptimes, connections, moderation })
}

/** Null when it does not come, or not in time. */
async function inTime<T>(
  read: () => Promise<T>,
  during: string,
  { onFault, waitMs = WAIT_MS }: MetricsSource,
): Promise<T | null> {
  try {
    const told = await waitAtMost(read(), waitMs, null)
    return told === LATE ? null : told
  } catch (error) {
    onFault(error, during)
    return null
  }
}
