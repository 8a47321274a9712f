/** What answers to peers depend on: one look-up by keys, which takes the place of reading the generation alone. */
import { type RawBuilder, sql } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { PeerViews } from '../domain/federation-ports.ts'
import { dayOf } from '../domain/peer-quota.ts'
import type { Clock } from '../domain/ports.ts'
import type { SharePolicy } from '../domain/share-policy.ts'
import { toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import { toQuota, toSharePolicy } from './peer-row.ts'

type Row = {
  readonly records_revision: number
  readonly share_revision: number
  readonly share_policy: unknown
  readonly quota_queries: number | null
  readonly quota_results: number | null
  readonly quota_bytes: number | null
  /** `null` before the first of the day. */
  readonly queries: number | null
  readonly results: number | null
  readonly bytes: number | null
}

const REMEMBERED_POLICIES = 1_000

export function createPeerViews({ db }: Engine, clock: Clock): PeerViews {
  // By peer; read anew when its revision differs.
  const known = new LRUCache<string, { readonly revision: number; readonly policy: SharePolicy | null }>({
    max: REMEMBERED_POLICIES,
  })

  const policyOf = (id: string, { share_revision: revision, share_policy: stored }: Row) => {
    const remembered = known.get(id)
    if (remembered?.revision === revision) return remembered.policy
    const policy = toSharePolicy(stored)
    known.set(id, { revision, policy })
    return policy
  }

  return {
    async read(id) {
      const { rows } = await viewOf(id, dayOf(clock.now()).start).execute(db)
      const [row] = rows
      if (row === undefined) return undefined
      return {
        recordsRevision: row.records_revision,
        shareRevision: row.share_revision,
        policy: policyOf(id, row),
        quota: toQuota(row),
        used: { queries: row.queries ?? 0, results: row.results ?? 0, bytes: row.bytes ?? 0 },
      }
    },
  }
}

function viewOf(id: string, day: number): RawBuilder<Row> {
  return sql<Row>`select counters.value as records_revision, peer.share_revision, peer.share_policy,
      peer.quota_queries, peer.quota_results, peer.quota_bytes, used.queries, used.results, used.bytes
    from federation_peers as peer
    join counters on counters.name = 'agent_changes'
    left join peer_usage as used on used.peer_id = peer.id and used.day = ${toStoredTime(day)}
    where peer.id = ${id}`
}
