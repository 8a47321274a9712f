/**
 * One registry and its fleet of simulated peers, in virtual time: the engine as it is, with nothing replaced but
 * clock, chance, network and stores.
 */
import { type DiscoveryQuery, NO_FILTER } from '../src/domain/discovery.ts'
import type { Peer } from '../src/domain/peer.ts'
import type { Scope } from '../src/domain/principal.ts'
import { createDiscovery, type Discovery } from '../src/federation/discover.ts'
import type { FederationEvents } from '../src/federation/federation-events.ts'
import { nextHealth } from '../src/federation/health.ts'
import type { Outbound } from '../src/security/outbound.ts'
import { createMemoryResultCache } from '../src/storage/cache/memory.ts'
import { engineDeps, walkDeps } from '../test/support/engine.ts'
import { createEventLog, makePeer, NOW } from '../test/support/federation.ts'
import { createRandom } from '../test/support/random.ts'
import type { Catalogue } from '../test/world/catalogue.ts'
import { seedOf } from '../test/world/draws.ts'
import type { Nature } from '../test/world/nature.ts'
import { createNetwork, type Member } from '../test/world/network.ts'
import { createLocalStore } from '../test/world/stores.ts'
import { createVirtualClock, type VirtualClock } from '../test/world/virtual-clock.ts'
import type { SimulatedPeer } from './simulated-peers.ts'

export type FleetRun = {
  readonly seed: number
  readonly peers: readonly SimulatedPeer[]
  readonly searches: number
  /** Between two searches, on average. */
  readonly pauseMs: number
}

export type SimulatedSearch = {
  readonly elapsedMs: number
  /** Of the peers that do not hang, how many answered in time. */
  readonly answeredLive: number
}

export type FleetResult = {
  readonly searches: readonly SimulatedSearch[]
  /** Peers that do not hang. */
  readonly live: number
  /** Requests that peers received, and how many of them were not the first of their search. */
  readonly requests: number
  readonly repeated: number
}

const USER: Scope = { widest: 'local', ownerId: null }
const LONGEST_REQUEST_MS = 5_000

/**
 * Lets searches nobody made before come at random times, as those of many users do.
 *
 * @throws what the engine had to report as a fault of its own.
 */
export async function runFleet(run: FleetRun): Promise<FleetResult> {
  const clock = createVirtualClock(NOW)
  const random = createRandom(seedOf(run.seed, 0))
  const asked = createAskedCounts(run)
  const rows = run.peers.map((_, place) => makePeer(`https://p${place}.example`, { name: `P${place}` }))
  const watched = watchPeers(rows, clock)
  const network = openNetwork(run, { clock, rows, asked })
  const discovery = openDiscovery({ clock, random: random.next, network, watched })
  const live = new Set(rows.filter((_, place) => run.peers[place]?.kind !== 'hung').map(({ id }) => id))

  const search = async (turn: number): Promise<SimulatedSearch> => {
    const started = clock.monotonic()
    const { signal } = new AbortController()
    const { stats } = await discovery.discover(queryFor(turn), USER, { signal })
    const answered = (stats?.peers ?? []).filter(({ outcome }) => outcome === 'answered')
    return {
      elapsedMs: roundToMicroseconds(clock.monotonic() - started),
      answeredLive: answered.filter(({ peerId }) => live.has(peerId)).length,
    }
  }
  const searchOnAndOn = async (): Promise<SimulatedSearch[]> => {
    const running: Promise<SimulatedSearch>[] = []
    for (let turn = 0; turn < run.searches; turn += 1) {
      await clock.sleep(-Math.log(1 - random.next()) * run.pauseMs)
      running.push(search(turn))
    }
    await clock.sleep(2 * LONGEST_REQUEST_MS) // what is still under way ends
    return Promise.all(running)
  }
  const searches = await clock.run(searchOnAndOn())
  for (const fault of watched.faults) throw fault
  return { searches, live: live.size, requests: asked.requests, repeated: asked.repeated }
}

/** Sums of times are not exact, and 500.0000000000002 ms break no promise. */
function roundToMicroseconds(ms: number): number {
  return Math.round(ms * 1_000) / 1_000
}

/** How often which peer was asked in which search. */
type AskedCounts = {
  /** Notes a request. @returns how many there were before it. */
  note(place: number, search: number): number
  readonly requests: number
  readonly repeated: number
}

function createAskedCounts({ peers, searches }: FleetRun): AskedCounts {
  const counts = new Uint8Array(peers.length * searches)
  let [requests, repeated] = [0, 0]
  return {
    note(place, search) {
      const at = search * peers.length + place
      const before = counts[at] ?? 0
      counts[at] = before + 1
      requests += 1
      if (before > 0) repeated += 1
      return before
    },
    get requests() {
      return requests
    },
    get repeated() {
      return repeated
    },
  }
}

type Network = Pick<Outbound, 'request'>

function openNetwork(
  { seed, peers }: FleetRun,
  {
    clock,
    rows,
    asked,
  }: { readonly clock: VirtualClock; readonly rows: readonly Peer[]; readonly asked: AskedCounts },
): Network {
  const members = peers.map((peer, place): Member => {
    const { id: peerId, registryUrl } = rows[place] ?? makePeer('')
    const nature = natureOf(peer, (search) => asked.note(place, search))
    return { peerId, registryUrl, nature, catalogue: NO_CATALOGUE }
  })
  const byOrigin = new Map(members.map((member) => [member.registryUrl, member]))
  return createNetwork(byOrigin, { seed, clock, traffic: { begin: () => {}, end: () => {} } })
}

/** All answers are without records: to merge them takes no virtual time, and is measured elsewhere. */
const BODY = Buffer.from(JSON.stringify({ agents: [], next_cursor: null }))
const NO_CATALOGUE: Catalogue = { generationAt: () => 0, pageFor: () => ({ body: BODY, etag: '"0"' }) }

function natureOf({ kind, latencyMs }: SimulatedPeer, note: (search: number) => number): Nature {
  const headers = { 'content-type': 'application/json' }
  return {
    ...{ name: kind, isHonest: true, isPrompt: false },
    reply({ query }) {
      const search = Number(query.get('search')?.split(' ').at(-1))
      const afterMs = latencyMs(search, note(search))
      if (!Number.isFinite(afterMs)) return 'silence'
      return { afterMs, result: () => ({ kind: 'response', status: 200, headers, body: BODY }) }
    },
  }
}

type WatchedPeers = {
  list(): readonly Peer[]
  readonly events: FederationEvents
  readonly faults: readonly unknown[]
}

/** Peers' health follows from what searches find, as in a registry; the list is the same while none changes. */
function watchPeers(rows: readonly Peer[], clock: VirtualClock): WatchedPeers {
  const places = new Map(rows.map(({ id }, place) => [id, place]))
  const log = createEventLog()
  let peers = rows
  const events: FederationEvents = {
    ...log,
    breakerChanged: () => {},
    peerAsked({ id }, result) {
      const place = places.get(id) ?? -1
      const peer = peers[place]
      if (peer === undefined) return
      const failure = result.kind === 'failed' ? result : null
      const health = nextHealth(peer.health, { by: 'search', failure }, { threshold: 3, now: clock.now() })
      const { status, consecutiveFailures } = peer.health
      const isSame = health.status === status && health.consecutiveFailures === consecutiveFailures
      if (!isSame) peers = peers.with(place, { ...peer, health })
    },
  }
  return { list: () => peers, events, faults: log.faults }
}

function openDiscovery({
  clock,
  random,
  network,
  watched,
}: {
  readonly clock: VirtualClock
  readonly random: () => number
  readonly network: Network
  readonly watched: WatchedPeers
}): Discovery {
  return createDiscovery({
    ...engineDeps({ clock, random }),
    ...walkDeps(),
    ...createLocalStore(clock, ['signal ours']),
    cache: createMemoryResultCache({ maxBytes: 32 * 1024 * 1024, clock }),
    outbound: network,
    listPeers: async () => watched.list(),
    events: watched.events,
    settings: {
      ...{ enabled: true, publicUrl: 'https://us.example', name: 'Us', maxResultsPerPeer: 50 },
      ...{ cacheTtlSeconds: 300, queryTimeoutMs: LONGEST_REQUEST_MS, outboundRatePerMinute: 300 },
    },
  })
}

function queryFor(turn: number): DiscoveryQuery {
  return {
    ...{ search: `signal ${turn}`, filter: NO_FILTER, includeLocal: true, includeFederated: true },
    ...{ peers: [], limit: 20, timeoutMs: LONGEST_REQUEST_MS },
    ...{ maxAgeSeconds: null, forceRefresh: false, cursor: null },
  }
}
