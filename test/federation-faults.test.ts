/** Peers that are dead, slow, wrong or hostile: each costs its own row in the account and nothing else. */
import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { WireDiscoveryAnswer } from '../src/wire/discovery.ts'
import { timeAwake } from './support/awake-time.ts'
import { PATIENT_CLOCK } from './support/clocks.ts'
import { sendJson, serve, type TestServer, wireAgent } from './support/federation.ts'
import { discover, namesOf, publish, rowOf, statsOf } from './support/records.ts'
import {
  enrol,
  findFreePort,
  type RunningRegistry,
  startRegistry,
  temporaryFolder,
} from './support/registry.ts'

/** A registry that is well, and answers searches as told. */
async function startPeer(t: TestContext, search: RequestListener): Promise<TestServer> {
  const server = await serve((request, response) => {
    if (request.url?.endsWith('/health')) sendJson(response, { status: 'healthy', agent_count: 1 })
    else search(request, response)
  })
  t.after(() => server[Symbol.asyncDispose]())
  return server
}

async function addPeer(
  registry: RunningRegistry,
  name: string,
  url: string,
  options: { readonly timeout_ms?: number } = {},
): Promise<string> {
  const { id } = await registry.succeed<{ id: string }>('POST', '/federation/peers', {
    body: { name, registry_url: url, api_key: 'key-of-another-make', ...options },
  })
  return id
}

function assertAddsUp(answer: WireDiscoveryAnswer, activePeers: number): void {
  const stats = statsOf(answer)
  assert.equal(stats.queried_registries, stats.successful_queries + stats.failed_queries)
  assert.equal(stats.peers.length, stats.queried_registries + stats.skipped_registries)
  assert.equal(stats.peers.length, activePeers)
  const sum = stats.peers.reduce((total, { results = 0 }) => total + results, 0)
  assert.equal(stats.total_federated_results, sum)
  assert.equal(
    stats.complete,
    stats.peers.every(({ outcome }) => outcome === 'answered'),
  )
}

const searchesOf = ({ requests }: TestServer) =>
  requests.filter(({ url }) => url?.includes('/agents?')).length

test('one peer dead, one answering garbage, one hanging, one well: 200, each with its own outcome', async (t) => {
  const harbor = await startRegistry(t, { name: 'Harbor' })
  const lumen = await startRegistry(t, { name: 'Lumen' })
  await enrol(harbor, lumen)
  const garbage = await startPeer(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"agents": [oops')
  })
  const hanging = await startPeer(t, () => {})
  await addPeer(harbor, 'Dead', `http://127.0.0.1:${await findFreePort()}`)
  await addPeer(harbor, 'Garbage', garbage.url)
  await addPeer(harbor, 'Hanging', hanging.url, { timeout_ms: 400 })
  await publish(harbor, { name: 'Local Buoy' })
  await publish(lumen, { name: 'Foreign Buoy' })

  const answer = await discover(harbor, 'search=buoy')
  assert.deepEqual(namesOf(answer).toSorted(), ['Foreign Buoy', 'Local Buoy'])
  assertAddsUp(answer, 4)
  assert.deepEqual(
    statsOf(answer).peers.map(({ name, outcome, results }) => [name, outcome, results]),
    [
      ['Lumen', 'answered', 1],
      ['Dead', 'unreachable', 0],
      ['Garbage', 'bad-response', 0],
      ['Hanging', 'timeout', 0],
    ],
  )
  const { successful_queries: successful, failed_queries: failed, complete } = statsOf(answer)
  assert.deepEqual({ successful, failed, complete }, { successful: 1, failed: 3, complete: false })
  for (const name of ['Dead', 'Garbage', 'Hanging']) {
    assert.match(rowOf(answer, name).error ?? '', /\w+ \w+/, name)
  }
})

test('with all peers down a search is 200 with local results, and not complete', async (t) => {
  // Who has failed in the first search is hardly waited for in the second, not even for a refusal to connect.
  const harbor = await startRegistry(t, { name: 'Harbor', overrides: { clock: PATIENT_CLOCK } })
  const peers = await Promise.all(['Lumen', 'Meridian'].map((name) => startRegistry(t, { name })))
  for (const peer of peers) await enrol(harbor, peer)
  await publish(harbor, { name: 'Keel' })
  for (const peer of peers) await peer.stop()
  for (const key of [harbor.adminKey, null]) {
    const answer = await discover(harbor, 'search=keel', { key })
    assert.deepEqual(namesOf(answer), ['Keel'])
    assertAddsUp(answer, 2)
    assert.deepEqual(
      statsOf(answer).peers.map(({ outcome }) => outcome),
      ['unreachable', 'unreachable'],
    )
    assert.equal(statsOf(answer).complete, false)
  }
  const health = await harbor.succeed<{ overall_status: string; peers: { status: string }[] }>(
    'GET',
    '/federation/health',
  )
  assert.ok(['degraded', 'unhealthy'].includes(health.overall_status), health.overall_status)
})

test('a peer speaks only for its own origin: forged members are not believed, one bad record costs itself', async (t) => {
  const harbor = await startRegistry(t, { name: 'Harbor' })
  const ours = await publish(harbor, { name: 'Captain', description: 'Genuine.' })
  const liar = await startPeer(t, (request, response) => {
    const url = `http://${request.headers.host}`
    const honest = wireAgent(url, 'honest', { name: 'Captain at sea' })
    sendJson(response, {
      agents: [
        { ...honest, is_federated: false, registry_name: 'Harbor', score: 1e9, provenance: { origin: 'x' } },
        { ...wireAgent(url, 'b', { name: 'Captain' }), did: ours.did },
        { ...wireAgent(url, 'c', { name: 'Captain' }), registry_url: 'https://somewhere.example' },
        wireAgent(url, 'other', { name: 'Captain‮ of\u0007 ports' }),
        wireAgent(url, 'third', { name: 'Captain third' }),
      ],
      next_cursor: null,
    })
  })
  await addPeer(harbor, 'Liar', liar.url)
  const answer = await discover(harbor, 'search=captain')
  const row = rowOf(answer, 'Liar')
  assert.deepEqual([row.outcome, row.results, row.dropped_records], ['answered', 3, 2])
  const named = answer.agents.find(({ did }) => did === ours.did)
  assert.deepEqual([named?.name, named?.description, named?.is_federated], ['Captain', 'Genuine.', false])
  const foreign = answer.agents.filter(({ is_federated: isFederated }) => isFederated)
  assert.equal(foreign.length, 3)
  for (const agent of foreign) {
    assert.deepEqual([agent.registry_name, agent.registry_url], ['Liar', liar.url])
    assert.equal(agent.provenance.origin, liar.url)
    assert.ok((agent.score ?? 0) < 1_000)
    assert.doesNotMatch(agent.name, /[\u0000-\u001f\u202e]/)
  }
})

test('a name that may imitate another is shown and marked, whatever the peer says of it; other names are not', async (t) => {
  const harbor = await startRegistry(t, { name: 'Harbor' })
  const imitation = 'Harb\u043er pilot'
  const provenance = { mixed_scripts: [] }
  const peer = await startPeer(t, (request, response) => {
    const url = `http://${request.headers.host}`
    const provider = { organization: '\u0410cme', url: 'https://\u0430cme.example/' }
    const endpoints = [{ url: 'https://\u0430gent.example/x', protocol: 'a2a', binding: null }]
    sendJson(response, {
      agents: [
        { ...wireAgent(url, 'one', { name: imitation, provider, endpoints }), provenance },
        wireAgent(url, 'two', { name: 'Harbor \u043b\u043e\u0446\u043c\u0430\u043d pilot' }),
        { ...wireAgent(url, 'three', { name: 'Harbor pilot' }), provenance: { mixed_scripts: ['name'] } },
      ],
      next_cursor: null,
    })
  })
  await addPeer(harbor, 'Stranger', peer.url)
  const find = async () => {
    const { agents } = await discover(harbor, 'search=pilot')
    return new Map(agents.map((agent) => [agent.id, agent]))
  }
  for (const cached of [false, true]) {
    const found = await find()
    assert.equal(found.size, 3)
    const [one, two, three] = ['one', 'two', 'three'].map((id) => found.get(id))
    assert.equal(one?.name, imitation)
    assert.deepEqual(one.provenance.mixed_scripts, ['name', 'provider'], `cached: ${cached}`)
    assert.equal(one.provider?.url, 'https://xn--cme-5cd.example/')
    assert.deepEqual(
      one.endpoints.map(({ url }) => url),
      ['https://xn--gent-43d.example/x'],
    )
    for (const honest of [two, three]) {
      assert.ok(honest !== undefined && !('mixed_scripts' in honest.provenance))
    }
  }
})

test('timeout= is how long this user waits, from 50 ms up to FEDERATION_QUERY_TIMEOUT', async (t) => {
  const harbor = await startRegistry(t, { name: 'Harbor', env: { FEDERATION_QUERY_TIMEOUT: '600' } })
  await publish(harbor, { name: 'Oar' })
  const hanging = await startPeer(t, () => {})
  for (const [timeout, effective] of [
    ['0', 50],
    ['200', 200],
    ['3600000', 600],
  ] as const) {
    // One for each: who has failed to answer is doubted, and a search waits less for it.
    const name = `Hanging ${timeout}`
    await addPeer(harbor, name, `${hanging.url}/${timeout}`)
    const started = performance.now()
    const query = `search=oar&timeout=${timeout}&peers=${encodeURIComponent(name)}`
    const { value: answer, ms } = await timeAwake(() => discover(harbor, query))
    const elapsedMs = performance.now() - started
    assert.deepEqual(namesOf(answer), ['Oar'])
    assert.equal(rowOf(answer, name).outcome, 'timeout')
    assert.equal(rowOf(answer, name).error, `no answer within ${effective} ms`)
    assert.ok(elapsedMs > effective - 20 && ms < effective + 800, `${timeout}: ${elapsedMs} ms, awake ${ms}`)
  }
  for (const wrong of ['-1', '1.5', 'soon']) {
    const refused = await harbor.call('GET', `/discovery/agents?include_federated=true&timeout=${wrong}`)
    assert.equal(refused.status, 400, wrong)
  }
})

test('a late answer still fills the cache: the next to ask has it', async (t) => {
  const harbor = await startRegistry(t, { name: 'Harbor' })
  const { promise: mayAnswer, resolve: letAnswer } = Promise.withResolvers<void>()
  const slow = await startPeer(t, (request, response) => {
    const agents = [wireAgent(`http://${request.headers.host}`, 'slow', { name: 'Slow Boat' })]
    void mayAnswer.then(() => sendJson(response, { agents, next_cursor: null }))
  })
  await addPeer(harbor, 'Slow', slow.url)
  const hasty = await discover(harbor, 'search=boat&timeout=60')
  assert.equal(rowOf(hasty, 'Slow').outcome, 'timeout')
  letAnswer()
  // Joins the question under way, or finds its answer.
  const patient = await discover(harbor, 'search=boat')
  assert.deepEqual(namesOf(patient), ['Slow Boat'])
  assert.equal(rowOf(await discover(harbor, 'search=boat'), 'Slow').cache, 'hit')
  assert.equal(searchesOf(slow), 1)
})

test('what the end of this registry cuts short says nothing of a peer', async (t) => {
  const slow = await startPeer(t, () => {})
  const database = { kind: 'sqlite', address: join(await temporaryFolder(t), 'registry.db') } as const
  const before = await startRegistry(t, { database })
  await addPeer(before, 'Slow', slow.url)
  for (const word of ['bow', 'keel', 'mast', 'oar']) await discover(before, `search=${word}&timeout=50`)
  await before.stop()
  const after = await startRegistry(t, { database, env: { FEDERATION_ENABLED: 'false' } })
  const { queries } = await after.succeed<{ queries: { outcome: string }[] }>('GET', '/federation/query-log')
  // It was asked, and that is all.
  assert.deepEqual(
    queries.map(({ outcome }) => outcome),
    Array(4).fill('called-off'),
  )
  const { peers } = await after.succeed<{ peers: { status: string }[] }>('GET', '/federation/health')
  assert.deepEqual(
    peers.map(({ status }) => status),
    ['healthy'],
  )
})

test('an unreachable peer, and one that is no registry, are stored, and the answer says what was found', async (t) => {
  const harbor = await startRegistry(t, { name: 'Harbor' })
  const website = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<title>A shop</title>')
  })
  t.after(() => website[Symbol.asyncDispose]())
  const deadUrl = `http://127.0.0.1:${await findFreePort()}`
  for (const [name, url] of [
    ['Dead', deadUrl],
    ['Shop', website.url],
  ] as const) {
    const added = await harbor.call<{ probe: { problem: string }; health_status: string; id: string }>(
      'POST',
      '/federation/peers',
      { body: { name, registry_url: url } },
    )
    assert.equal(added.status, 201)
    assert.notEqual(added.body.health_status, 'healthy')
    assert.match(added.body.probe.problem, /^[A-Z\d].*\w/)
    assert.equal((await harbor.call('GET', `/federation/peers/${added.body.id}`)).status, 200)
  }
})
