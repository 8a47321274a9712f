/** Leases in the database: one row each, taken by whoever comes first once its time is over. */
import { type Kysely, sql } from 'kysely'
import type { LeaseStore } from '../domain/federation-ports.ts'
import type { Clock } from '../domain/ports.ts'
import { toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import type { Tables } from './tables.ts'

/**
 * Times come from the replicas' own clocks. One that runs ahead takes a lease early by as much, so two may think
 * they hold it for that long. A holder that renews at a third of the time to live is never overtaken by a clock less
 * than two thirds of it ahead; for what is left the epoch tells the later holder, and jobs must bear running twice.
 */
export function createLeaseStore({ db }: Engine, clock: Clock): LeaseStore {
  return {
    claim: (name, holder, ttlMs) => claim(db, { name, holder, now: clock.now(), ttlMs }),
    async release(name, holder) {
      // The row stays, so that the epoch goes on growing.
      await db
        .updateTable('leases')
        .set({ expires_at: toStoredTime(0) })
        .where('name', '=', name)
        .where('holder', '=', holder)
        .execute()
    },
  }
}

async function claim(
  db: Kysely<Tables>,
  wanted: { readonly name: string; readonly holder: string; readonly now: number; readonly ttlMs: number },
): Promise<number | undefined> {
  const { name, holder, now, ttlMs } = wanted
  const { rows } = await sql<{ readonly epoch: number }>`
    insert into leases (name, holder, epoch, expires_at)
    values (${name}, ${holder}, 1, ${toStoredTime(now + ttlMs)})
    on conflict (name) do update set
      epoch = case when leases.holder = excluded.holder then leases.epoch else leases.epoch + 1 end,
      holder = excluded.holder, expires_at = excluded.expires_at
    where leases.holder = excluded.holder or leases.expires_at < ${toStoredTime(now)}
    returning epoch`.execute(db)
  return rows[0]?.epoch
}
