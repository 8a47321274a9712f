/**
 * Peers and their secrets kept in memory: every federated search needs them, and they hardly ever change.
 * A change made in this process is seen at once, one made by another replica within a second.
 *
 * What is noted of each peer again and again (health, the place in its changes) is written into the list at hand:
 * reading a thousand peers anew for each of a thousand notes would keep the process busy with nothing else.
 */
import type { Peer, PeerCredentials, PeerId } from '../../domain/peer.ts'
import type { Clock, PeerStore } from '../../domain/ports.ts'

const FRESH_MS = 1_000

type Entry<T> = { readonly value: Promise<T>; readonly readAt: number }

export function cachePeers(store: PeerStore, clock: Clock): PeerStore {
  let list: Entry<Peer[]> | undefined
  const credentials = new Map<PeerId, Entry<PeerCredentials>>()
  const isFresh = (entry: Entry<unknown>): boolean => clock.monotonic() - entry.readAt < FRESH_MS

  const keepList = (entry: Entry<Peer[]>): Promise<Peer[]> => {
    list = entry
    entry.value.catch(() => {
      if (list === entry) list = undefined
    })
    return entry.value
  }
  const changing = async <T>(change: Promise<T>): Promise<T> => {
    try {
      return await change
    } finally {
      // Also after a failure: what became of the change is then unknown.
      list = undefined
      credentials.clear()
    }
  }
  const noting = async <T>(id: PeerId, change: Promise<T>, note: Note<T>): Promise<T> => {
    const result = await change.catch((error: unknown) => {
      list = undefined
      throw error
    })
    // A list still being read may or may not have the change: noting it twice does no harm.
    if (list) {
      const value = list.value.then((peers) => withNote(peers, id, (peer) => note(peer, result)))
      void keepList({ value, readAt: list.readAt })
    }
    return result
  }

  return {
    ...store,
    list() {
      if (list && isFresh(list)) return list.value
      return keepList({ value: store.list(), readAt: clock.monotonic() })
    },
    getCredentials(id) {
      const known = credentials.get(id)
      if (known && isFresh(known)) return known.value
      const entry = { value: store.getCredentials(id), readAt: clock.monotonic() }
      entry.value.catch(() => credentials.delete(id))
      credentials.set(id, entry)
      return entry.value
    },
    create: (draft, actor) => changing(store.create(draft, actor)),
    update: (id, patch, actor) => changing(store.update(id, patch, actor)),
    delete: (id, actor) => changing(store.delete(id, actor)),
    recordKeys: (id, seen) => changing(store.recordKeys(id, seen)),
    enrol: (enrolled, actor) => changing(store.enrol(enrolled, actor)),
    clearCache: (id, actor) => changing(store.clearCache(id, actor)),
    recordHealth: (id, change) =>
      noting(id, store.recordHealth(id, change), (peer, recorded) => ({
        ...peer,
        health: recorded?.after ?? peer.health,
      })),
    recordSync: (id, sync) =>
      noting(id, store.recordSync(id, sync), (peer) => ({
        ...peer,
        sync: { position: sync.position, epoch: sync.epoch },
        lastSyncAt: sync.syncedAt,
      })),
    markStale: (id, before) =>
      noting(id, store.markStale(id, before), (peer) => ({
        ...peer,
        staleBefore: Math.max(before, peer.staleBefore ?? before),
      })),
    raiseEpoch: (id) =>
      noting(id, store.raiseEpoch(id), (peer, epoch) => ({
        ...peer,
        epoch: Math.max(peer.epoch, epoch ?? 0),
      })),
  }
}

/** The peer as a change with this result left it. */
type Note<T> = (peer: Peer, result: T) => Peer

/** A list with one peer noted anew; the very same list when the peer is not in it. */
function withNote(peers: Peer[], id: PeerId, note: (peer: Peer) => Peer): Peer[] {
  const place = peers.findIndex((peer) => peer.id === id)
  const peer = peers[place]
  return peer ? peers.with(place, note(peer)) : peers
}
