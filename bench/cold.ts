/**
 * What a federated search costs that nobody asked before: twenty peers that answer after 5 ms, with 50 records in all,
 * 25 KB. Once with records that came in earlier answers, as they do in nine of ten answers of real registries, and once
 * with records that nobody has seen. The same is told, without a promise, of peers that fill their pages: 50 records
 * each, a thousand in all, 500 KB.
 *
 * Beside it, in turn: the same requests by bare undici, each answer through `JSON.parse` and no further. The peers are
 * one process; the engine, with real sockets, and the bare requests share this one, whose processor time is told. What
 * the registry writes behind its answers, copies of records and a log, takes time of its own that no search waits for:
 * it is measured with a real database, and told without a promise.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { mintDid } from '../src/cards/did.ts'
import { SYSTEM_CLOCK } from '../src/clock.ts'
import { type DiscoveryQuery, NO_FILTER } from '../src/domain/discovery.ts'
import type { Scope } from '../src/domain/principal.ts'
import { createMetrics } from '../src/events/metrics.ts'
import { createEvents, createLog } from '../src/events.ts'
import type { Discovery } from '../src/federation/discover.ts'
import { createFederation } from '../src/federation/federation.ts'
import { NEW_PEER } from '../src/http/routes/peers.ts'
import { createBlockWatch } from '../src/moderation/block-watch.ts'
import { parseNetworks } from '../src/security/addresses.ts'
import { createCursorSealer } from '../src/security/cursor-seal.ts'
import { createKeyRing } from '../src/security/key-ring.ts'
import { createOutbound } from '../src/security/outbound.ts'
import { createSecretBox } from '../src/security/secret-box.ts'
import { createMemoryResultCache } from '../src/storage/cache/memory.ts'
import { openStorage } from '../src/storage/database.ts'
import { percentile, report, sortNumbers } from './figures.ts'
import { makeFolder } from './places.ts'
import { runBench } from './run-bench.ts'

const WARM_UP_SEARCHES = 900 // by then what is called often is compiled, there and here
const ROUNDS = 20
const WRITING_ROUNDS = 5 // each ends with a rest
const SEARCHES = 15
const MOST_WHOLE = 0.95 // of the answers hold all peers, or they are not to be compared
const WRITES_END_AFTER_MS = 1_000
const PUBLIC_URL = 'http://127.0.0.1:9'
const USER: Scope = { widest: 'local', ownerId: null }
const ACTOR = { id: 'system', requestId: null }

/** Whether all peers answered; on a busy machine one may be late. */
type Way = (search: string) => Promise<boolean>
/** Of each search in ms, and the processor time of each round's usual search. */
type Promised = { readonly atMost: number } | undefined
type Taken = { readonly times: number[]; readonly cpuMs: number[] }

await runBench(async (stack) => {
  const urls = await startPeers(stack)
  const bare = openBare(stack, urls)
  const engine = searcher(await openDiscovery(stack, urls, { writes: false }), urls)
  const registry = searcher(await openDiscovery(stack, urls, { writes: true }), urls)
  for (const [kind, what, promise] of [
    ['known few', 'records seen before', { atMost: 2.5 }],
    ['new few', 'records never seen', { atMost: 5 }],
    ['known whole', 'whole pages, records seen before', undefined],
    ['new whole', 'whole pages, records never seen', undefined],
  ] as const) {
    const taken = await compare(kind, [bare, engine])
    tell(what, taken, promise)
    const [writing] = await compare(kind, [registry], { restMs: WRITES_END_AFTER_MS, rounds: WRITING_ROUNDS })
    console.log(
      `  with all that is written behind: ${p50(writing?.cpuMs ?? []).toFixed(1)} ms of processor time`,
    )
  }
})

/** Lets the ways take turns. @param options.restMs after each way's turn, which count to its processor time. */
async function compare(
  kind: string,
  ways: readonly Way[],
  { restMs = 0, rounds = ROUNDS } = {},
): Promise<Taken[]> {
  for (const way of ways) {
    for (let turn = 0; turn < WARM_UP_SEARCHES; turn += 1) await way(`${kind} signal ${restMs} warm ${turn}`)
  }
  const taken = ways.map((): Taken => ({ times: [], cpuMs: [] }))
  for (let round = 0; round < rounds; round += 1) {
    for (const [place, way] of ways.entries()) {
      const before = process.cpuUsage()
      const times: number[] = []
      for (let turn = 0; turn < SEARCHES; turn += 1) {
        const started = performance.now()
        const isWhole = await way(`${kind} signal ${restMs} ${round * SEARCHES + turn}`)
        if (isWhole) times.push(performance.now() - started)
      }
      await sleep(restMs)
      const { user, system } = process.cpuUsage(before)
      taken[place]?.times.push(...times)
      taken[place]?.cpuMs.push((user + system) / 1_000 / SEARCHES)
    }
  }
  const fewest = Math.min(...taken.map(({ times }) => times.length))
  if (fewest < MOST_WHOLE * rounds * SEARCHES)
    throw new Error('the machine is too busy: peers answer too late')
  return taken
}

function p50(values: readonly number[]): number {
  return percentile(sortNumbers([...values]), 0.5)
}

function tell(what: string, [bare, ours]: readonly Taken[], promise: Promised): void {
  for (const [figure, of] of [
    ['p50', (taken?: Taken) => p50(taken?.times ?? [])],
    ['processor time', (taken?: Taken) => p50(taken?.cpuMs ?? [])],
  ] as const) {
    console.log(`  ${what}, ${figure}: ${of(ours).toFixed(1)} ms, bare requests ${of(bare).toFixed(1)} ms`)
    report({
      what: `cold fan-out to 20 peers, ${what}: ${figure} as a multiple of that of bare requests`,
      measured: of(ours) / of(bare),
      unit: '',
      ...(promise && { promise }),
    })
  }
}

function searcher(discovery: Discovery, urls: readonly string[]): Way {
  return async (search) => {
    const { agents, stats } = await discovery.discover(queryFor(search), USER, {
      signal: AbortSignal.timeout(10_000),
    })
    const isWhole = stats?.successfulQueries === urls.length
    if (stats === null || stats.cacheHits > 0 || (isWhole && agents.length !== 20)) {
      throw new Error(`not a cold answer: ${agents.length} results, ${JSON.stringify(stats)}`)
    }
    return isWhole
  }
}

async function startPeers(stack: AsyncDisposableStack): Promise<string[]> {
  const child = spawn(process.execPath, ['bench/cold-peers.ts'], { stdio: ['ignore', 'pipe', 'inherit'] })
  stack.defer(() => void child.kill('SIGTERM'))
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as string[]
  throw new Error('the peers did not start')
}

/** @param writes whether copies and the log are written, as a registry does. */
async function openDiscovery(
  stack: AsyncDisposableStack,
  urls: readonly string[],
  { writes }: { readonly writes: boolean },
): Promise<Discovery> {
  const clock = SYSTEM_CLOCK
  const ring = createKeyRing()
  const folder = await makeFolder(stack)
  const storage = stack.use(
    await openStorage(`sqlite:${join(folder, 'asker.db')}`, {
      ...{ secretBox: createSecretBox(ring), clock, publicUrl: PUBLIC_URL, isRebasing: false },
      asShared: (agent) => agent,
      mask: (agent) => agent,
      maskRule: 'none',
      didOf: (id) => mintDid(PUBLIC_URL, id),
      onConnectionLost: () => {},
    }),
  )
  for (const [place, registryUrl] of urls.entries()) {
    await storage.peers.create({ ...NEW_PEER, name: `Peer ${place}`, registryUrl }, ACTOR)
  }
  const outbound = stack.use(createOutbound({ peerNetworks: parseNetworks(['127.0.0.0/8']) }))
  const [queryHashKey] = ring.deriveKeys('query-log')
  if (queryHashKey === undefined) throw new Error('the key ring has no key')
  const { federatedAgents, queryLog } = storage
  const stores = {
    ...storage,
    ...(!writes && {
      federatedAgents: { ...federatedAgents, remember: async () => {} },
      queryLog: { ...queryLog, append: async () => {} },
    }),
  }
  const { discovery } = stack.use(
    createFederation({
      ...{ stores, outbound, queryHashKey, clock, random: Math.random, sharedCache: null },
      cursors: createCursorSealer(ring.deriveKeys('cursor')),
      blocks: createBlockWatch(() => stores.blocks.listRefs()),
      resultCache: createMemoryResultCache({ maxBytes: 32 * 1024 * 1024, clock }),
      events: createEvents(createLog('warn', process.stderr), createMetrics().events),
      settings: {
        ...{ enabled: true, publicUrl: PUBLIC_URL, name: 'Asker', maxResultsPerPeer: 50 },
        ...{ cacheTtlSeconds: 300, queryTimeoutMs: 5_000, outboundRatePerMinute: 1_000_000 },
        ...{ healthCheckIntervalSeconds: 60, unhealthyThreshold: 3, isQueryTextLogged: false },
      },
    }),
  )
  return discovery
}

function queryFor(search: string): DiscoveryQuery {
  return {
    ...{ search, filter: NO_FILTER, includeLocal: false, includeFederated: true, peers: [], limit: 20 },
    ...{ timeoutMs: 5_000, maxAgeSeconds: null, forceRefresh: false, cursor: null },
  }
}

function openBare(stack: AsyncDisposableStack, urls: readonly string[]): Way {
  const pools = urls.map((url) => stack.adopt(new Pool(url, { connections: 8 }), (pool) => pool.destroy()))
  return async (search) => {
    const path = `/api/v1/agents?${new URLSearchParams({ search, limit: '50' })}`
    const pages = await Promise.all(
      pools.map(async (pool) => {
        const { body } = await pool.request({ method: 'GET', path, headers: { accept: 'application/json' } })
        return JSON.parse(await body.text()) as { readonly agents: readonly unknown[] }
      }),
    )
    if (pages.some(({ agents }) => agents.length < 2)) throw new Error('a page is not whole')
    return true
  }
}
