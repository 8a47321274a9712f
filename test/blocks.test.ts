/** What is blocked does not come back: by another peer, another spelling, beside another record, a cache, a cursor. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Did } from '../src/domain/agent.ts'
import { applyEvents, readLines } from './support/events.ts'
import { createManualClock, sendJson, serve, type TestServer, wireAgent } from './support/federation.ts'
import { discover, namesOf, publish, rowOf, statsOf } from './support/records.ts'
import { enrol, type RunningRegistry, startRegistry } from './support/registry.ts'
import { hasPostgres, startReplicas } from './support/replicas.ts'

type Block = { readonly id: string; readonly pattern: string; readonly hidden_agents: number }

function block(registry: RunningRegistry, body: Readonly<Record<string, unknown>>): Promise<Block> {
  return registry.succeed('POST', '/blocks', { body })
}

const at = (url: string) => ({ endpoints: [{ url, protocol: 'a2a', binding: null }] })

/** Harbor, which asks two registries. */
async function startHarbor(t: TestContext) {
  const [harbor, lumen, mole] = await Promise.all([
    startRegistry(t, { name: 'Harbor' }),
    startRegistry(t, { name: 'Lumen' }),
    startRegistry(t, { name: 'Mole' }),
  ])
  await enrol(harbor, lumen)
  await enrol(harbor, mole)
  return { harbor, lumen, mole }
}

/** As anyone sees it: admins see records of ours that are hidden. */
async function names(registry: RunningRegistry, query = 'search=ferry'): Promise<string[]> {
  return namesOf(await discover(registry, query, { key: null })).sort()
}

test('a blocked agent is gone from searches, facets, streams, look-ups and cached answers at once', async (t) => {
  const { harbor, lumen } = await startHarbor(t)
  const evil = await publish(lumen, { name: 'Evil ferry' })
  await publish(lumen, { name: 'Fine ferry' })
  assert.deepEqual(await names(harbor), ['Evil ferry', 'Fine ferry'])
  const lookUp = `/discovery/agents/${encodeURIComponent(evil.did)}`
  assert.equal((await harbor.call('GET', lookUp)).status, 200)
  const tagged = await harbor.call('GET', '/discovery/agents?search=ferry&include_federated=true')

  const made = await block(harbor, { did: evil.did.replace('did:web:', 'DID:WEB:') })
  assert.deepEqual(await names(harbor), ['Fine ferry'])
  const answer = await discover(harbor, 'search=ferry')
  assert.equal(rowOf(answer, 'Lumen').cache, 'hit')
  assert.equal(rowOf(answer, 'Lumen').results, 1)
  assert.equal(statsOf(answer).total_federated_results, 1)
  const again = await harbor.call('GET', '/discovery/agents?search=ferry&include_federated=true', {
    headers: { 'if-none-match': tagged.headers.get('etag') ?? '' },
  })
  assert.equal(again.status, 200)
  const { text } = await harbor.call('GET', '/discovery/agents?search=ferry&include_federated=true', {
    headers: { accept: 'application/x-ndjson' },
  })
  assert.deepEqual(namesOf(applyEvents(readLines(text) as never)), ['Fine ferry'])
  assert.doesNotMatch(text, /Evil/)
  const facets = await harbor.succeed<object>('GET', '/discovery/facets?search=ferry&include_federated=true')
  assert.match(JSON.stringify(facets), /"at_least":1/)
  assert.doesNotMatch(JSON.stringify(facets), /"at_least":2/)
  for (const spelling of [evil.did, evil.did.replace('localhost', 'LOCALHOST')]) {
    const { status, body } = await harbor.call('GET', `/discovery/agents/${encodeURIComponent(spelling)}`)
    assert.deepEqual([status, body.code], [404, 'agent-blocked'], spelling)
  }

  await harbor.succeed('DELETE', `/blocks/${made.id}`)
  assert.deepEqual(await names(harbor), ['Evil ferry', 'Fine ferry'])
  assert.equal((await harbor.call('GET', lookUp)).status, 200)
})

test('it does not come back by another peer that claims its DID, nor beside another record', async (t) => {
  const { harbor, lumen, mole } = await startHarbor(t)
  const claimed = 'did:web:evil.example:agents:7'
  await publish(lumen, { name: 'First ferry', claimed_did: claimed, ...at('https://one.example/a2a') })
  await publish(mole, { name: 'Second ferry', claimed_did: 'did:web:EVIL.example:agents:7' })
  await publish(mole, { name: 'Other ferry', ...at('https://one.example/a2a') })
  const before = await discover(harbor, 'search=ferry')
  assert.ok(before.agents.some(({ also_in }) => also_in.length === 1))
  await block(harbor, { did: claimed })
  const after = await discover(harbor, 'search=ferry')
  assert.deepEqual(namesOf(after), ['Other ferry'])
  assert.deepEqual(after.agents[0]?.also_in, [])
})

test('with its endpoints it does not come back under another DID either', async (t) => {
  const { harbor, lumen, mole } = await startHarbor(t)
  const evil = await publish(lumen, { name: 'Evil ferry', ...at('https://evil.example/a2a') })
  await publish(mole, { name: 'Evil ferry anew', ...at('http://www.EVIL.example:80/a2a/?x=1') })
  await publish(harbor, { name: 'Evil ferry here', ...at('https://evil.example/a2a/sub') })
  await publish(mole, { name: 'Fine ferry', ...at('https://fine.example/a2a') })
  assert.equal((await names(harbor)).length, 3)
  // Copies of peers' records are written a moment after they were seen.
  await new Promise((resolve) => setTimeout(resolve, 800))
  const made = await harbor.succeed<{ endpoint_blocks: Block[] }>('POST', '/blocks', {
    body: { did: evil.did, with_endpoints: true },
  })
  assert.deepEqual(
    made.endpoint_blocks.map(({ pattern, hidden_agents }) => [pattern, hidden_agents]),
    [['evil.example/a2a', 1]],
  )
  assert.deepEqual(await names(harbor), ['Fine ferry'])
})

test('a record that lists the endpoint of another cannot have that one blocked with it', async (t) => {
  const { harbor, lumen, mole } = await startHarbor(t)
  const evil = await publish(lumen, { name: 'Evil ferry', ...at('https://victim.example/a2a') })
  await publish(mole, { name: 'Victim ferry', ...at('https://victim.example/a2a') })
  await block(harbor, { did: evil.did })
  assert.deepEqual(await names(harbor), ['Victim ferry'])
})

test('a blocked registry is not asked, says so in the account, and speaks through nobody', async (t) => {
  const { harbor, lumen, mole } = await startHarbor(t)
  await publish(lumen, { name: 'Evil ferry' })
  await publish(mole, { name: 'Fine ferry' })
  await publish(mole, {
    name: 'Claimed ferry',
    claimed_did: `did:web:localhost%3A${new URL(lumen.url).port}:x`,
  })
  assert.equal((await names(harbor)).length, 3)
  const askedBefore = await askedBy(lumen)
  await block(harbor, { origin: lumen.url })
  const answer = await discover(harbor, 'search=ferry&force_refresh=true')
  assert.deepEqual(namesOf(answer), ['Fine ferry'])
  const { outcome, error, results } = rowOf(answer, 'Lumen')
  assert.deepEqual([outcome, results], ['blocked', 0])
  assert.match(error ?? '', /block it/)
  assert.equal(statsOf(answer).complete, false)
  assert.equal(await askedBy(lumen), askedBefore)
})

/** How many questions of peers it has noted. */
async function askedBy(registry: RunningRegistry): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 700))
  const { queries } = await registry.succeed<{ queries: unknown[] }>(
    'GET',
    '/federation/query-log?direction=inbound',
  )
  return queries.length
}

test('a record of ours is hidden from users and peers, and its owner is not told less', async (t) => {
  const { harbor, lumen } = await startHarbor(t)
  await enrol(lumen, harbor)
  const { key } = await harbor.succeed<{ key: string }>('POST', '/keys', {
    body: { name: 'p', role: 'publisher' },
  })
  const evil = await publish(harbor, { name: 'Evil ferry', ...at('https://evil.example') }, { key })
  assert.deepEqual(await names(lumen), ['Evil ferry'])
  const made = await block(harbor, { endpoint: 'evil.example' })
  assert.equal(made.hidden_agents, 1)
  assert.deepEqual(namesOf(await discover(harbor, 'search=ferry', { key: null })), [])
  assert.deepEqual(namesOf(await discover(lumen, 'search=ferry&force_refresh=true')), [])
  for (const path of [
    `/agents/${evil.id}`,
    `/agents/${evil.id}/card`,
    `/discovery/agents/${encodeURIComponent(evil.did)}`,
  ]) {
    const { status, body } = await harbor.call('GET', path, { key: null })
    assert.deepEqual([status, body.code], [404, 'agent-blocked'], path)
  }
  assert.equal((await harbor.call('GET', `/agents/${evil.id}`, { key })).status, 200)
  const republished = await publish(
    harbor,
    { name: 'Evil ferry again', ...at('https://evil.example/x') },
    { key },
  )
  assert.equal((await harbor.call('GET', `/agents/${republished.id}`, { key: null })).status, 404)
})

test('a walk that was begun before goes on without what is blocked meanwhile, and comes to its end', async (t) => {
  const { harbor, lumen, mole } = await startHarbor(t)
  for (let place = 0; place < 12; place += 1) {
    await publish(lumen, { name: `Lumen ferry ${place}`, ...at(`https://lumen.example/${place}`) })
    await publish(mole, { name: `Mole ferry ${place}`, ...at(`https://evil.example/${place}`) })
  }
  const seen: string[] = []
  let page = await discover(harbor, 'search=ferry&limit=3')
  await block(harbor, { endpoint: 'evil.example' })
  for (let pages = 0; page.next_cursor !== null && page.next_cursor !== undefined; pages += 1) {
    assert.ok(pages < 12, 'the walk does not end')
    page = await discover(harbor, `search=ferry&limit=3&cursor=${encodeURIComponent(page.next_cursor)}`)
    seen.push(...namesOf(page))
  }
  assert.ok(seen.length > 0)
  assert.deepEqual(
    seen.filter((name) => name.startsWith('Mole')),
    [],
  )
  assert.equal(new Set(seen).size, seen.length)
})

test('of a peer that is down nothing blocked is shown as it was last seen', async (t) => {
  const harbor = await startRegistry(t, { name: 'Harbor' })
  let isDown = false
  const peer: TestServer = await serve((request, response) => {
    if (isDown) return sendJson(response, { detail: 'down' }, 500)
    if (request.url?.endsWith('/health')) return sendJson(response, { status: 'healthy', agent_count: 2 })
    if (!request.url?.includes('/agents?')) return sendJson(response, { status: 404 }, 404)
    const url = `http://${request.headers.host}`
    const agents = ['evil', 'fine'].map((id) => wireAgent(url, id, { name: `${id} ferry` }))
    sendJson(response, { agents, next_cursor: null })
  })
  t.after(() => peer[Symbol.asyncDispose]())
  await harbor.succeed('POST', '/federation/peers', { body: { name: 'Peer', registry_url: peer.url } })
  const answer = await discover(harbor, 'search=ferry')
  const did = answer.agents.find(({ name }) => name === 'evil ferry')?.did as Did
  isDown = true
  await block(harbor, { did })
  for (const query of ['search=ferry&max_age=0', 'search=ferry', 'search=ferry+evil']) {
    assert.ok(!namesOf(await discover(harbor, query)).includes('evil ferry'), query)
  }
})

const skip = (await hasPostgres('blocks at one of two replicas')) ? false : 'PostgreSQL does not answer'

test('a block made at one replica holds at the other within two seconds', { skip }, async (t) => {
  const clock = createManualClock()
  const { all } = await startReplicas(t, [{ overrides: { clock } }, { overrides: { clock } }])
  const [one, other] = all
  assert.ok(one && other)
  const peer = await serve((request, response) => {
    if (request.url?.endsWith('/health')) return sendJson(response, { status: 'healthy', agent_count: 1 })
    if (!request.url?.includes('/agents?')) return sendJson(response, { status: 404 }, 404)
    sendJson(response, {
      agents: [wireAgent(`http://${request.headers.host}`, 'auk', { name: 'Auk' })],
      next_cursor: null,
    })
  })
  t.after(() => peer[Symbol.asyncDispose]())
  await one.succeed('POST', '/federation/peers', { body: { name: 'Peer', registry_url: peer.url } })
  const own = await publish(one, { name: 'Auk of ours', ...at('https://auk.example') })
  clock.advance(2_000)
  for (const replica of [one, other, other]) assert.equal((await names(replica, 'search=auk')).length, 2)
  await block(one, { endpoint: 'auk.example' })
  await block(one, { origin: peer.url })
  assert.deepEqual(await names(one, 'search=auk'), [])
  clock.advance(2_000)
  assert.deepEqual(namesOf(await discover(other, 'search=auk', { key: null })), [])
  assert.equal((await other.call('GET', `/agents/${own.id}`, { key: null })).status, 404)
})

test('blocks are for operators; what makes no sense is refused with what it takes', async (t) => {
  const registry = await startRegistry(t)
  const keyOf = async (role: string): Promise<string> =>
    (await registry.succeed<{ key: string }>('POST', '/keys', { body: { name: role, role } })).key
  for (const role of ['viewer', 'publisher', 'auditor']) {
    const key = await keyOf(role)
    assert.equal(
      (await registry.call('POST', '/blocks', { key, body: { origin: 'x.example' } })).status,
      403,
      role,
    )
    assert.equal((await registry.call('GET', '/blocks', { key })).status, 403, role)
  }
  const key = await keyOf('operator')
  for (const body of [
    ...[
      {},
      { did: 'x' },
      { did: 'did:web:a.example', origin: 'a.example' },
      { endpoint: '*' },
      { origin: '' },
    ],
    ...[{ origin: registry.url }, { origin: '*.' }, { reason: 'only' }],
  ]) {
    const { status, body: problem } = await registry.call('POST', '/blocks', { key, body })
    assert.deepEqual([status, problem.code], [422, 'invalid-body'], JSON.stringify(body))
  }
  const first = await registry.call<Block>('POST', '/blocks', {
    key,
    body: { origin: 'https://EVIL.example/', reason: 'a\u202eb' },
  })
  assert.deepEqual([first.status, first.body.pattern], [201, 'evil.example'])
  const second = await registry.call<Block>('POST', '/blocks', { key, body: { origin: 'evil.example' } })
  assert.deepEqual([second.status, second.body.id], [200, first.body.id])
  assert.equal((await registry.call('DELETE', `/blocks/${first.body.id}`, { key })).status, 204)
  const gone = await registry.call('DELETE', `/blocks/${first.body.id}`, { key })
  assert.deepEqual([gone.status, gone.body.code], [404, 'block-not-found'])
})
