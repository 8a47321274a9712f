/** Answers that many ask for are made once; nobody is shown what is over, or what others may see. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import type { WireDiscoveryAnswer } from '../src/wire/discovery.ts'
import { createManualClock, sendJson, serve, wireAgent } from './support/federation.ts'
import { discover, namesOf, publish, rowOf } from './support/records.ts'
import { type CallOptions, enrol, type RunningRegistry, startRegistry } from './support/registry.ts'

const FEDERATED = '/discovery/agents?include_federated=true&search=skua'

/** Harbor, whose clock stands still, with one peer that answers when it is let. */
async function startWithPeer(t: TestContext) {
  const clock = createManualClock()
  const harbor = await startRegistry(t, { name: 'Harbor', overrides: { clock } })
  let searches = 0
  const answering = { from: Promise.resolve() }
  const peer = await serve((request, response) => {
    if (request.url?.endsWith('/health')) return sendJson(response, { status: 'healthy', agent_count: 1 })
    searches += 1
    const agents = [wireAgent(`http://${request.headers.host}`, 'skua')]
    void answering.from.then(() => sendJson(response, { agents, next_cursor: null }))
  })
  t.after(() => peer[Symbol.asyncDispose]())
  await harbor.succeed('POST', '/federation/peers', { body: { name: 'Peer', registry_url: peer.url } })
  return { harbor, clock, answering, searches: () => searches }
}

/** A request on a connection of its own; `sent` once the registry can read it. */
function send(registry: RunningRegistry, path: string) {
  const headers = { authorization: `Bearer ${registry.adminKey}` }
  const request = get(`${registry.url}/api/v1${path}`, { agent: false, headers })
  const answered = once(request, 'response').then(([response]) => response as IncomingMessage)
  const sent = once(request, 'socket').then(async ([socket]: Socket[]) => {
    if (socket?.connecting) await once(socket, 'connect')
    if (!request.writableFinished) await once(request, 'finish')
  })
  return { request, sent, answered }
}

/** Waits until the registry has taken in all that was sent to it before: it accepts and reads in order of arrival. */
async function awaitArrival(registry: RunningRegistry): Promise<void> {
  await text(await send(registry, '/discovery/agents?search=arrival').answered)
}

async function bytesOf(registry: RunningRegistry, path: string, options: CallOptions = {}): Promise<string> {
  const { status, text: bytes } = await registry.call('GET', path, options)
  assert.equal(status, 200, bytes)
  return bytes
}

test('within a second the same question has the same bytes; then they are made anew', async (t) => {
  const { harbor, clock } = await startWithPeer(t)
  const asked = await bytesOf(harbor, FEDERATED)
  const cached = await bytesOf(harbor, FEDERATED)
  assert.match(asked, /"cache":"miss"/)
  assert.match(cached, /"cache":"hit","age_seconds":0/)
  clock.advance(800)
  assert.equal(await bytesOf(harbor, FEDERATED), cached)
  // Another spelling of the same address, too.
  const respelt = '/discovery/agents?search=%73kua&limit=20&include_federated=true'
  assert.equal(await bytesOf(harbor, respelt), cached)
  clock.advance(200)
  assert.match(await bytesOf(harbor, FEDERATED), /"cache":"hit","age_seconds":1/)
})

test('what is passed for others is not passed for who wants it fresh', async (t) => {
  const { harbor, clock, searches } = await startWithPeer(t)
  for (let round = 0; round < 3; round += 1) await bytesOf(harbor, FEDERATED)
  assert.equal(searches(), 1)
  await bytesOf(harbor, `${FEDERATED}&force_refresh=true`)
  assert.equal(searches(), 2)
  clock.advance(5_000)
  for (let round = 0; round < 3; round += 1) await bytesOf(harbor, `${FEDERATED}&max_age=5`)
  assert.equal(searches(), 2)
  clock.advance(500)
  await bytesOf(harbor, `${FEDERATED}&max_age=5`)
  assert.equal(searches(), 3)
})

test('many who ask the same at once are one search, and are told so', async (t) => {
  const { harbor, answering, searches } = await startWithPeer(t)
  const { promise, resolve: letAnswer } = Promise.withResolvers<void>()
  answering.from = promise
  const asked = Array.from({ length: 10 }, () => send(harbor, FEDERATED))
  await Promise.all(asked.map(({ sent }) => sent))
  await awaitArrival(harbor)
  letAnswer()
  const answers = await Promise.all(asked.map(({ answered }) => answered))
  const statuses = answers.map(({ headers }) => String(headers['cache-status']))
  assert.equal(statuses.filter((status) => status.endsWith('; fwd=miss; collapsed')).length, 9)
  assert.equal(new Set(await Promise.all(answers.map(text))).size, 1)
  assert.equal(searches(), 1)
})

test('one of them who leaves takes nothing from the others', async (t) => {
  const { harbor, answering, searches } = await startWithPeer(t)
  const { promise, resolve: letAnswer } = Promise.withResolvers<void>()
  answering.from = promise
  const leaver = send(harbor, FEDERATED)
  leaver.answered.catch(() => {}) // it is destroyed below
  await leaver.sent
  await awaitArrival(harbor)
  const other = send(harbor, FEDERATED)
  await other.sent
  await awaitArrival(harbor) // it has joined
  leaver.request.destroy()
  await awaitArrival(harbor)
  letAnswer()
  const answer = JSON.parse(await text(await other.answered)) as WireDiscoveryAnswer
  assert.equal(rowOf(answer, 'Peer').outcome, 'answered')
  assert.equal(searches(), 1)
})

test('callers who may see different records never share an answer', async (t) => {
  const clock = createManualClock()
  const harbor = await startRegistry(t, { overrides: { clock } })
  const keyOf = async (role: string) =>
    (await harbor.succeed<{ key: string }>('POST', '/keys', { body: { name: role, role } })).key
  const [publisher, other] = await Promise.all([keyOf('publisher'), keyOf('publisher')])
  for (const visibility of ['private', 'local', 'public']) {
    await publish(harbor, { name: `Skua ${visibility}`, visibility }, { key: publisher })
  }
  const seenBy = async (key: string | null) =>
    namesOf(await harbor.succeed<WireDiscoveryAnswer>('GET', '/discovery/agents?search=skua', { key })).length
  for (let round = 0; round < 3; round += 1) {
    assert.deepEqual(
      [await seenBy(null), await seenBy(publisher), await seenBy(other), await seenBy(harbor.adminKey)],
      [1, 3, 2, 3],
    )
  }
})

test('a peer that is disabled, changed or removed is at once not shown, though its answer was ready', async (t) => {
  const [harbor, lumen] = await Promise.all(['Harbor', 'Lumen'].map((name) => startRegistry(t, { name })))
  assert.ok(harbor && lumen)
  const { peerId } = await enrol(harbor, lumen)
  await publish(lumen, { name: 'Lantern' })
  const names = async () => namesOf(await discover(harbor, 'search=lantern'))
  const warm = async () => {
    for (let round = 0; round < 3; round += 1) assert.deepEqual(await names(), ['Lantern'])
  }
  await warm()
  const path = `/federation/peers/${peerId}`
  await harbor.succeed('PUT', path, { body: { is_active: false } })
  assert.deepEqual(await names(), [])
  await harbor.succeed('PUT', path, { body: { is_active: true } })
  await warm()
  await harbor.succeed('PUT', path, { body: { name: 'Lumen Directory' } })
  assert.equal(rowOf(await discover(harbor, 'search=lantern'), 'Lumen Directory').outcome, 'answered')
  await warm()
  await harbor.succeed('DELETE', path)
  assert.deepEqual(await names(), [])
  await enrol(harbor, lumen)
  await warm()
})

test('whoever publishes, changes, imports or deletes a record finds it so', async (t) => {
  const harbor = await startRegistry(t, { overrides: { clock: createManualClock() } })
  const names = async () =>
    namesOf(await harbor.succeed<WireDiscoveryAnswer>('GET', '/discovery/agents?search=puffin')).toSorted()
  assert.deepEqual(await names(), [])
  const { id } = await publish(harbor, { name: 'Puffin' })
  assert.deepEqual(await names(), ['Puffin'])
  await harbor.succeed('PUT', `/agents/${id}`, { body: { name: 'Puffin of the North' } })
  assert.deepEqual(await names(), ['Puffin of the North'])
  await harbor.succeed('POST', '/agents/import', {
    body: '{"name":"Puffin imported","agent_type":"api"}\n',
    headers: { 'content-type': 'application/x-ndjson' },
  })
  assert.deepEqual(await names(), ['Puffin imported', 'Puffin of the North'])
  await harbor.succeed('DELETE', `/agents/${id}`)
  assert.deepEqual(await names(), ['Puffin imported'])
})
