/**
 * Peers and their secrets kept in memory: every federated search needs them, and they hardly ever change.
 * A change made in this process is seen at once, one made by another replica within a second.
 */
import type { Peer, PeerCredentials, PeerId } from '../../domain/peer.ts'
import type { Clock, PeerStore } from '../../domain/ports.ts'

const FRESH_MS = 1_000

export function cachePeers(store: PeerStore, clock: Clock): PeerStore {
  let list: { readonly peers: Promise<Peer[]>; readonly readAt: number } | undefined
  const credentials = new Map<
    PeerId,
    { readonly opened: Promise<PeerCredentials>; readonly readAt: number }
  >()
  const isFresh = (entry: { readonly readAt: number } | undefined): boolean =>
    entry !== undefined && clock.monotonic() - entry.readAt < FRESH_MS

  const forget = (): void => {
    list = undefined
    credentials.clear()
  }
  const changing = async <T>(change: Promise<T>): Promise<T> => {
    try {
      return await change
    } finally {
      // Also after a failure: what became of the change is then unknown.
      forget()
    }
  }

  return {
    ...store,
    list() {
      if (list && isFresh(list)) return list.peers
      const entry = { peers: store.list(), readAt: clock.monotonic() }
      entry.peers.catch(() => {
        if (list === entry) list = undefined
      })
      list = entry
      return entry.peers
    },
    getCredentials(id) {
      const known = credentials.get(id)
      if (known && isFresh(known)) return known.opened
      const entry = { opened: store.getCredentials(id), readAt: clock.monotonic() }
      entry.opened.catch(() => credentials.delete(id))
      credentials.set(id, entry)
      return entry.opened
    },
    create: (draft, actor) => changing(store.create(draft, actor)),
    update: (id, patch, actor) => changing(store.update(id, patch, actor)),
    delete: (id, actor) => changing(store.delete(id, actor)),
    async recordHealth(id, health) {
      await store.recordHealth(id, health)
      list = undefined
    },
  }
}
