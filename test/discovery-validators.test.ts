/** Who asks again and has the answer already gets no bytes; where an answer came from stands in its headers. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { WireDiscoveryAnswer } from '../src/wire/discovery.ts'
import { createManualClock, sendJson, serve, wireAgent } from './support/federation.ts'
import { publish } from './support/records.ts'
import { type CallOptions, type RunningRegistry, startRegistry } from './support/registry.ts'

/** Harbor with one peer that has an agent of each name, or fails when told to. */
async function startWithPeer(t: TestContext) {
  const clock = createManualClock()
  const harbor = await startRegistry(t, { name: 'Harbor', overrides: { clock } })
  const peer = { fails: false, names: ['Gull'] }
  const server = await serve((request, response) => {
    if (request.url?.endsWith('/health')) return sendJson(response, { status: 'healthy', agent_count: 1 })
    if (peer.fails) return sendJson(response, {}, 503)
    const url = `http://${request.headers.host}`
    const agents = peer.names.map((name, place) => wireAgent(url, `gull-${place}`, { name }))
    sendJson(response, { agents, next_cursor: null })
  })
  t.after(() => server[Symbol.asyncDispose]())
  await harbor.succeed('POST', '/federation/peers', { body: { name: 'Peer', registry_url: server.url } })
  const ask = (query = '', options: CallOptions = {}) =>
    harbor.call('GET', `/discovery/agents?include_federated=true&search=gull${query}`, options)
  return { harbor, peer, clock, ask }
}

const nextOf = ({ text }: { readonly text: string }): string =>
  `&cursor=${(JSON.parse(text) as WireDiscoveryAnswer).next_cursor}`

const hostOf = ({ url }: RunningRegistry) => new URL(url).host

test('an answer that says the same as before has the same ETag, and costs a 304', async (t) => {
  const { peer, clock, ask } = await startWithPeer(t)
  const first = await ask()
  const tag = first.headers.get('etag') ?? ''
  assert.match(tag, /^W\/"[\w-]+"$/)
  clock.advance(20_000)
  const known = await ask('', { headers: { 'if-none-match': `"other", ${tag}` } })
  assert.deepEqual([known.status, known.text], [304, ''])
  for (const name of ['etag', 'cache-control', 'vary']) {
    assert.equal(known.headers.get(name), first.headers.get(name), name)
  }
  assert.equal(known.headers.get('content-type'), null)
  // Fresh from the peer, and equal all the same.
  assert.equal((await ask('&force_refresh=true')).headers.get('etag'), tag)
  peer.names = ['Herring Gull']
  const changed = await ask('&force_refresh=true', { headers: { 'if-none-match': tag } })
  assert.equal(changed.status, 200)
  assert.notEqual(changed.headers.get('etag'), tag)
})

test('a 304 never leaves its asker with a cursor that has expired', async (t) => {
  const { peer, clock, ask } = await startWithPeer(t)
  peer.names = ['Herring Gull', 'Black-headed Gull']
  const askPage = (query: string, tag = '') =>
    ask(`&limit=1&force_refresh=true${query}`, { headers: { 'if-none-match': tag } })
  const first = await askPage('')
  const tag = first.headers.get('etag') ?? ''
  const next = nextOf(first)
  clock.advance(299_000)
  assert.equal((await askPage('', tag)).status, 304)
  assert.equal((await askPage(next)).status, 200)
  clock.advance(361_000)
  assert.equal((await askPage(next)).status, 410)
  const anew = await askPage('', tag)
  assert.equal(anew.status, 200)
  assert.equal((await askPage(nextOf(anew))).status, 200)
})

test('a search of our own records has an ETag that a change of them changes', async (t) => {
  const harbor = await startRegistry(t)
  await publish(harbor, { name: 'Tern' })
  const ask = (tag = '') =>
    harbor.call('GET', '/discovery/agents?search=tern', { headers: { 'if-none-match': tag } })
  const { headers, status } = await ask()
  const tag = headers.get('etag') ?? ''
  assert.equal(status, 200)
  assert.equal((await ask(tag)).status, 304)
  assert.equal((await ask('*')).status, 304)
  const { id } = await publish(harbor, { name: 'Tern of the Arctic' })
  assert.equal((await ask(tag)).status, 200)
  await harbor.succeed('DELETE', `/agents/${id}`)
  assert.equal((await ask(tag)).status, 304)
})

test('HEAD has the headers of GET, the tag among them', async (t) => {
  const harbor = await startRegistry(t)
  await publish(harbor, { name: 'Tern' })
  const [head, got] = await Promise.all(
    ['HEAD', 'GET'].map((method) =>
      fetch(`${harbor.url}/api/v1/discovery/agents?search=tern`, {
        method,
        headers: { authorization: `Bearer ${harbor.adminKey}` },
      }),
    ),
  )
  assert.ok(head && got)
  assert.deepEqual([head.status, await head.text()], [200, ''])
  for (const name of ['etag', 'content-type', 'content-length', 'cache-control', 'vary']) {
    assert.equal(head.headers.get(name), got.headers.get(name), name)
  }
})

test('answers may be kept by their asker, by others only if anyone sees them; refusals by nobody', async (t) => {
  const harbor = await startRegistry(t)
  const control = async (path: string, options: CallOptions = {}) =>
    (await harbor.call('GET', path, options)).headers.get('cache-control')
  assert.equal(await control('/discovery/agents'), 'private, no-cache')
  assert.equal(await control('/discovery/agents', { key: null }), 'no-cache')
  assert.equal(await control('/discovery/agents?colour=red'), 'no-store')
  assert.equal(await control('/discovery/agents?cursor=made-up', { key: null }), 'no-store')
  assert.equal(await control('/keys'), 'no-store')
})

test('Cache-Status says whether peers were asked, and how long what is shown is fresh', async (t) => {
  const { harbor, clock, ask } = await startWithPeer(t)
  const statusOf = async (query = '') => (await ask(query)).headers.get('cache-status')
  const here = hostOf(harbor)
  assert.equal(await statusOf(), `${here}; fwd=miss`)
  clock.advance(100_000)
  assert.equal(await statusOf(), `${here}; hit; ttl=200`)
  assert.equal(await statusOf('&force_refresh=true'), `${here}; fwd=request`)
  const own = await harbor.call('GET', '/discovery/agents?search=gull')
  assert.equal(own.headers.get('cache-status'), `${here}; fwd=miss`)
})

test('Server-Timing says how long the slowest peer took, and all of it', async (t) => {
  const { ask } = await startWithPeer(t)
  const { headers } = await ask()
  assert.match(headers.get('server-timing') ?? '', /^peers;dur=\d+, total;dur=\d+\.\d$/)
})
