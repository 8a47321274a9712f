/** Callers who leave, who do not read, who refresh without end, and who ask for what cannot be. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createManualClock, sendJson, serve, wireAgent } from './support/federation.ts'
import { discover, namesOf, publish, rowOf } from './support/records.ts'
import { eventually } from './support/redis.ts'
import { type RunningRegistry, startRegistry } from './support/registry.ts'

type AskedPeer = {
  readonly harbor: RunningRegistry
  /** Whether it answers searches; otherwise it leaves them open. */
  readonly answering: { isOn: boolean }
  /** How often it was asked, in all or this search. */
  readonly asked: (search?: string) => number
  /** Of these, that it still has to answer. */
  readonly open: () => number
}

/** Harbor, in a time that stands still, with one peer. */
async function startWithPeer(t: TestContext, env: Readonly<Record<string, string>> = {}): Promise<AskedPeer> {
  const harbor = await startRegistry(t, { name: 'Harbor', env, overrides: { clock: createManualClock() } })
  const answering = { isOn: true }
  const asked: (string | null)[] = []
  let open = 0
  const peer = await serve((request, response) => {
    if (request.url?.endsWith('/health')) return sendJson(response, { status: 'healthy', agent_count: 1 })
    asked.push(new URL(request.url ?? '', 'http://localhost').searchParams.get('search'))
    open += 1
    response.once('close', () => (open -= 1))
    const agents = [wireAgent(`http://${request.headers.host}`, 'gull', { name: 'Foreign Gull' })]
    if (answering.isOn) sendJson(response, { agents, next_cursor: null })
  })
  t.after(() => peer[Symbol.asyncDispose]())
  await harbor.succeed('POST', '/federation/peers', { body: { name: 'Peer', registry_url: peer.url } })
  await publish(harbor, { name: 'Local Gull' })
  const count = (search?: string): number =>
    search === undefined ? asked.length : asked.filter((one) => one === search).length
  return { harbor, answering, asked: count, open: () => open }
}

async function metric({ send }: RunningRegistry, series: string): Promise<number> {
  const { text } = await send<string>('GET', '/metrics')
  const line = text.split('\n').find((one) => one.startsWith(`${series} `))
  return Number(line?.slice(series.length + 1) ?? 0)
}

const FORMS = ['application/json', 'text/event-stream', 'application/x-ndjson']

test('who leaves calls off what nobody else wants, is counted, and costs nobody an answer', async (t) => {
  const { harbor, answering, asked, open } = await startWithPeer(t)
  answering.isOn = false
  const authorization = `Bearer ${harbor.adminKey}`
  let begun = 0
  // More than a peer is asked at once: some wait for their turn when they leave.
  const leavers = Array.from({ length: 30 }, (_, place) => {
    const path = `/api/v1/discovery/agents?include_federated=true&search=gull+${place}`
    const leaver = get(`${harbor.url}${path}`, {
      headers: { authorization, accept: FORMS[place % 3] },
      agent: false,
    })
    return leaver
      .on('error', () => {})
      .on('response', (response: IncomingMessage) => {
        begun += 1
        response.resume()
      })
  })
  await eventually(
    'the peer has its hands full, and all streams have begun',
    () => open() === 8 && begun === 20,
  )
  for (const leaver of leavers) leaver.destroy()
  await eventually('all questions are called off', () => open() === 0)
  const route = 'http_request_duration_seconds_count{route="/api/v1/discovery/agents",method="GET",status='
  // A stream has begun, with its status, when the peer is asked.
  await eventually('all who left are counted', async () => {
    const counts = await Promise.all(['499', '200'].map((status) => metric(harbor, `${route}"${status}"}`)))
    return counts.join() === '10,20'
  })
  answering.isOn = true
  const answer = await discover(harbor, 'search=gull')
  assert.deepEqual(namesOf(answer).toSorted(), ['Foreign Gull', 'Local Gull'])
  assert.equal(rowOf(answer, 'Peer').outcome, 'answered', 'it is not to blame for what was called off')
  assert.equal(asked('gull'), 1)
  // Who left was asked for once at most, and some not at all. The peer may still be told of what was called off.
  for (let place = 0; place < 30; place += 1) assert.ok(asked(`gull ${place}`) <= 1)
})

test('who does not read an answer keeps nobody from theirs', async (t) => {
  const { harbor } = await startWithPeer(t)
  const path = '/api/v1/discovery/agents?include_federated=true&search=gull'
  const questions = Array.from({ length: 50 }, () => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`).join(
    '',
  )
  const idle = Array.from({ length: 20 }, () => {
    const socket = connect(Number(new URL(harbor.url).port), '127.0.0.1').pause()
    t.after(() => socket.destroy())
    socket.write(questions)
    return socket
  })
  await Promise.all(idle.map((socket) => once(socket, 'connect')))
  for (let search = 0; search < 20; search += 1) {
    const answer = await discover(harbor, `search=gull+${search}`)
    assert.deepEqual(namesOf(answer).toSorted(), ['Foreign Gull', 'Local Gull'])
  }
  await harbor.stop() // though nobody reads what is left
})

test('a storm of forced refreshes is refused beyond its allowance, with the time to wait, and counted', async (t) => {
  const { harbor, asked } = await startWithPeer(t)
  const path = '/discovery/agents?include_federated=true&force_refresh=true&search=gull'
  const storm = (more: string) =>
    Promise.all(Array.from({ length: 50 }, (_, place) => harbor.call('GET', `${path}${more}${place % 2}`)))
  const answers = [...(await storm('+')), ...(await storm('&limit=1'))]
  const refused = answers.filter(({ status }) => status === 429)
  assert.equal(answers.length - refused.length, 10)
  for (const { body, headers } of refused) {
    assert.equal(body.code, 'rate-limited')
    const waitSeconds = Number(headers.get('retry-after'))
    assert.ok(waitSeconds > 0 && waitSeconds <= 60)
  }
  assert.ok(asked() <= 10, `the peer was asked ${asked()} times`)
  assert.equal(await metric(harbor, 'registry_rate_limited_total{policy="force-refresh"}'), 90)
  // The caller is limited in this alone.
  assert.equal(rowOf(await discover(harbor, 'search=gull+again'), 'Peer').outcome, 'answered')
})

test('forced searches of our own records need a key, count as forced, and take no ready answers from others', async (t) => {
  const { harbor } = await startWithPeer(t)
  const forced = '/discovery/agents?search=gull&force_refresh=true'
  const cacheStatusOfOthers = async () =>
    (await harbor.call('GET', '/discovery/agents?search=tern')).headers.get('cache-status') ?? ''
  assert.match(await cacheStatusOfOthers(), /; fwd=miss/)
  for (const path of [forced, '/discovery/facets?search=gull&force_refresh=true']) {
    const { status, body } = await harbor.call('GET', path, { key: null })
    assert.deepEqual([status, body.code], [401, 'unauthenticated'], path)
  }
  const statuses: number[] = []
  for (let attempt = 0; attempt < 12; attempt += 1) {
    statuses.push((await harbor.call('GET', forced)).status)
  }
  assert.deepEqual(statuses, [...Array.from({ length: 10 }, () => 200), 429, 429])
  assert.match(await cacheStatusOfOthers(), /; hit/)
  // Whoever asks without it is given what is ready, and needs no key.
  const free = await harbor.call('GET', '/discovery/agents?search=gull&max_age=0', { key: null })
  assert.equal(free.status, 200)
})

test('times that cannot be, and peers there are none of, are refused by name, wherever they are told', async (t) => {
  const { harbor, asked } = await startWithPeer(t)
  const routes = ['/discovery/agents', '/discovery/facets', '/discovery/agents/did:web:a.example:agents:1']
  const numbers = ['-1', '-0.5', '1.5', 'NaN', 'Infinity', 'soon', '', '９', '9'.repeat(400)]
  const names = ['Nobody', '__proto__', '%00', '', "'%20or%201=1", 'x'.repeat(201)]
  const wrong = [
    ...numbers.flatMap((number) => [`timeout=${number}`, `max_age=${number}`]),
    ...names.map((name) => `peers=${name}`),
    Array.from({ length: 101 }, () => 'peers=Peer').join('&'),
  ]
  for (const route of routes) {
    const path = route.includes('did:') ? `${route}?` : `${route}?include_federated=true&`
    for (const parameter of wrong) {
      const { status, body } = await harbor.call('GET', path + parameter)
      assert.deepEqual([status, body.code], [400, 'invalid-parameter'], path + parameter)
    }
  }
  const before = asked()
  const huge = await discover(harbor, `search=gull&peers=peer&timeout=${Number.MAX_SAFE_INTEGER}&max_age=0`)
  assert.equal(rowOf(huge, 'Peer').outcome, 'answered')
  assert.equal(asked(), before + 1)
})
