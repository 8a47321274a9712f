/** What a simulated registry keeps, in memory, at the speed of such stores. */
import type { PeerAnswer } from '../../src/domain/discovery.ts'
import type { Peer } from '../../src/domain/peer.ts'
import type { SharedCache } from '../../src/domain/sharing.ts'
import type { LastSeen } from '../../src/federation/last-seen.ts'
import type { LocalSearchDeps } from '../../src/federation/local-search.ts'
import type { PeerRequest } from '../../src/federation/protocols/protocol.ts'
import { createTestStore, makeAgent } from '../support/federation.ts'
import type { Random } from '../support/random.ts'
import type { VirtualClock } from './virtual-clock.ts'

export const LOCAL_MS = 12

export function createLocalStore(clock: VirtualClock, names: readonly string[]): LocalSearchDeps {
  const store = createTestStore(names.map((name) => makeAgent(name)))
  return {
    agents: store.agents,
    index: {
      search: async (...asked) => {
        await clock.sleep(LOCAL_MS)
        return store.index.search(...asked)
      },
    },
  }
}

/** One in ten look-ups finds nothing, as from a cache that is full or away. */
export function createSharedStore(clock: VirtualClock, random: Random): SharedCache {
  const values = new Map<string, { readonly value: Uint8Array; readonly until: number }>()
  return {
    async get(key) {
      await clock.sleep(4 * random.next())
      const found = values.get(key)
      return found !== undefined && clock.monotonic() < found.until && random.next() > 0.1
        ? found.value
        : undefined
    },
    put: (key, value, ttlSeconds) =>
      values.set(key, { value, until: clock.monotonic() + ttlSeconds * 1_000 }),
  }
}

export type SeenStore = LastSeen & { keep(peer: Peer, answer: PeerAnswer): void }

/** Keeps the records of each peer's last answer; a search finds those that match it. */
export function createSeenStore(clock: VirtualClock): SeenStore {
  const stored = new Map<string, PeerAnswer>()
  const loaded = new Map<string, PeerAnswer>()
  const keyOf = ({ id, epoch }: Peer): string => `${id} ${epoch}`
  return {
    keep: (peer, answer) => void stored.set(keyOf(peer), answer),
    recall(peer, request) {
      const seen = loaded.get(keyOf(peer))
      if (seen === undefined) return undefined
      const agents = seen.agents.filter(({ name }) => matches(name, request))
      return { ...seen, agents, statistics: null, hasMore: false, nextCursor: null }
    },
    isLoaded: (peer) => stored.get(keyOf(peer)) === loaded.get(keyOf(peer)),
    async load(peer) {
      await clock.sleep(3)
      const answer = stored.get(keyOf(peer))
      if (answer !== undefined) loaded.set(keyOf(peer), answer)
    },
  }
}

function matches(name: string, { search }: PeerRequest): boolean {
  return search === null || name.includes(search.trim())
}
