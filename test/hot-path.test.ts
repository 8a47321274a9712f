/** Answers that are ready go out before the framework sees their requests; nobody can tell by what they get. */
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { mintToken } from '../src/security/tokens.ts'
import { createManualClock } from './support/clocks.ts'
import { parseAnswer, type RawAnswer } from './support/peer-request.ts'
import { discover, publish } from './support/records.ts'
import {
  enrol,
  findFreePort,
  type RunningRegistry,
  type Settings,
  startRegistry,
} from './support/registry.ts'

const LOCAL = '/api/v1/discovery/agents?search=plover'
const FEDERATED = `${LOCAL}&include_federated=true`
const HANDLED = 'tracing:fastify.request.handler:start'

/** One connection that is kept, and the bytes of what is answered on it. */
async function openConnection(t: TestContext, registry: RunningRegistry) {
  const { port } = new URL(registry.url)
  const socket = connect({ port: Number(port), host: '127.0.0.1' })
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  const ask = async (target: string, headers: Settings = {}, method = 'GET'): Promise<string> => {
    const lines = Object.entries({ Host: `localhost:${port}`, ...headers })
    socket.write(
      `${method} ${target} HTTP/1.1\r\n${lines.map((line) => line.join(': ')).join('\r\n')}\r\n\r\n`,
    )
    return readAnswer(socket, method)
  }
  return { ask }
}

async function readAnswer(socket: Socket, method: string): Promise<string> {
  let received = ''
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    received += chunk.toString('latin1')
    received = received.replace(/^HTTP\/1.1 100 Continue\r\n\r\n/, '')
    const end = received.indexOf('\r\n\r\n')
    if (end === -1) continue
    const length = method === 'HEAD' ? 0 : Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0)
    if (received.length >= end + 4 + length) return received
  }
}

/** The raw answer without what no two answers share. */
function comparable(answer: string): string {
  return answer
    .replace(/^date: .*$/im, 'date: …')
    .replace(/^x-request-id: [0-9a-f-]{36}\r$/m, 'x-request-id: …\r')
    .replace(/;r=\d+;t=\d+/, ';r=…;t=…')
}

/** How many searches the framework handles while `work` runs. */
async function handledDuring(work: () => Promise<unknown>): Promise<number> {
  let handled = 0
  const count = (message: unknown) => {
    const { route } = message as { readonly route: { readonly url: string } }
    if (route.url === '/api/v1/discovery/agents') handled += 1
  }
  subscribe(HANDLED, count)
  try {
    await work()
  } finally {
    unsubscribe(HANDLED, count)
  }
  return handled
}

/** Harbor, whose clock stands still, with a record of its own and one of a peer. */
async function startHarbor(t: TestContext, env: Settings = {}) {
  const [harbor, lumen] = await Promise.all([
    startRegistry(t, { name: 'Harbor', overrides: { clock: createManualClock(Date.now()) }, env }),
    startRegistry(t, { name: 'Lumen' }),
  ])
  await enrol(harbor, lumen)
  await publish(harbor, { name: 'Plover' })
  await publish(lumen, { name: 'Golden Plover' })
  return { harbor, lumen }
}

/** Asks until the answer is ready and its kind of request known. */
async function warm(
  ask: (target: string, headers: Settings) => Promise<string>,
  target: string,
  headers: Settings,
) {
  for (let round = 0; round < 3; round += 1) await ask(target, headers)
}

test('the answer is byte for byte that of the ordinary way, and the framework has not seen the request', async (t) => {
  const { harbor } = await startHarbor(t)
  const { ask } = await openConnection(t, harbor)
  const bearer = { Authorization: `Bearer ${harbor.adminKey}` }
  const tag = async (headers: Settings) =>
    parseAnswer(await ask(FEDERATED, headers)).headers.etag ?? assert.fail('no tag')
  await warm(ask, FEDERATED, bearer)
  const cases: readonly (readonly [target: string, headers: Settings])[] = [
    [FEDERATED, bearer],
    [LOCAL, bearer],
    [LOCAL, { 'X-Api-Key': harbor.adminKey }],
    [LOCAL, {}],
    [FEDERATED, {}],
    [FEDERATED, { ...bearer, Accept: 'application/json, text/event-stream;q=0.5' }],
    [FEDERATED, { ...bearer, 'If-None-Match': await tag(bearer) }],
    [FEDERATED, { ...bearer, 'If-None-Match': '"another"' }],
  ]
  for (const [target, headers] of cases) {
    const what = `${target} ${Object.keys(headers)}`
    await warm(ask, target, headers)
    let [ordinary, hot] = ['', '']
    // A page of another origin, which may not read the answer, gets the same headers on the ordinary way.
    const seen = await handledDuring(async () => {
      ordinary = await ask(target, { ...headers, Origin: 'https://elsewhere.example' })
    })
    const unseen = await handledDuring(async () => {
      hot = await ask(target, headers)
    })
    assert.deepEqual([seen, unseen], [1, 0], what)
    assert.equal(comparable(hot), comparable(ordinary), what)
    assert.match(
      hot,
      'If-None-Match' in headers && !hot.includes(' 200 ') ? /^HTTP\/1.1 304/ : /^HTTP\/1.1 200/,
    )
  }
})

test('whatever asks for more than an answer goes the ordinary way', async (t) => {
  const { harbor } = await startHarbor(t)
  const bearer = { Authorization: `Bearer ${harbor.adminKey}` }
  const { ask } = await openConnection(t, harbor)
  await warm(ask, FEDERATED, bearer)
  const port = new URL(harbor.url).port
  const expected: readonly (readonly [what: string, headers: Settings, status: number, method?: string])[] = [
    ['HEAD', bearer, 200, 'HEAD'],
    ['another method', bearer, 405, 'POST'],
    ['an origin', { ...bearer, Origin: 'https://elsewhere.example' }, 200],
    ['a registry that asks', { ...bearer, 'X-Federation-Registry': 'https://peer.example' }, 403],
    ['a body', { ...bearer, 'Content-Length': '0' }, 200],
    ['expectations', { ...bearer, Expect: '100-continue' }, 200],
    ['a form not seen before', { ...bearer, Accept: 'text/html' }, 406],
    ['another host', { ...bearer, Host: 'evil.example' }, 421],
    ['a host not seen before', { ...bearer, Host: `127.0.0.1:${port}` }, 200],
    ['a key nobody has', { Authorization: `Bearer ${mintToken('ava')}` }, 401],
    ['two keys', { ...bearer, 'X-Api-Key': harbor.adminKey }, 401],
    ['no key at all', { Authorization: 'Basic YWRtaW4=' }, 401],
  ]
  for (const [what, headers, status, method = 'GET'] of expected) {
    const connection = await openConnection(t, harbor)
    const answer = parseAnswer(await connection.ask(FEDERATED, headers, method))
    assert.equal(answer.status, status, `${what}: ${answer.text}`)
  }
})

test('each request is counted once against its limit, and refused as ever beyond it', async (t) => {
  const { harbor } = await startHarbor(t, { REGISTRY_RATE_KEY: '40' })
  const { ask } = await openConnection(t, harbor)
  const bearer = { Authorization: `Bearer ${harbor.adminKey}` }
  await warm(ask, FEDERATED, bearer)
  const left: number[] = []
  let refused: RawAnswer | undefined
  const handled = await handledDuring(async () => {
    while (refused === undefined && left.length < 100) {
      const answer = parseAnswer(await ask(FEDERATED, bearer))
      if (answer.status === 200) left.push(Number(/;r=(\d+)/.exec(answer.headers.ratelimit ?? '')?.[1]))
      else refused = answer
    }
  })
  assert.deepEqual(
    left,
    Array.from({ length: left.length }, (_, index) => left.length - 1 - index),
  )
  assert.ok(left.length > 20)
  assert.equal(handled, 0) // a refusal reaches no handler
  assert.equal(refused?.status, 429)
  assert.match(refused.headers['content-type'] ?? '', /^application\/problem\+json/)
  assert.match(refused.headers.ratelimit ?? '', /^"key";r=0;t=\d+$/)
  assert.ok(refused.headers['retry-after'])
})

test('a revoked key opens nothing from that moment on', async (t) => {
  const { harbor } = await startHarbor(t)
  const { ask } = await openConnection(t, harbor)
  const made = await harbor.succeed<{ id: string; key: string }>('POST', '/keys', {
    body: { name: 'viewer', role: 'viewer' },
  })
  const headers = { Authorization: `Bearer ${made.key}` }
  await warm(ask, FEDERATED, headers)
  assert.equal(await handledDuring(() => ask(FEDERATED, headers)), 0)
  await harbor.succeed('DELETE', `/keys/${made.id}`)
  assert.equal(parseAnswer(await ask(FEDERATED, headers)).status, 401)
})

test('a disabled peer and a changed record are gone from the very next answer', async (t) => {
  const { harbor } = await startHarbor(t)
  const { ask } = await openConnection(t, harbor)
  const bearer = { Authorization: `Bearer ${harbor.adminKey}` }
  await warm(ask, FEDERATED, bearer)
  assert.match(await ask(FEDERATED, bearer), /Golden Plover/)
  const peer = (await discover(harbor, 'search=plover')).federation_stats?.peers[0]
  await harbor.succeed('PUT', `/federation/peers/${peer?.peer_id}`, { body: { is_active: false } })
  assert.doesNotMatch(await ask(FEDERATED, bearer), /Golden Plover/)
  await warm(ask, FEDERATED, bearer)
  await publish(harbor, { name: 'Plover published just now' })
  assert.match(await ask(FEDERATED, bearer), /Plover published just now/)
})

test('behind a proxy of ours, and under a path, the caller is counted by the address the proxy names', async (t) => {
  const port = await findFreePort()
  const harbor = await startRegistry(t, {
    overrides: { clock: createManualClock(Date.now()) },
    env: {
      ...{ REGISTRY_PORT: String(port), REGISTRY_PUBLIC_URL: `http://localhost:${port}/registry` },
      ...{ REGISTRY_TRUSTED_PROXIES: '127.0.0.0/8', REGISTRY_RATE_ANONYMOUS: '10' },
    },
  })
  const { ask } = await openConnection(t, { ...harbor, url: `http://localhost:${port}` })
  const leftFor = async (address: string, path: string) => {
    const { headers, status } = parseAnswer(await ask(path + LOCAL, { 'X-Forwarded-For': address }))
    assert.equal(status, 200)
    return /;r=(\d+)/.exec(headers.ratelimit ?? '')?.[1]
  }
  const handled = await handledDuring(async () => {
    for (const path of ['', '/registry']) {
      for (const address of ['203.0.113.7', '198.51.100.1, 203.0.113.8, 127.0.0.2']) {
        const first = path === '' ? 9 : 6
        for (const left of [first, first - 1, first - 2])
          assert.equal(await leftFor(address, path), String(left))
      }
    }
  })
  assert.equal(handled, 2) // the first for each way to address it
})

test('a host that a proxy of ours was asked for is looked at, though the request is known otherwise', async (t) => {
  const harbor = await startRegistry(t, {
    overrides: { clock: createManualClock(Date.now()) },
    env: { REGISTRY_TRUSTED_PROXIES: '127.0.0.0/8' },
  })
  const { ask } = await openConnection(t, harbor)
  const foreign = { 'X-Forwarded-Host': 'evil.example' }
  // Without an address of its own it is no proxy's word, and is passed over.
  await warm(ask, LOCAL, foreign)
  const proxied = { ...foreign, 'X-Forwarded-For': '203.0.113.7' }
  assert.equal(parseAnswer(await ask(LOCAL, proxied)).status, 421)
  await warm(ask, LOCAL, { ...proxied, 'X-Forwarded-Host': 'localhost' })
  assert.equal(parseAnswer(await ask(LOCAL, proxied)).status, 421)
})

test('under a path, answers are as ready as anywhere', async (t) => {
  const port = await findFreePort()
  const harbor = await startRegistry(t, {
    overrides: { clock: createManualClock(Date.now()) },
    env: { REGISTRY_PORT: String(port), REGISTRY_PUBLIC_URL: `http://localhost:${port}/registry` },
  })
  const { ask } = await openConnection(t, harbor)
  for (const path of ['', '/registry']) {
    await warm(ask, path + LOCAL, {})
    assert.equal(await handledDuring(() => ask(path + LOCAL, {})), 0)
    assert.equal(parseAnswer(await ask(path + LOCAL, {})).status, 200)
  }
})
