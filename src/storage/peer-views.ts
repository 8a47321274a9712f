/** What answers to peers depend on: one look-up by keys, which takes the place of reading the generation alone. */
import { type RawBuilder, sql } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { PeerViews } from '../domain/federation-ports.ts'
import type { SharePolicy } from '../domain/share-policy.ts'
import type { Engine } from './engine.ts'
import { toSharePolicy } from './peer-row.ts'

type Row = {
  readonly records_revision: number
  readonly share_revision: number
  readonly share_policy: unknown
}

const REMEMBERED_POLICIES = 1_000

export function createPeerViews({ db }: Engine): PeerViews {
  // By peer; read anew when its revision differs.
  const known = new LRUCache<string, { readonly revision: number; readonly policy: SharePolicy | null }>({
    max: REMEMBERED_POLICIES,
  })

  return {
    async read(id) {
      const { rows } = await viewOf(id).execute(db)
      const [row] = rows
      if (row === undefined) return undefined
      const { records_revision: recordsRevision, share_revision: shareRevision } = row
      const remembered = known.get(id)
      if (remembered?.revision === shareRevision) {
        return { recordsRevision, shareRevision, policy: remembered.policy }
      }
      const policy = toSharePolicy(row.share_policy)
      known.set(id, { revision: shareRevision, policy })
      return { recordsRevision, shareRevision, policy }
    },
  }
}

function viewOf(id: string): RawBuilder<Row> {
  return sql<Row>`select counters.value as records_revision, peer.share_revision, peer.share_policy
    from federation_peers as peer join counters on counters.name = 'agent_changes' where peer.id = ${id}`
}
