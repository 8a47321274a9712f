import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { timeAwake } from '../../test/support/awake-time.ts'
import { engineDeps, page, scripted, walkDeps } from '../../test/support/engine.ts'
import {
  answerWith,
  createManualClock,
  createTestStore,
  makeAgent,
  makePeer,
  openLoopback,
  sendJson,
  serve,
  wireAgent,
} from '../../test/support/federation.ts'
import { createOwnStore } from '../../test/walk/own-store.ts'
import { type DiscoveryProgress, type DiscoveryQuery, NO_FILTER } from '../domain/discovery.ts'
import type { Peer } from '../domain/peer.ts'
import { FEDERATED_SCOPE, PUBLIC_SCOPE, type Scope } from '../domain/principal.ts'
import type { Outbound } from '../security/outbound.ts'
import { createDiscovery, type Discovery, type DiscoveryDeps } from './discover.ts'

const QUERY: DiscoveryQuery = {
  ...{ search: 'translate', filter: NO_FILTER, includeLocal: true, includeFederated: true, peers: [] },
  ...{ limit: 20, timeoutMs: 5_000, maxAgeSeconds: null, forceRefresh: false, cursor: null },
}
const KEY_HOLDER: Scope = { widest: 'local', ownerId: null }
const PRESENT = new AbortController().signal
const OURS = [makeAgent('translate here'), makeAgent('weather')]
const GOOD = answerWith([makeAgent('translate there'), makeAgent('translate more')])

const SETTINGS: DiscoveryDeps['settings'] = {
  ...{ enabled: true, publicUrl: 'https://us.example', name: 'Us' },
  ...{ cacheTtlSeconds: 300, queryTimeoutMs: 5_000, maxResultsPerPeer: 50, outboundRatePerMinute: 1_000 },
}

function createTestDiscovery(
  peers: readonly Peer[],
  outbound: Outbound,
  change: Partial<DiscoveryDeps['settings']> = {},
): Discovery {
  return createDiscovery({
    ...createTestStore(OURS),
    ...engineDeps({ outbound }),
    ...walkDeps(),
    listPeers: async () => peers,
    settings: { ...SETTINGS, ...change },
  })
}

/** An address where nothing listens any more. */
async function deadUrl(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

test('one search is answered by this registry and its peers as one ranked list', async () => {
  await using server = await serve(GOOD)
  await using outbound = openLoopback()
  const discovery = createTestDiscovery([makePeer(server.url, { name: 'Partner' })], outbound)
  const { agents, stats, warnings } = await discovery.discover(QUERY, KEY_HOLDER, { signal: PRESENT })
  assert.deepEqual(agents.map(({ agent, registryName }) => `${registryName}: ${agent.name}`).sort(), [
    ...['Partner: translate more', 'Partner: translate there', 'Us: translate here'],
  ])
  assert.ok(
    agents.every(({ score }, index) => index === 0 || (score ?? 0) <= (agents[index - 1]?.score ?? 0)),
  )
  assert.equal(stats?.isComplete, true)
  assert.equal(stats?.totalFederatedResults, 2)
  assert.equal(stats?.peers[0]?.scoring, null)
  assert.deepEqual(warnings, [])
  const again = await discovery.discover(QUERY, KEY_HOLDER, { signal: PRESENT })
  assert.equal(again.stats?.cacheHits, 1)
  assert.deepEqual(
    again.agents.map(({ score }) => score),
    agents.map(({ score }) => score),
  )
})

test('one peer dead, one answering garbage, one hanging, one refusing: each has its outcome, ours and the good one’s results are there', async () => {
  await using good = await serve(GOOD)
  await using garbage = await serve((_, response) => response.end('\u0000\u0001 garbage'))
  await using hanging = await serve(() => {})
  await using refusing = await serve((_, response) => sendJson(response, { detail: 'Unknown token.' }, 401))
  await using outbound = openLoopback()
  const peers = [
    makePeer(good.url, { name: 'good' }),
    makePeer(await deadUrl(), { name: 'dead' }),
    makePeer(garbage.url, { name: 'garbage' }),
    makePeer(hanging.url, { name: 'hanging', timeoutMs: 200 }),
    makePeer(refusing.url, { name: 'refusing' }),
    makePeer('https://inactive.example', { name: 'inactive', isActive: false }),
  ]
  const { value: found, ms } = await timeAwake(() =>
    createTestDiscovery(peers, outbound).discover(QUERY, KEY_HOLDER, { signal: PRESENT }),
  )
  const { agents, stats } = found
  assert.ok(ms < 1_000, `${ms} ms`)
  assert.equal(agents.length, 3)
  assert.ok(agents.some(({ isFederated }) => !isFederated))
  assert.deepEqual(
    stats?.peers.map(({ name, outcome }) => [name, outcome]),
    [
      ['good', 'answered'],
      ['dead', 'unreachable'],
      ['garbage', 'bad-response'],
      ['hanging', 'timeout'],
      ['refusing', 'refused'],
    ],
  )
  assert.ok(stats !== null)
  assert.equal(stats.queriedRegistries, 5)
  assert.equal(stats.successfulQueries, 1)
  assert.equal(stats.queriedRegistries, stats.successfulQueries + stats.failedQueries)
  assert.equal(stats.isComplete, false)
  assert.match(stats.peers[3]?.error ?? '', /^no answer within (200|1\d\d) ms$/)
  assert.match(stats.peers[4]?.error ?? '', /Unknown token/)
})

test('all peers down: local results, and the account says so', async () => {
  await using outbound = openLoopback()
  const discovery = createTestDiscovery([makePeer(await deadUrl())], outbound)
  const { agents, stats } = await discovery.discover(QUERY, PUBLIC_SCOPE, { signal: PRESENT })
  assert.deepEqual(
    agents.map(({ agent }) => agent.name),
    ['translate here'],
  )
  assert.deepEqual([stats?.failedQueries, stats?.isComplete], [1, false])
})

test('for users without credentials, peers are asked for public records and believed in nothing else', async () => {
  const leaky: RequestListener = (request, response) => {
    const url = `http://${request.headers.host ?? ''}`
    const records = [
      wireAgent(url, 'translate open'),
      wireAgent(url, 'translate closed', { name: 'translate closed', visibility: 'federated' }),
    ]
    sendJson(response, { agents: records.map((record) => ({ ...record, did: undefined })) })
  }
  await using server = await serve(leaky)
  await using outbound = openLoopback()
  const discovery = createTestDiscovery([makePeer(server.url)], outbound)
  const federatedNames = async (scope: Scope) =>
    (await discovery.discover({ ...QUERY, includeLocal: false }, scope, { signal: PRESENT })).agents.map(
      ({ agent }) => agent.name,
    )
  assert.deepEqual((await federatedNames(KEY_HOLDER)).sort(), ['translate closed', 'translate open'])
  assert.deepEqual(await federatedNames(PUBLIC_SCOPE), ['translate open'])
  const visibilities = server.requests.map(({ url }) =>
    new URL(url ?? '', server.url).searchParams.get('visibility'),
  )
  assert.deepEqual(visibilities, [null, 'public'])
})

test('only selected peers are asked, the others are named as not selected', async () => {
  await using server = await serve(GOOD)
  await using other = await serve(GOOD)
  await using outbound = openLoopback()
  const peers = [makePeer(server.url, { name: 'One' }), makePeer(other.url, { name: 'Two' })]
  const query = { ...QUERY, peers: ['two'] }
  const { stats } = await createTestDiscovery(peers, outbound).discover(query, KEY_HOLDER, {
    signal: PRESENT,
  })
  assert.deepEqual(
    stats?.peers.map(({ outcome, reason }) => [outcome, reason]),
    [
      ['skipped', 'not-selected'],
      ['answered', null],
    ],
  )
  assert.equal(stats?.isComplete, false)
  assert.equal(server.requests.length, 0)
})

test('peers are asked for enough to rank well, whatever the user’s limit', async () => {
  await using server = await serve(GOOD)
  await using outbound = openLoopback()
  const limits: (string | null)[] = []
  for (const maxResultsPerPeer of [50, 5, 500]) {
    const discovery = createTestDiscovery([makePeer(server.url)], outbound, { maxResultsPerPeer })
    const { agents } = await discovery.discover({ ...QUERY, limit: 1 }, KEY_HOLDER, { signal: PRESENT })
    assert.equal(agents.length, 1)
    limits.push(new URL(server.requests.at(-1)?.url ?? '', server.url).searchParams.get('limit'))
  }
  assert.deepEqual(limits, ['50', '20', '100'])
})

test('without include_federated nobody is asked and there is no account', async () => {
  await using server = await serve(GOOD)
  await using outbound = openLoopback()
  const discovery = createTestDiscovery([makePeer(server.url)], outbound)
  const answer = await discovery.discover({ ...QUERY, includeFederated: false }, KEY_HOLDER, {
    signal: PRESENT,
  })
  assert.equal(answer.stats, null)
  assert.equal(answer.agents.length, 1)
  assert.ok((answer.agents[0]?.score ?? 0) > 0)
  assert.equal(server.requests.length, 0)
})

test('federation switched off: local results and a warning', async () => {
  await using server = await serve(GOOD)
  await using outbound = openLoopback()
  const discovery = createTestDiscovery([makePeer(server.url)], outbound, { enabled: false })
  const answer = await discovery.discover(QUERY, KEY_HOLDER, { signal: PRESENT })
  assert.equal(answer.stats, null)
  assert.match(answer.warnings[0] ?? '', /switched off/)
  assert.equal(answer.agents.length, 1)
  assert.equal(server.requests.length, 0)
})

test('federation switched off: the cursor walks our own records to their end, and nobody is accounted for', async () => {
  const own = Array.from({ length: 25 }, (_, place) => makeAgent(`translate ${place}`))
  const discovery = createDiscovery({
    ...engineDeps(),
    ...createOwnStore(own),
    ...walkDeps(),
    listPeers: async () => [makePeer('https://a.example')],
    settings: { ...SETTINGS, enabled: false },
  })
  for (const search of ['translate', null]) {
    const query = { ...QUERY, search }
    const first = await discovery.discover(query, KEY_HOLDER, { signal: PRESENT })
    assert.equal(first.agents.length, 20)
    const next = { ...query, cursor: first.nextCursor }
    const second = await discovery.discover(next, KEY_HOLDER, { signal: PRESENT })
    const shown = [...first.agents, ...second.agents].map(({ agent }) => agent.id)
    assert.equal(new Set(shown).size, 25)
    assert.equal(second.nextCursor, null)
    assert.equal(second.stats, null)
    assert.equal(second.warnings.length, 1)
  }
})

test('a question of a peer never goes on to other peers', async () => {
  await using server = await serve(GOOD)
  await using outbound = openLoopback()
  const discovery = createTestDiscovery([makePeer(server.url)], outbound)
  const answer = await discovery.discover(QUERY, FEDERATED_SCOPE, { signal: PRESENT })
  assert.equal(server.requests.length, 0)
  assert.equal(answer.stats, null)
})

test('twenty peers are asked at once', async () => {
  let open = 0
  let mostOpen = 0
  await using server = await serve((request, response) => {
    open += 1
    mostOpen = Math.max(mostOpen, open)
    setTimeout(() => {
      open -= 1
      GOOD(request, response)
    }, 100)
  })
  await using outbound = openLoopback()
  const peers = Array.from({ length: 20 }, (_, index) =>
    makePeer(`${server.url}/${index}`, { name: `${index}` }),
  )
  const warnings: Error[] = []
  const note = (warning: Error) => void warnings.push(warning)
  process.on('warning', note)
  const { value: found, ms } = await timeAwake(() =>
    createTestDiscovery(peers, outbound).discover(QUERY, KEY_HOLDER, { signal: PRESENT }),
  )
  process.off('warning', note)
  assert.equal(found.stats?.queriedRegistries, 20)
  // One server has eight connections from us, so twenty paths on it take three turns.
  assert.equal(mostOpen, 8)
  assert.ok(ms < 1_200, `${ms} ms`)
  assert.deepEqual(warnings, [])
})

test('a fault of our own store is the request’s, not hidden', async () => {
  await using outbound = openLoopback()
  const store = createTestStore(OURS)
  const discovery = createDiscovery({
    ...{ ...store, ...engineDeps({ outbound }), ...walkDeps() },
    index: { search: () => Promise.reject(new Error('database is gone')) },
    listPeers: async () => [],
    settings: SETTINGS,
  })
  await assert.rejects(discovery.discover(QUERY, KEY_HOLDER, { signal: PRESENT }), /database is gone/)
})

test('a search that fails tells nothing any more', async () => {
  const clock = createManualClock()
  const told: string[] = []
  const discovery = createDiscovery({
    ...{
      ...createTestStore(OURS),
      ...engineDeps({ clock, ...scripted(async () => page('translate')) }),
      ...walkDeps(),
    },
    index: { search: () => Promise.reject(new Error('database is gone')) },
    listPeers: async () => [makePeer('https://a.example'), makePeer('https://b.example')],
    settings: SETTINGS,
  })
  const onProgress = ({ kind }: DiscoveryProgress): void => void told.push(kind)
  await assert.rejects(discovery.discover(QUERY, KEY_HOLDER, { signal: PRESENT, onProgress }))
  const before = [...told]
  clock.advance(1_000)
  assert.deepEqual(told, before)
})

test('where very many search the federation at once, the next is told to come later; our own records are found', async () => {
  await using outbound = openLoopback()
  const { promise: listed, resolve } = Promise.withResolvers<readonly Peer[]>()
  const discovery = createDiscovery({
    ...createTestStore(OURS),
    ...engineDeps({ outbound }),
    ...walkDeps(),
    listPeers: () => listed,
    settings: SETTINGS,
  })
  const search = (change: Partial<DiscoveryQuery> = {}) =>
    discovery.discover({ ...QUERY, ...change }, KEY_HOLDER, { signal: PRESENT })
  const waiting = Array.from({ length: 500 }, () => search())
  await assert.rejects(search(), { code: 'overloaded' })
  await assert.rejects(discovery.facets(QUERY, KEY_HOLDER, { signal: PRESENT }), { code: 'overloaded' })
  assert.equal((await search({ includeFederated: false })).agents.length, 1)
  resolve([])
  for (const { agents } of await Promise.all(waiting)) assert.equal(agents.length, 1)
  assert.equal((await search()).agents.length, 1)
})

test('who leaves while a search waits for its turn has no peer asked', async () => {
  const asked: (string | null)[] = []
  const peer: RequestListener = (request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost')
    asked.push(url.searchParams.get('search'))
    sendJson(response, { agents: [] })
  }
  await using server = await serve(peer)
  await using outbound = openLoopback()
  const discovery = createTestDiscovery([makePeer(server.url)], outbound)
  const searchFor = (search: string, signal: AbortSignal) =>
    discovery.discover({ ...QUERY, search }, KEY_HOLDER, { signal })
  const user = new AbortController()
  const searches = [searchFor('one', PRESENT), searchFor('two', user.signal), searchFor('three', PRESENT)]
  user.abort()
  const [, left] = await Promise.all(searches)
  assert.deepEqual(asked.toSorted(), ['one', 'three'])
  // A registry that stops makes all hurry in the same way, and those are still there to read what it says.
  assert.deepEqual(
    left?.stats?.peers.map(({ outcome }) => outcome),
    ['timeout'],
  )
  assert.equal(left?.stats?.isComplete, false)
})
