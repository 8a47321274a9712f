/** Cursors of merged answers: what they hold for, how long, and in which forms of the answer. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { WireDiscoveryAnswer } from '../src/wire/discovery.ts'
import { createLaterClock } from './support/clocks.ts'
import { applyEvents, readEventSource, readLines } from './support/events.ts'
import { FERRIES, publishFerries, startPeers } from './support/fleet.ts'
import { createRandom } from './support/random.ts'
import { discover, namesOf, publish, rowOf } from './support/records.ts'
import { type CallOptions, type RunningRegistry, startRegistry } from './support/registry.ts'

const FEDERATED = 'include_federated=true'

/** Harbor with two peers; 105 results, so that a cursor after 100 of them is too long to carry all it stands for. */
async function startHarbor(t: TestContext) {
  const clock = createLaterClock()
  const overrides = { clock }
  const harbor = await startRegistry(t, { name: 'Harbor', overrides })
  await publishFerries(harbor, 12, 100)
  const peers = await startPeers(t, harbor, { sizes: [50, 45], peers: [{ overrides }, { overrides }] })
  const short = (await discover(harbor, `${FERRIES}&limit=5`)).next_cursor
  const long = (await discover(harbor, `${FERRIES}&limit=100`)).next_cursor
  assert.ok(short && long)
  return { harbor, peers, clock, short, long }
}

const keyOf = async (registry: RunningRegistry, role: string): Promise<string> =>
  (await registry.succeed<{ key: string }>('POST', '/keys', { body: { name: role, role } })).key

async function assertRefused(
  registry: RunningRegistry,
  path: string,
  { status, code, what, ...options }: CallOptions & { status: number; code: string; what: string },
): Promise<void> {
  const answer = await registry.call('GET', path, options)
  assert.deepEqual([answer.status, answer.body.code], [status, code], `${what}: ${answer.text}`)
  assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/, what)
  assert.ok(answer.body.type.endsWith(`#${code}`) && answer.body.detail.length > 20, what)
}

test('a cursor holds for its search and for what its asker may see, with any limit', async (t) => {
  const { harbor, short, long } = await startHarbor(t)
  const stranger = await startRegistry(t, { name: 'Stranger' })
  const [viewer, publisher] = [await keyOf(harbor, 'viewer'), await keyOf(harbor, 'publisher')]
  for (const cursor of [short, long]) {
    const path = (query: string) => `/discovery/agents?${query}&cursor=${cursor}`
    const cases: Readonly<Record<string, readonly [string, CallOptions?]>> = {
      'another search': [path(`${FEDERATED}&search=ferry`)],
      'no search': [path(FEDERATED)],
      'another tag': [path(`${FEDERATED}&${FERRIES}&tags=a`)],
      'another status': [path(`${FEDERATED}&${FERRIES}&status=active`)],
      'another type': [path(`${FEDERATED}&${FERRIES}&agent_type=a2a`)],
      'another provider': [path(`${FEDERATED}&${FERRIES}&provider=acme`)],
      'without our own': [path(`${FEDERATED}&${FERRIES}&include_local=false`)],
      'of one peer': [path(`${FEDERATED}&${FERRIES}&peers=Peer+0`)],
      'not federated': [path(FERRIES)],
      'a list of our own': [`/agents?${FERRIES}&cursor=${cursor}`],
      'another key': [path(`${FEDERATED}&${FERRIES}`), { key: viewer }],
      nobody: [path(`${FEDERATED}&${FERRIES}`), { key: null }],
    }
    for (const [what, [where, options]] of Object.entries(cases)) {
      await assertRefused(harbor, where, { ...options, status: 400, code: 'invalid-cursor', what })
    }
    const here = path(`${FEDERATED}&${FERRIES}`)
    const elsewhere = { status: 400, code: 'invalid-cursor', what: 'at another registry' }
    await assertRefused(stranger, here, elsewhere)
    for (const more of ['limit=1', 'limit=100', 'timeout=900', 'max_age=60', 'force_refresh=true']) {
      assert.equal((await harbor.call('GET', `${here}&${more}`)).status, 200, more)
    }
  }
  const ofViewer = await discover(harbor, `${FERRIES}&limit=5`, { key: viewer })
  const asPublisher = `/discovery/agents?${FEDERATED}&${FERRIES}&cursor=${ofViewer.next_cursor}`
  const what = 'of a viewer, by a publisher'
  await assertRefused(harbor, asPublisher, { key: publisher, status: 400, code: 'invalid-cursor', what })
  assert.equal((await harbor.call('GET', asPublisher, { key: viewer })).status, 200)
})

test('a cursor that was tampered with is refused, wherever it was', async (t) => {
  const { harbor, short, long } = await startHarbor(t)
  const random = createRandom(7)
  const letters = 'ABCXYZabcxyz0189-_.'
  for (const cursor of [short, long]) {
    const changed = Array.from({ length: 100 }, () => {
      const place = random.below(cursor.length)
      const tail = cursor.slice(place + 1)
      const other = random.pick([...letters].filter((letter) => letter !== cursor[place]))
      return `${cursor.slice(0, place)}${random.pick([other, '', `${other}${other}`])}${tail}`
    }).filter((text) => text !== cursor)
    const [body = '', seal = ''] = cursor.split('.')
    const made = [
      body,
      `.${seal}`,
      `${body}.`,
      `${cursor}.${seal}`,
      `${body}.${'A'.repeat(22)}`,
      '..',
      '%F0%9F%8C%8A',
    ]
    for (const text of [...changed, ...made]) {
      const path = `/discovery/agents?${FEDERATED}&${FERRIES}&cursor=${text}`
      await assertRefused(harbor, path, { status: 400, code: 'invalid-cursor', what: text })
    }
  }
  const endless = `/discovery/agents?${FEDERATED}&${FERRIES}&cursor=${'A'.repeat(4_097)}`
  await assertRefused(harbor, endless, { status: 400, code: 'invalid-parameter', what: 'endless' })
})

test('a cursor holds for ten minutes, and then says so, also to who would follow the search', async (t) => {
  const { harbor, clock, short, long } = await startHarbor(t)
  const path = (cursor: string) => `/discovery/agents?${FEDERATED}&${FERRIES}&limit=5&cursor=${cursor}`
  clock.advance(590_000)
  const late = await harbor.succeed<WireDiscoveryAnswer>('GET', path(short))
  assert.equal((await harbor.call('GET', path(long))).status, 200)
  clock.advance(10_000)
  for (const cursor of [short, long]) {
    for (const accept of ['application/json', 'text/event-stream', 'application/x-ndjson']) {
      const expected = { status: 410, code: 'cursor-expired', what: accept, headers: { accept } }
      await assertRefused(harbor, path(cursor), expected)
    }
  }
  assert.ok(late.next_cursor)
  assert.equal((await harbor.call('GET', path(late.next_cursor))).status, 200, 'each page has its own ten')
})

test('a page can be followed while it is made: events and lines tell what JSON tells', async (t) => {
  const { harbor, short } = await startHarbor(t)
  const path = `/discovery/agents?${FEDERATED}&${FERRIES}&limit=5&cursor=${short}`
  const whole = await harbor.succeed<WireDiscoveryAnswer>('GET', path)
  assert.equal(whole.agents.length, 5)
  for (const [accept, read] of [
    ['text/event-stream', readEventSource],
    ['application/x-ndjson', readLines],
  ] as const) {
    const { text } = await harbor.call<string>('GET', path, { headers: { accept } })
    const events = read(text)
    assert.deepEqual([events[0]?.event, events.at(-1)?.event], ['plan', 'done'])
    const told = applyEvents(events)
    assert.deepEqual(namesOf(told), namesOf(whole))
    assert.equal(told.federation_stats?.complete, true)
    const [after, afterTold] = await Promise.all(
      [whole, told].map(({ next_cursor: cursor }) => discover(harbor, `${FERRIES}&limit=5&cursor=${cursor}`)),
    )
    assert.deepEqual(namesOf(afterTold ?? assert.fail()), namesOf(after ?? assert.fail()))
  }
})

test('with force_refresh a walk sees what changed on the way, and still shows nothing twice', async (t) => {
  const { harbor, peers } = await startHarbor(t)
  const [peer] = peers
  assert.ok(peer)
  const order = namesOf(await discover(harbor, `${FERRIES}&limit=100`))
  const first = await discover(harbor, `${FERRIES}&limit=25`)
  assert.deepEqual(namesOf(first), order.slice(0, 25))

  const doomed = order.slice(30).find((name) => name.startsWith('Ferry Peer 0')) ?? assert.fail()
  const { agents } = await peer.succeed<{ agents: { id: string; name: string }[] }>(
    'GET',
    '/agents?limit=100',
  )
  await peer.succeed('DELETE', `/agents/${agents.find(({ name }) => name === doomed)?.id}`)
  await publish(peer, { name: 'Ferry tide cargo', description: 'The newest.' })

  const seen = namesOf(first)
  for (let cursor = first.next_cursor; cursor !== null; ) {
    const page = await discover(harbor, `${FERRIES}&limit=25&force_refresh=true&cursor=${cursor}`)
    if (seen.length === 25) assert.equal(rowOf(page, 'Peer 0').cache, 'miss', 'it is asked, not the cache')
    seen.push(...namesOf(page))
    cursor = page.next_cursor
  }
  assert.equal(new Set(seen).size, seen.length, 'nothing twice')
  assert.equal(seen[25], 'Ferry tide cargo', 'the newest is the best of what was not shown')
  assert.ok(!seen.includes(doomed))
  const lasting = seen.filter((name) => name !== 'Ferry tide cargo')
  assert.deepEqual(lasting.slice(0, 99), order.filter((name) => name !== doomed).slice(0, 99))
})
