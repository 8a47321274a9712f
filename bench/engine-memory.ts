/**
 * What a thousand peers cost the registry that knows them: the memory it holds for each when all have been asked and
 * probed, 100 of them failing, and how long it takes to look after all of them when those 100 hang.
 *
 * Memory is the heap without garbage, and what belongs to it: with the engine, less without it, after another engine
 * has made code and database take what they take once. It is all that a registry makes of its peers, metrics included.
 * Answers are not kept and have no records, since those caches have bounds of their own, and there are no connections.
 * Beside it: the rows of the peers as objects.
 *
 * The health cycle is one of real time, sockets and database: one server answers on a thousand loopback addresses, on
 * 100 of them never. Beside it: what those must take, so many at a time, 5 s each.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { mintDid } from '../src/cards/did.ts'
import { SYSTEM_CLOCK } from '../src/clock.ts'
import { type DiscoveryQuery, NO_FILTER } from '../src/domain/discovery.ts'
import type { ResultCache, Storage } from '../src/domain/ports.ts'
import type { Scope } from '../src/domain/principal.ts'
import { createMetrics } from '../src/events/metrics.ts'
import { createEvents, createLog } from '../src/events.ts'
import { createFederation, type Federation } from '../src/federation/federation.ts'
import { UNKNOWN_HEALTH } from '../src/federation/health.ts'
import { NEW_PEER } from '../src/http/routes/peers.ts'
import { createBlockWatch } from '../src/moderation/block-watch.ts'
import { parseNetworks } from '../src/security/addresses.ts'
import { createCursorSealer } from '../src/security/cursor-seal.ts'
import { createKeyRing, type KeyRing } from '../src/security/key-ring.ts'
import { createOutbound, type Outbound, type OutboundResult } from '../src/security/outbound.ts'
import { createSecretBox } from '../src/security/secret-box.ts'
import { openStorage } from '../src/storage/database.ts'
import { report } from './figures.ts'
import { makeFolder } from './places.ts'
import { runBench } from './run-bench.ts'

const PEERS = 1_000
const FAILING = 100
const SEARCHES = 30 // after 20 answers a peer's own times count
const WRITES_END_AFTER_MS = 1_500
const KIB = 1_024
const MOST_KIB_PER_PEER = 20
const INTERVAL_SECONDS = 60
const PROBES_AT_A_TIME = 16
const PROBE_SECONDS = 5
const PUBLIC_URL = 'http://127.0.0.1:9'
const USER: Scope = { widest: 'local', ownerId: null }
const ACTOR = { id: 'system', requestId: null }

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const PAGE: OutboundResult = {
  ...{ kind: 'response', status: 200, headers: { 'content-type': 'application/json' } },
  body: Buffer.from(
    '{"agents":[],"next_cursor":null,"status":"ok","agent_count":0,"changes":[],"next":0,"epoch":"1"}',
  ),
}

const KEEPS_NOTHING: ResultCache = { get: () => undefined, put: () => {}, forgetPeer: () => {} }

type Parts = { readonly storage: Storage; readonly ring: KeyRing }
type Network = Pick<Outbound, 'request'>

await runBench(async (stack) => {
  const parts = await openParts(stack)
  await startPeers(stack, parts.storage)
  await heldPerPeer(parts) // what code and database take once, they have taken then
  report({
    what: `memory held for each of ${PEERS} peers`,
    measured: (await heldPerPeer(parts)) / KIB,
    unit: 'KiB',
    reference: { what: 'its row as an object', measured: (await rowBytes(parts.storage)) / KIB },
    promise: { atMost: MOST_KIB_PER_PEER },
  })
  report({
    what: `health cycle of ${PEERS} peers of which ${FAILING} hang`,
    measured: await timeHealthCycle(parts),
    unit: 's',
    reference: {
      what: 'the hung ones alone',
      measured: Math.ceil(FAILING / PROBES_AT_A_TIME) * PROBE_SECONDS,
    },
    promise: { atMost: INTERVAL_SECONDS },
  })
})

async function openParts(stack: AsyncDisposableStack): Promise<Parts> {
  const ring = createKeyRing()
  const folder = await makeFolder(stack)
  const storage = await openStorage(`sqlite:${join(folder, 'asker.db')}`, {
    ...{ secretBox: createSecretBox(ring), clock: SYSTEM_CLOCK, publicUrl: PUBLIC_URL, isRebasing: false },
    asShared: (agent) => agent,
    mask: (agent) => agent,
    maskRule: 'none',
    didOf: (id) => mintDid(PUBLIC_URL, id),
    onConnectionLost: () => {},
  })
  return { ring, storage: stack.use(storage) }
}

/** One server for all: which peer is meant, the address tells. */
async function startPeers(stack: AsyncDisposableStack, { peers }: Storage): Promise<void> {
  const server = createServer(({ url = '', headers: { host = '' } }, response) => {
    if (isFailing(host)) return
    response.setHeader('content-type', 'application/json')
    response.end(
      url.startsWith('/api/v1/health')
        ? '{"status":"ok","agent_count":0}'
        : '{"changes":[],"next":0,"epoch":"1"}',
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  stack.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  for (let place = 0; place < PEERS; place += 1) {
    const registryUrl = `http://127.1.${Math.floor(place / 250)}.${1 + (place % 250)}:${port}`
    await peers.create({ ...NEW_PEER, name: `Peer ${place}`, registryUrl }, ACTOR)
  }
}

/** One in ten, by its address. @param host `127.1.a.b:port` */
function isFailing(host: string): boolean {
  return Number(host.split(/[.:]/)[3]) % (PEERS / FAILING) === 0
}

/** What each peer adds to an engine that has asked all of them and probed them once, in bytes. */
async function heldPerPeer(parts: Parts): Promise<number> {
  const before = await heldBytes()
  const federation = openFederation(parts, { request: async ({ url }) => answerOf(new URL(url)) })
  for (let turn = 0; turn < SEARCHES; turn += 1) {
    const { signal } = new AbortController()
    const { stats } = await federation.discovery.discover(queryFor(turn), USER, { signal })
    if (stats?.successfulQueries !== PEERS - FAILING) throw new Error('not all peers were asked')
  }
  await federation.healthMonitor.probeDue(new AbortController().signal)
  await sleep(WRITES_END_AFTER_MS)
  const held = (await heldBytes()) - before
  await federation[Symbol.asyncDispose]() // not before: it holds what is measured
  await makeAllDue(parts.storage)
  return held / PEERS
}

async function rowBytes({ peers }: Storage): Promise<number> {
  const known = await peers.list()
  const before = await heldBytes()
  const rows = structuredClone(known) // those at hand may be shared, and cost nothing more
  const held = (await heldBytes()) - before
  if (rows.length !== PEERS) throw new Error(`there are ${rows.length} peers`)
  return held / PEERS
}

/** The heap and what belongs to it, without garbage. */
async function heldBytes(): Promise<number> {
  for (let turn = 0; turn < 3; turn += 1) {
    await sleep(20) // so that nothing is only held by what has just ended
    collectGarbage()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Of a network that takes no time. */
function answerOf({ host }: URL): OutboundResult {
  return isFailing(host)
    ? {
        kind: 'failed',
        reason: 'unreachable',
        detail: 'Nothing accepts connections at this address and port.',
      }
    : PAGE
}

/** How long one cycle takes, in seconds. @throws when it did not find everybody as they are. */
async function timeHealthCycle(parts: Parts): Promise<number> {
  await using outbound = createOutbound({ peerNetworks: parseNetworks(['127.0.0.0/8']) })
  await using federation = openFederation(parts, outbound)
  const started = performance.now()
  await federation.healthMonitor.probeDue(new AbortController().signal)
  const seconds = (performance.now() - started) / 1_000
  const peers = await parts.storage.peers.list()
  const up = peers.filter(({ health }) => health.status === 'healthy')
  const seen = peers.filter(({ health }) => health.lastCheckAt !== null)
  if (up.length !== PEERS - FAILING || seen.length !== PEERS) {
    throw new Error(`${up.length} of ${seen.length} peers were found well`)
  }
  return seconds
}

function openFederation({ ring, storage }: Parts, outbound: Network): Federation {
  const [queryHashKey] = ring.deriveKeys('query-log')
  if (queryHashKey === undefined) throw new Error('the key ring has no key')
  return createFederation({
    ...{ stores: storage, outbound, queryHashKey, clock: SYSTEM_CLOCK, random: Math.random },
    ...{ sharedCache: null, resultCache: KEEPS_NOTHING },
    cursors: createCursorSealer(ring.deriveKeys('cursor')),
    blocks: createBlockWatch(() => storage.blocks.listRefs()),
    events: createEvents(createLog('error', process.stderr), createMetrics().events),
    settings: {
      ...{ enabled: true, publicUrl: PUBLIC_URL, name: 'Asker', maxResultsPerPeer: 50 },
      ...{ cacheTtlSeconds: 300, queryTimeoutMs: 5_000, outboundRatePerMinute: 300 },
      ...{ healthCheckIntervalSeconds: INTERVAL_SECONDS, unhealthyThreshold: 3, isQueryTextLogged: false },
    },
  })
}

/** Else those that were just looked at would not be, soon. */
async function makeAllDue({ peers }: Storage): Promise<void> {
  for (const { id } of await peers.list()) await peers.recordHealth(id, () => UNKNOWN_HEALTH)
}

function queryFor(turn: number): DiscoveryQuery {
  return {
    ...{ search: `signal ${turn}`, filter: NO_FILTER, includeLocal: true, includeFederated: true },
    ...{ peers: [], limit: 20, timeoutMs: 5_000, maxAgeSeconds: null, forceRefresh: false, cursor: null },
  }
}
