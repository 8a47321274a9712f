/**
 * One way to ask the twenty peers of `cold.ts`, in a process of its own: `bare` requests, the `engine` with real sockets,
 * or the engine of a `registry` that writes behind its answers. What shares a process with another way runs slower than
 * either does alone: what V8 learns of one is wrong for the other.
 *
 * Started by `cold.ts` with the way and the peers' addresses; answers each `Turn` with what it `Took`.
 */
import { on } from 'node:events'
import { join } from 'node:path'
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
import { makeFolder } from './places.ts'
import { runBench } from './run-bench.ts'

export type WayName = 'bare' | 'engine' | 'registry'

/** Searches to be made one after the other, and the time to wait then, whose work counts as theirs. */
export type Turn = { readonly searches: readonly string[]; readonly restMs: number }

export type Took = {
  /** Of each search that all peers answered, in ms; on a busy machine one may be late. */
  readonly times: readonly number[]
  /** Processor time of a search, in ms. */
  readonly cpuMs: number
}

const PUBLIC_URL = 'http://127.0.0.1:9'
const USER: Scope = { widest: 'local', ownerId: null }
const ACTOR = { id: 'system', requestId: null }

/** Whether all peers answered. */
type Way = (search: string) => Promise<boolean>

await runBench(async (stack) => {
  const way = await openWay(stack)
  const turns = on(process, 'message', { close: ['disconnect'] })
  process.send?.('ready')
  for await (const [turn] of turns) process.send?.(await take(way, turn as Turn))
})

async function openWay(stack: AsyncDisposableStack): Promise<Way> {
  const [name, ...urls] = process.argv.slice(2)
  if (name === 'bare') return openBare(stack, urls)
  return searcher(await openDiscovery(stack, urls, { writes: name === 'registry' }), urls)
}

async function take(way: Way, { searches, restMs }: Turn): Promise<Took> {
  const before = process.cpuUsage()
  const times: number[] = []
  for (const search of searches) {
    const started = performance.now()
    if (await way(search)) times.push(performance.now() - started)
  }
  await sleep(restMs)
  const { user, system } = process.cpuUsage(before)
  return { times, cpuMs: (user + system) / 1_000 / searches.length }
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
