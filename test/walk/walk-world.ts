/** Five registries from one seed, our own among them, and a walk over their merged answer. */
import assert from 'node:assert/strict'
import type { Agent, Did } from '../../src/domain/agent.ts'
import { type DiscoveryAnswer, type DiscoveryQuery, NO_FILTER } from '../../src/domain/discovery.ts'
import type { Peer } from '../../src/domain/peer.ts'
import type { Scope } from '../../src/domain/principal.ts'
import { createDiscovery, type Discovery } from '../../src/federation/discover.ts'
import type { ManualClock } from '../support/clocks.ts'
import { engineDeps, walkDeps } from '../support/engine.ts'
import { createManualClock, makeAgent, makePeer, NOW } from '../support/federation.ts'
import { createRandom, type Random } from '../support/random.ts'
import { FakeRegistry, protocolOf } from './fake-registry.ts'
import { createOwnStore } from './own-store.ts'

const WORDS = [
  'search',
  'file',
  'mail',
  'data',
  'translate',
  'weather',
  'code',
  'image',
  'agent',
  'map',
  'chart',
]
const SCOPE: Scope = { widest: 'local', ownerId: null }
const PEERS = 4

export type WalkWorld = {
  readonly query: DiscoveryQuery
  readonly random: Random
  readonly peers: readonly Peer[]
  readonly registries: readonly FakeRegistry[]
  readonly own: readonly Agent[]
  readonly clock: ManualClock
  /** Another replica of the same registry: it shares cursors and snapshots, and has cached nothing yet. */
  replica(): Discovery
}

export function createWalkWorld(seed: number): WalkWorld {
  const random = createRandom(seed)
  const makeRecords = (url: string, registry: number): Agent[] => {
    const topic = random.pick(WORDS)
    return Array.from({ length: random.between(20, 130) }, (_, place) =>
      makeRecord(random, { url, registry, place, topic }),
    )
  }
  const urls = Array.from({ length: PEERS }, (_, place) => `https://r${place}.example`)
  const registries = urls.map((url, place) => new FakeRegistry(url, makeRecords(url, place)))
  const own = makeRecords('https://us.example', PEERS)
  const peers = urls.map((url, place) =>
    makePeer(url, { name: `Registry ${place}`, priority: random.between(0, 1) }),
  )
  const protocol = protocolOf(new Map(registries.map((registry) => [registry.url, registry])))
  const shared = walkDeps()
  const clock = createManualClock()
  const search = random.chance(0.15) ? null : `${random.pick(WORDS)} ${random.pick(WORDS)}`
  return {
    ...{ random, peers, registries, own, clock },
    query: {
      ...{ search, filter: NO_FILTER, includeLocal: true, includeFederated: true, peers: [] },
      ...{
        limit: random.between(3, 25),
        timeoutMs: 5_000,
        maxAgeSeconds: null,
        forceRefresh: false,
        cursor: null,
      },
    },
    replica: () =>
      createDiscovery({
        ...engineDeps({ clock, findProtocol: () => protocol }),
        ...shared,
        ...createOwnStore(own),
        listPeers: async () => peers,
        settings: {
          ...{ enabled: true, publicUrl: 'https://us.example', name: 'Us', outboundRatePerMinute: 1_000_000 },
          ...{ cacheTtlSeconds: 300, queryTimeoutMs: 5_000, maxResultsPerPeer: 20 },
        },
      }),
  }
}

/** Some records stand in two registries: the same address, described in other words. */
function makeRecord(
  random: Random,
  { url, registry, place, topic }: { url: string; registry: number; place: number; topic: string },
): Agent {
  const words = Array.from({ length: random.between(1, 9) }, () =>
    random.chance(0.3) ? topic : random.pick(WORDS),
  )
  const id = `r${registry}-${place}`
  const address = random.chance(0.15) ? `https://common.example/${place}` : `https://only.example/${id}`
  return makeAgent(id, {
    did: `did:web:${new URL(url).host}:agents:${id}` as Did,
    name: words.slice(0, 2).join(' '),
    description: words.slice(2).join(' '),
    endpoints: [{ url: address, protocol: 'a2a', binding: null }],
    createdAt: NOW - random.between(1, 500) * 60_000,
  })
}

/** Walks to the end, at most `mostPages`; `between` runs before each further page. */
export async function walk(
  discoveries: readonly Discovery[],
  { query }: WalkWorld,
  between: (page: number) => void = () => {},
): Promise<DiscoveryAnswer[]> {
  const pages: DiscoveryAnswer[] = []
  let cursor: string | null = null
  do {
    const discovery = discoveries[pages.length % discoveries.length] ?? assert.fail('nobody answers')
    if (pages.length > 0) between(pages.length)
    const signal = new AbortController().signal
    const answer: DiscoveryAnswer = await discovery.discover({ ...query, cursor }, SCOPE, { signal })
    pages.push(answer)
    cursor = answer.nextCursor
    assert.ok(pages.length < 500, 'the walk has no end')
  } while (cursor !== null)
  return pages
}
