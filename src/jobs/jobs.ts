/** What a registry does by itself, again and again. */
import type { Job } from './scheduler.ts'

export type JobDeps = {
  readonly checkPeers: (signal: AbortSignal) => Promise<void>
  readonly healthCheckIntervalSeconds: number
  /** Ties the log of questions to the audit log, and lets signed heads of that out. */
  readonly keepAudit: () => Promise<void>
  /** Looks whether peers still show the keys they are known by. */
  readonly watchKeys: (signal: AbortSignal) => Promise<void>
  /** Each forgets what held for minutes and is over. */
  readonly sweeps: readonly (() => Promise<unknown>)[]
  /** Each forgets what is older than it is to be kept; Unix ms. */
  readonly purges: readonly (() => Promise<unknown>)[]
}

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

export function listJobs(deps: JobDeps): Job[] {
  const { checkPeers, healthCheckIntervalSeconds, watchKeys, sweeps, keepAudit, purges } = deps
  return [
    { name: 'peer-health', everyMs: healthCheckIntervalSeconds * 1000, isShared: true, run: checkPeers },
    { name: 'audit', everyMs: MINUTE_MS, isShared: true, run: keepAudit },
    { name: 'peer-keys', everyMs: HOUR_MS, isShared: true, run: watchKeys },
    {
      name: 'sweep',
      everyMs: MINUTE_MS, // of nonces and of where walks stand, minutes are many
      isShared: true,
      run: (signal) => runAll(sweeps, signal),
    },
    { name: 'retention', everyMs: HOUR_MS, isShared: true, run: (signal) => runAll(purges, signal) },
  ]
}

/** One after the other: none is urgent, and together they would be felt. One that fails stops no other. */
async function runAll(purges: JobDeps['purges'], signal: AbortSignal): Promise<void> {
  const faults: unknown[] = []
  for (const purge of purges) {
    if (signal.aborted) break
    await purge().catch((fault: unknown) => faults.push(fault))
  }
  if (faults.length > 0)
    throw new AggregateError(faults, `${faults.length} of ${purges.length} purges failed`)
}
