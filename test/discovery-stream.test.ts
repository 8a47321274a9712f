/** A search told while it runs: the same answer as the whole one, in the form its reader asks for. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { WireDiscoveryAnswer } from '../src/wire/discovery.ts'
import { timeAwake } from './support/awake-time.ts'
import { applyEvents, type ReadEvent, readEventSource, readLines } from './support/events.ts'
import { sendJson, serve, wireAgent } from './support/federation.ts'
import { namesOf, publish } from './support/records.ts'
import { enrol, findFreePort, type RunningRegistry, startRegistry } from './support/registry.ts'

const BROWSER = 'text/event-stream'
const LINES = 'application/x-ndjson'
/** By then a busy machine, too, has noticed who is down: after the last answer that one is waited for no longer. */
const SLOW_MS = 1_000

async function stream(registry: RunningRegistry, query: string, accept: string): Promise<ReadEvent[]> {
  const { status, headers, text } = await registry.send<string>('GET', `/api/v1/discovery/agents?${query}`, {
    headers: { accept },
  })
  assert.equal(status, 200, text)
  assert.equal(headers.get('content-type'), accept)
  return accept === BROWSER ? readEventSource(text) : readLines(text)
}

/** Without what tells two equal searches apart: when they ran, how long they took, and what the first left in caches. */
function essence(answer: WireDiscoveryAnswer): unknown {
  const moving = ['age_seconds', 'fetched_at', 'duration_ms', 'cache', 'cache_hits']
  return JSON.parse(JSON.stringify(answer, (name, value) => (moving.includes(name) ? undefined : value)))
}

/** Harbor with a peer that is well, one that is down, and one that is slow. */
async function startWithPeers(t: TestContext) {
  const [harbor, lumen] = await Promise.all(['Harbor', 'Lumen'].map((name) => startRegistry(t, { name })))
  assert.ok(harbor && lumen)
  await enrol(harbor, lumen)
  const slow = await serve((request, response) => {
    if (request.url?.endsWith('/health')) return sendJson(response, { status: 'healthy', agent_count: 1 })
    const agents = [wireAgent(`http://${request.headers.host}`, 'slow', { name: 'Slow Ferry' })]
    setTimeout(() => sendJson(response, { agents, next_cursor: null }), SLOW_MS)
  })
  t.after(() => slow[Symbol.asyncDispose]())
  const down = `http://127.0.0.1:${await findFreePort()}`
  for (const [name, url] of Object.entries({ Down: down, Slow: slow.url })) {
    await harbor.succeed('POST', '/federation/peers', {
      body: { name, registry_url: url, timeout_ms: 5_000 },
    })
  }
  await publish(harbor, { name: 'Ferry here', description: 'Crosses the bay.' })
  await publish(lumen, { name: 'Ferry there', description: 'Crosses the bay.' })
  return harbor
}

test('whoever applies the events of a federated search has the very answer that JSON gives', async (t) => {
  const harbor = await startWithPeers(t)
  // From no cache: each search waits for the slow peer, which is when the one that is down has its time to be noticed.
  const query = 'include_federated=true&search=ferry&force_refresh=true'
  for (const accept of [BROWSER, LINES]) {
    const events = await stream(harbor, query, accept)
    const names = events.map(({ event }) => event)
    assert.deepEqual([names[0], names.at(-1)], ['plan', 'done'])
    assert.deepEqual(
      names.filter((name) => name === 'local' || name === 'peer'),
      ['local', 'peer', 'peer', 'peer'],
    )
    const told = applyEvents(events)
    assert.deepEqual(namesOf(told).toSorted(), ['Ferry here', 'Ferry there', 'Slow Ferry'])
    const whole = await harbor.succeed<WireDiscoveryAnswer>('GET', `/discovery/agents?${query}`)
    assert.deepEqual(essence(told), essence(whole))
    const rows = events.filter(({ event }) => event === 'peer').map(({ name, outcome }) => [name, outcome])
    assert.deepEqual(rows.toSorted(), [
      ['Down', 'unreachable'],
      ['Lumen', 'answered'],
      ['Slow', 'answered'],
    ])
  }
})

for (const query of ['search=ferry', 'search=nothing+like+it', 'limit=1', 'include_local=false', '']) {
  test(`a search of our own records can be streamed as well: ?${query}`, async (t) => {
    const harbor = await startRegistry(t, { name: 'Harbor' })
    await publish(harbor, { name: 'Ferry', description: 'Crosses the bay.' })
    await publish(harbor, { name: 'Tug' })
    const whole = await harbor.succeed<WireDiscoveryAnswer>('GET', `/discovery/agents?${query}`)
    for (const accept of [BROWSER, LINES]) {
      const told = applyEvents(await stream(harbor, query, accept))
      assert.deepEqual(essence(told), essence(whole))
    }
  })
}

test('the form follows Accept with its weights; without one, and for who takes anything, it is JSON', async (t) => {
  const harbor = await startRegistry(t)
  for (const [accept, type] of [
    ['*/*', 'application/json; charset=utf-8'],
    ['text/html, */*;q=0.1', 'application/json; charset=utf-8'],
    ['application/json;q=0.5, text/event-stream', BROWSER],
    ['text/*;q=0.4, application/x-ndjson;q=0.8', LINES],
  ] as const) {
    const { status, headers } = await harbor.call('GET', '/discovery/agents', { headers: { accept } })
    assert.deepEqual([status, headers.get('content-type')], [200, type], accept)
    assert.match(headers.get('vary') ?? '', /\bAccept\b/)
  }
  for (const accept of ['text/html', 'application/json;q=0', 'image/*;q=1']) {
    const { status, body, headers } = await harbor.call('GET', '/discovery/agents', { headers: { accept } })
    assert.deepEqual([status, body.code], [406, 'not-acceptable'], accept)
    assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/)
    for (const form of ['application/json', BROWSER, LINES]) assert.ok(body.detail.includes(form))
  }
})

test('a stream is held back by no proxy, and kept by no cache', async (t) => {
  const harbor = await startRegistry(t)
  for (const accept of [BROWSER, LINES]) {
    const { headers } = await harbor.call('GET', '/discovery/agents', { headers: { accept }, key: null })
    assert.equal(headers.get('cache-control'), 'no-cache')
    assert.equal(headers.get('x-accel-buffering'), 'no')
    assert.equal(headers.get('content-length'), null)
    assert.ok(headers.get('ratelimit'))
  }
})

test('HEAD has the headers of each form and asks no peer', async (t) => {
  const harbor = await startRegistry(t)
  let searches = 0
  const peer = await serve((request, response) => {
    if (request.url?.includes('/agents?')) searches += 1
    sendJson(response, { status: 'healthy', agent_count: 1 })
  })
  t.after(() => peer[Symbol.asyncDispose]())
  await harbor.succeed('POST', '/federation/peers', { body: { name: 'Peer', registry_url: peer.url } })
  for (const accept of [BROWSER, LINES]) {
    const path = '/discovery/agents?include_federated=true'
    const { status, headers, text } = await harbor.call('HEAD', path, { headers: { accept } })
    assert.deepEqual([status, headers.get('content-type'), text], [200, accept, ''])
  }
  assert.equal(searches, 0)
})

test('what is refused is refused with its status, whatever the form', async (t) => {
  const harbor = await startRegistry(t, { env: { REGISTRY_ANONYMOUS_FEDERATED: 'false' } })
  for (const accept of [BROWSER, LINES]) {
    const anonymous = await harbor.call('GET', '/discovery/agents?include_federated=true', {
      headers: { accept },
      key: null,
    })
    assert.deepEqual([anonymous.status, anonymous.body.code], [401, 'unauthenticated'])
    const wrong = await harbor.call('GET', '/discovery/agents?cursor=made-up', { headers: { accept } })
    assert.deepEqual([wrong.status, wrong.body.code], [400, 'invalid-cursor'])
  }
})

test('a browser that asks again after the last event is told that there is no more', async (t) => {
  const harbor = await startRegistry(t)
  const events = await stream(harbor, '', BROWSER)
  const last = String(events.at(-1)?.id)
  const ask = (id: string, accept: string) =>
    harbor.call('GET', '/discovery/agents', { headers: { accept, 'last-event-id': id } })
  assert.equal((await ask(last, BROWSER)).status, 204)
  assert.equal((await ask('1', BROWSER)).status, 200)
  assert.equal((await ask(last, LINES)).status, 200)
})

test('a registry stops in time though nobody reads a stream of its', async (t) => {
  const harbor = await startRegistry(t)
  const hanging = await serve((request, response) => {
    if (request.url?.endsWith('/health')) sendJson(response, { status: 'healthy', agent_count: 1 })
  })
  t.after(() => hanging[Symbol.asyncDispose]())
  await harbor.succeed('POST', '/federation/peers', { body: { name: 'Hanging', registry_url: hanging.url } })
  const asked = get(`${harbor.url}/api/v1/discovery/agents?include_federated=true&search=x`, {
    headers: { accept: LINES, authorization: `Bearer ${harbor.adminKey}` },
  })
  asked.on('error', () => {}) // cut off, or not, by the end of the server
  await once(asked, 'socket')
  await new Promise((resolve) => setTimeout(resolve, 100))
  const { ms } = await timeAwake(() => harbor.stop())
  assert.ok(ms < 4_500, `${ms} ms`)
})
