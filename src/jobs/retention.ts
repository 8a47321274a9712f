/** How long what is kept is kept. */
import type { Clock, Storage } from '../domain/ports.ts'
import type { JobDeps } from './jobs.ts'

const DAY_MS = 86_400_000

/** In days; the settings of the same names. */
export type Retention = {
  readonly tombstoneDays: number
  readonly auditDays: number
  readonly queryLogDays: number
}

/** What held for minutes. */
export function listSweeps({ nonces, snapshots }: Storage, clock: Clock): JobDeps['sweeps'] {
  return [() => nonces.purge(clock.now()), () => snapshots.purge(clock.now())]
}

/** @param pruneAudit forgets rows of the audit log from before a time (Unix ms). */
export function listPurges(
  storage: Storage,
  { tombstoneDays, auditDays, queryLogDays }: Retention,
  { clock, pruneAudit }: { readonly clock: Clock; readonly pruneAudit: (before: number) => Promise<unknown> },
): JobDeps['purges'] {
  const before = (days: number): number => clock.now() - days * DAY_MS
  return [
    () => storage.purgeTombstones(before(tombstoneDays)),
    // Whole days, so that the chain says once a day what it lost.
    () => pruneAudit(startOfDay(before(auditDays))),
    () => storage.queryLog.purge(before(queryLogDays)),
    () => storage.queryLog.purgeSums(before(auditDays)),
    () => storage.reports.purge(before(auditDays)),
    () => storage.healthChecks.purge(before(queryLogDays)),
    () => storage.peerUsages.purge(before(queryLogDays)),
    () => storage.invites.purge(before(queryLogDays)),
    () => storage.federatedAgents.purge(clock.now()),
    () => storage.identity.purge(clock.now()),
    () => storage.sessions.purge(clock.now()),
  ]
}

/** Of the day in UTC; Unix ms. */
function startOfDay(ms: number): number {
  return ms - (ms % DAY_MS)
}
