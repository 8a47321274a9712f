/**
 * A registry among simulated peers, in virtual time: the engine as it is, with nothing replaced but clock, chance,
 * network and stores. All that happens follows from one seed.
 */
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { type DiscoveryProgress, type DiscoveryQuery, NO_FILTER } from '../../src/domain/discovery.ts'
import type { Peer } from '../../src/domain/peer.ts'
import { PUBLIC_SCOPE, type Scope } from '../../src/domain/principal.ts'
import { createDiscovery, type Discovery } from '../../src/federation/discover.ts'
import type { FederationEvents } from '../../src/federation/federation-events.ts'
import { nextHealth } from '../../src/federation/health.ts'
import { createMemoryResultCache } from '../../src/storage/cache/memory.ts'
import { engineDeps, walkDeps } from '../support/engine.ts'
import { NOW } from '../support/federation.ts'
import { createRandom, type Random } from '../support/random.ts'
import { AGENT_TYPES, WORDS } from './catalogue.ts'
import { checkSearch, type Observed } from './check-search.ts'
import { seedOf } from './draws.ts'
import { createNetwork } from './network.ts'
import { createPopulation, type Population } from './population.ts'
import { createLocalStore, createSeenStore, createSharedStore, LOCAL_MS } from './stores.ts'
import { createTraffic, type Traffic } from './traffic.ts'
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts'

export type WorldOptions = {
  readonly seed: number
  readonly peers: number
  readonly searches: number
}

/** One of the processes that are the registry. */
type Replica = { readonly discovery: Discovery; readonly traffic: Traffic }

/** What went on, for the record. */
export type Tally = { searches: number; answered: number; failed: number; skipped: number; requests: number }

const TTL_SECONDS = 300
const KEY_HOLDER: Scope = { widest: 'local', ownerId: null }
/** Pauses between searches, at most: as they come, hardly any, and such in which answers grow old in each way. */
const PACES: readonly (readonly number[])[] = [
  [0, 20, 200, 1_000],
  [0, 0, 5],
  [0, 200, 5_000, 40_000, 290_000, 500_000, 80_000_000],
]
const OURS = WORDS.map((word) => `${word} ours`)

/**
 * Lets one world run to its end.
 * @throws Error that says what did not hold, and how to run this world alone.
 */
export async function runWorld(options: WorldOptions): Promise<Tally> {
  const broken: unknown[] = []
  const note = (reason: unknown): void => void broken.push(reason)
  process.on('unhandledRejection', note)
  try {
    const tally = await new World(options).run()
    assert.deepEqual(broken, [], 'no rejection is unhandled')
    return tally
  } catch (cause) {
    const { seed, peers, searches } = options
    const alone = `WORLD=${seed},${peers},${searches} npx node --test test/world/world.test.ts`
    const what = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${what}\nTo run this world alone: ${alone}`, { cause })
  } finally {
    process.off('unhandledRejection', note)
  }
}

class World {
  readonly #options: WorldOptions
  readonly #random: Random
  readonly #clock: VirtualClock
  readonly #population: Population
  readonly #replicas: readonly Replica[]
  readonly #pauses: readonly number[]
  readonly #faults: unknown[] = []
  /** The peers there were when a search looked: by then it may have waited for its turn. */
  readonly #looked = new AsyncLocalStorage<{ peers: readonly Peer[] | null }>()
  readonly #failures: unknown[] = []
  readonly #tally: Tally = { searches: 0, answered: 0, failed: 0, skipped: 0, requests: 0 }

  constructor(options: WorldOptions) {
    const { seed, peers: count } = options
    this.#options = options
    this.#random = createRandom(seedOf(seed, 1))
    const clock = createVirtualClock(NOW)
    this.#clock = clock
    this.#population = createPopulation(seedOf(seed, 2), { count, clock })
    this.#pauses = this.#random.pick(PACES)
    this.#replicas = this.#open(this.#random.pick([1, 1, 2]))
  }

  async run(): Promise<Tally> {
    await this.#clock.run(this.#searchOnAndOn())
    for (const failure of this.#failures) throw failure
    await this.#clock.run(this.#clock.sleep(10_000)) // longer than any request takes
    const traffics = this.#replicas.map(({ traffic }) => traffic)
    for (const { underWay } of traffics) assert.equal(underWay, 0, 'every request has ended')
    assert.equal(this.#clock.pending, 0, 'no timer is left')
    return { ...this.#tally, requests: traffics.reduce((sum, { requests }) => sum + requests, 0) }
  }

  /** Replicas share what a database and a cache of all of them would hold. */
  #open(count: number): Replica[] {
    const { seed } = this.#options
    const clock = this.#clock
    const chance = createRandom(seedOf(seed, 3))
    const sharedCache = count > 1 ? createSharedStore(clock, chance) : null
    const seen = createSeenStore(clock)
    const isSeenKept = chance.next() < 0.5
    return Array.from({ length: count }, (_, place) => {
      const traffic = createTraffic({ clock, ttlSeconds: TTL_SECONDS })
      const discovery = createDiscovery({
        ...engineDeps({ clock, random: chance.next, sharedCache }),
        ...walkDeps(),
        ...createLocalStore(clock, OURS),
        ...(isSeenKept && { lastSeen: seen, onAnswer: seen.keep }),
        cache: createMemoryResultCache({ maxBytes: 1 << 30, clock }),
        outbound: createNetwork(this.#population.members, { seed: seedOf(seed, 4, place), clock, traffic }),
        listPeers: async () => this.#listPeers(),
        events: this.#listen(),
        settings: {
          ...{ enabled: true, publicUrl: 'https://us.example', name: 'Us', maxResultsPerPeer: 50 },
          ...{ cacheTtlSeconds: TTL_SECONDS, queryTimeoutMs: 5_000, outboundRatePerMinute: 100_000 },
        },
      })
      return { discovery, traffic }
    })
  }

  /** Peers' health follows from what searches find, as in a registry. */
  #listen(): FederationEvents {
    return {
      peerOutcome: () => {},
      peerCalledOff: () => {},
      breakerChanged: () => {},
      healthChanged: () => {},
      peerSynced: () => {},
      keyOffered: () => {},
      questionsLost: () => {},
      recordsLost: () => {},
      fault: (error) => void this.#faults.push(error),
      peerAsked: ({ id }, result) => {
        const failure = result.kind === 'failed' ? result : null
        const rule = { threshold: 3, now: this.#clock.now() }
        this.#population.change(id, (peer) => ({
          ...peer,
          health: nextHealth(peer.health, { by: 'search', failure }, rule),
        }))
      },
    }
  }

  #listPeers(): readonly Peer[] {
    const peers = this.#population.peers()
    const search = this.#looked.getStore()
    if (search !== undefined) search.peers = peers
    return peers
  }

  async #searchOnAndOn(): Promise<void> {
    const running: Promise<void>[] = []
    const note = (failure: unknown): void => void this.#failures.push(failure)
    for (let search = 0; search < this.#options.searches && this.#failures.length === 0; search += 1) {
      await this.#clock.sleep(this.#drawPauseMs())
      if (this.#random.next() < 0.1) this.#meddle()
      running.push(this.#search().catch(note))
    }
    await Promise.all(running)
  }

  #meddle(): void {
    const became = this.#population.meddle(this.#random)
    for (const { traffic } of this.#replicas) {
      if (became === 'overtaken') traffic.overtake()
      if (became === 'forgotten') traffic.startAnew()
    }
  }

  #drawPauseMs(): number {
    return this.#random.pick(this.#pauses) * this.#random.next()
  }

  async #search(): Promise<void> {
    const random = this.#random
    const clock = this.#clock
    const { discovery, traffic } = random.pick(this.#replicas)
    const query = drawQuery(random, this.#population.peers())
    const scope = random.next() < 0.3 ? PUBLIC_SCOPE : KEY_HOLDER
    const told: DiscoveryProgress[] | null = random.next() < 0.5 ? [] : null
    const user = new AbortController()
    const leavesAfterMs = random.next() < 0.1 ? 500 * random.next() : null
    if (leavesAfterMs !== null) clock.after(leavesAfterMs, () => user.abort())
    const isStrict = query.forceRefresh || query.maxAgeSeconds !== null
    const forbid = isStrict ? traffic.allowWhile() : () => {}
    const looked: { peers: readonly Peer[] | null } = { peers: null }
    const started = clock.monotonic()
    const options = {
      signal: user.signal,
      ...(told !== null && { onProgress: (progress: DiscoveryProgress) => void told.push(progress) }),
    }
    const answer = await this.#looked.run(looked, () => discovery.discover(query, scope, options))
    forbid()
    assert.ok(looked.peers !== null, 'a search looks who its peers are')
    const elapsedMs = clock.monotonic() - started
    const observed: Observed = {
      ...{
        query,
        scope,
        peers: looked.peers,
        endedAt: clock.now(),
        elapsedMs,
        told,
        answer,
        localMs: query.includeLocal ? LOCAL_MS : 0,
      },
      hasLeft: user.signal.aborted,
    }
    this.#check(observed, { started, traffic })
  }

  #check(
    observed: Observed,
    { started, traffic }: { readonly started: number; readonly traffic: Traffic },
  ): void {
    const { members } = this.#population
    const memberOf = (url: string) => members.get(url)
    checkSearch(observed, { ttlSeconds: TTL_SECONDS, ours: OURS, memberOf, beganAt: NOW })
    assert.deepEqual(traffic.faults, [])
    assert.deepEqual(this.#faults, [], 'no fault of our own')
    for (const row of observed.answer.stats?.peers ?? []) {
      if (row.outcome === 'answered') this.#tally.answered += 1
      else if (row.outcome === 'skipped') this.#tally.skipped += 1
      else this.#tally.failed += 1
      const isPrompt = members.get(row.registryUrl)?.nature.isPrompt && row.reason !== 'not-selected'
      const wasFull = traffic.fullAt(row.peerId) >= started
      if (isPrompt && !wasFull && !observed.hasLeft) {
        assert.equal(row.outcome, 'answered', `${row.name} answers in time always, and was ${row.error}`)
      }
    }
    this.#tally.searches += 1
  }
}

function drawQuery(random: Random, peers: readonly Peer[]): DiscoveryQuery {
  const often = <T>(usual: T, other: T): T => (random.next() < 0.85 ? usual : other)
  return {
    search: often(random.pick(WORDS), null),
    filter: { ...NO_FILTER, agentType: often(null, random.pick(AGENT_TYPES)) },
    includeLocal: often(true, false),
    includeFederated: true,
    peers: often([], [random.pick(peers).name]),
    limit: random.pick([1, 20, 100]),
    cursor: null,
    timeoutMs: random.pick([50, 300, 2_000, 5_000, 5_000]),
    maxAgeSeconds: often(null, random.pick([0, 60, 1_000])),
    forceRefresh: often(false, true),
  }
}
