/** Figures are wanted most while something is wrong: they come without the database too, then without peers' health. */
import type { Peer } from '../domain/peer.ts'
import { LATE, waitAtMost } from '../federation/wait-at-most.ts'
import type { Metrics } from './metrics.ts'

/** Less than a collector of metrics waits, for a database that hangs. */
const WAIT_MS = 1_000

export type MetricsSource = {
  readonly metrics: Pick<Metrics, 'render'>
  readonly listPeers: () => Promise<readonly Peer[]>
  readonly onFault: (error: unknown, during: string) => void
  readonly waitMs?: number
}

export async function renderMetrics(source: MetricsSource): Promise<string> {
  return source.metrics.render(await peersInTime(source))
}

async function peersInTime({
  listPeers,
  onFault,
  waitMs = WAIT_MS,
}: MetricsSource): Promise<readonly Peer[] | null> {
  try {
    const peers = await waitAtMost(listPeers(), waitMs, null)
    return peers === LATE ? null : peers
  } catch (error) {
    onFault(error, 'listing the peers for the metrics')
    return null
  }
}
