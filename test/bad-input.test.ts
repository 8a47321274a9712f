/** Requests that cannot be served: each is refused with a problem that says what to mend, and nothing else. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { SERVER_LIMITS } from '../src/http/limits.ts'
import { timeAwake } from './support/awake-time.ts'
import { parseAnswer, problemIn, sendRaw } from './support/peer-request.ts'
import { publish } from './support/records.ts'
import {
  type Answer,
  type CallOptions,
  type Problem,
  type RunningRegistry,
  type StartOptions,
  startRegistry,
} from './support/registry.ts'

type Expected = {
  readonly status: number
  readonly code: string
  readonly detail?: RegExp
  /** Pointers of the faults, in any order. */
  readonly pointers?: readonly string[]
}

/** A refusal as every refusal is: complete, in words for the person, and without what is nobody's business. */
function assertProblem(answer: Answer<Problem>, expected: Expected, what: string): void {
  const { status, headers, body, text } = answer
  assert.equal(status, expected.status, `${what}: ${text}`)
  assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/, what)
  assertWellFormed(body, expected, what)
  assert.match(headers.get('x-request-id') ?? body.instance, /[0-9a-f]{8}-[0-9a-f]{4}-7/, what)
  assert.equal(headers.get('cache-control'), 'no-store', what)
}

function assertWellFormed(problem: Problem, expected: Expected, what: string): void {
  const { type, title, status, detail, instance, code, errors = [] } = problem
  assert.equal(code, expected.code, `${what}: ${detail}`)
  assert.equal(status, expected.status, what)
  assert.ok(type.endsWith(`/errors#${code}`) && URL.canParse(type), `${what}: ${type}`)
  assert.match(title, /^[A-Z]/, what)
  assert.match(detail, /\.$/, what)
  assert.match(instance, /^urn:uuid:[0-9a-f-]{36}$/, what)
  assert.doesNotMatch(
    JSON.stringify(problem),
    /\bat [\w.]+ \(|node_modules|file:|\.ts:\d|\bselect\b.*\bfrom\b|SQLITE|ava_\w{10}|avf_\w{10}/i,
    what,
  )
  if (expected.detail !== undefined) assert.match(detail, expected.detail, what)
  if (expected.pointers === undefined) return
  assert.deepEqual(errors.map(({ pointer }) => pointer).toSorted(), expected.pointers.toSorted(), what)
}

type Case = readonly [method: string, path: string, options: CallOptions, expected: Expected]

async function assertAll(registry: RunningRegistry, cases: Readonly<Record<string, Case>>): Promise<void> {
  for (const [what, [method, path, options, expected]] of Object.entries(cases)) {
    assertProblem(await registry.call(method, path, options), expected, what)
  }
  const { agent_count: stored } = await registry.succeed<{ agent_count: number }>('GET', '/health')
  assert.equal(stored, 0)
}

const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
const CARD_TYPE = { 'content-type': 'application/a2a-agent-card+json' }

test('bodies that are no JSON, no record, too large or too deep store nothing and say what to mend', async (t) => {
  const registry = await startRegistry(t)
  const record = (fields: object) => ({ body: { name: 'X', agent_type: 'api', ...fields } })
  await assertAll(registry, {
    'wrong JSON': [
      ...['POST', '/agents', { body: '{\n  "name": "X",\n  "agent_type": api }' }],
      { status: 400, code: 'malformed-json', detail: /line 3, column 17/ },
    ] as never,
    'cut-off JSON': ['POST', '/agents', { body: '{"name":' }, { status: 400, code: 'malformed-json' }],
    'no text': [
      'POST',
      '/agents',
      { body: Buffer.from('{"name":"\xff\xfe"}', 'latin1') },
      { status: 400, code: 'malformed-json', detail: /UTF-8/ },
    ],
    'no object': ['POST', '/agents', { body: '[]' }, { status: 422, code: 'invalid-body' }],
    'no body': ['POST', '/agents', {}, { status: 422, code: 'invalid-body' }],
    'all faults at once': [
      'POST',
      '/agents',
      record({
        name: 7,
        tags: [1, 'ok'],
        endpoints: [{ url: 'nowhere', protocol: 'a2a' }],
        visibility: 'all',
        x: 1,
      }),
      {
        status: 422,
        code: 'invalid-body',
        pointers: ['/name', '/tags/0', '/endpoints/0/url', '/visibility', '/x'],
      },
    ],
    'a name too long': [
      'POST',
      '/agents',
      record({ name: 'x'.repeat(201) }),
      { status: 422, code: 'invalid-body', pointers: ['/name'] },
    ],
    'a description too long': [
      'POST',
      '/agents',
      record({ description: 'x'.repeat(4_001) }),
      { status: 422, code: 'invalid-body', pointers: ['/description'] },
    ],
    'too many tags': [
      'POST',
      '/agents',
      record({ tags: Array.from({ length: 65 }, (_, index) => `tag${index}`) }),
      { status: 422, code: 'invalid-body', pointers: ['/tags'] },
    ],
    'an unknown card': [
      'POST',
      '/agents',
      { body: { card: { swagger: '2.0', info: { title: 'An API' } } } },
      { status: 422, code: 'unknown-card-format' },
    ],
    'an unknown card alone': [
      'POST',
      '/agents',
      { body: '{"swagger":"2.0"}', headers: CARD_TYPE },
      { status: 422, code: 'unknown-card-format' },
    ],
    'a body over 1 MiB': [
      'POST',
      '/agents',
      record({ description: 'x'.repeat(1_048_576) }),
      { status: 413, code: 'body-too-large', detail: /1048576 bytes/ },
    ],
    'a card over 256 KiB alone': [
      'POST',
      '/agents',
      { body: `{"pad":"${'x'.repeat(262_144)}"}`, headers: CARD_TYPE },
      { status: 413, code: 'body-too-large', detail: /262144 bytes/ },
    ],
    'a card over 256 KiB among fields': [
      'POST',
      '/agents',
      { body: { card: { protocolVersion: '0.3.0', name: 'x', pad: 'x'.repeat(262_144) } } },
      { status: 422, code: 'invalid-body', detail: /./ },
    ],
    'too deep': [
      'POST',
      '/agents',
      { body: `{"name":"X","agent_type":"api","skills":${deep(33)}}` },
      { status: 422, code: 'invalid-body', detail: /32/ },
    ],
    'a prototype': [
      'POST',
      '/agents',
      { body: '{"name":"X","agent_type":"api","__proto__":{"role":"admin"}}' },
      { status: 422, code: 'invalid-body', detail: /__proto__/ },
    ],
    'another media type': [
      'POST',
      '/agents',
      { body: 'name: X', headers: { 'content-type': 'application/yaml' } },
      { status: 415, code: 'unsupported-media-type', detail: /application\/yaml/ },
    ],
    'a compressed body': [
      'POST',
      '/agents',
      { body: '{}', headers: { 'content-encoding': 'gzip' } },
      { status: 415, code: 'unsupported-media-type', detail: /Content-Encoding/ },
    ],
    'JSON where lines are taken': [
      'POST',
      '/agents/import',
      { body: '{}' },
      { status: 415, code: 'unsupported-media-type', detail: /x-ndjson/ },
    ],
    'a form': [
      'POST',
      '/keys',
      { body: 'name=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      { status: 415, code: 'unsupported-media-type' },
    ],
    'wrong members': [
      'POST',
      '/keys',
      { body: { name: 'x', role: 'king', colour: 'red' } },
      { status: 422, code: 'invalid-body', pointers: ['/role', '/colour'] },
    ],
    'an idempotency key without characters': [
      'POST',
      '/agents',
      { ...record({}), headers: { 'idempotency-key': '""' } },
      { status: 400, code: 'invalid-parameter' },
    ],
  })
})

test('parameters that are wrong or unknown are all named; nothing is ignored', async (t) => {
  const registry = await startRegistry(t)
  const wrong = (...names: string[]): Expected => ({
    ...{ status: 400, code: 'invalid-parameter' },
    pointers: names.map((name) => `?${name}`),
  })
  await assertAll(registry, {
    'unknown ones': ['GET', '/agents?colour=red&size=9&limit=5', {}, wrong('colour', 'size')],
    'a limit of 0': ['GET', '/agents?limit=0', {}, wrong('limit')],
    'a limit of 101': ['GET', '/discovery/agents?limit=101', {}, wrong('limit')],
    'a limit that is no number': ['GET', '/agents?limit=ten', {}, wrong('limit')],
    'a position beyond counting': ['GET', '/changes?since=1e30', {}, wrong('since')],
    'a number without end': ['GET', '/audit?before=Infinity', {}, wrong('before')],
    'one more than there are': [
      'GET',
      '/federation/query-log?before=9223372036854775808',
      {},
      wrong('before'),
    ],
    'a search of 201 characters': ['GET', `/discovery/agents?search=${'x'.repeat(201)}`, {}, wrong('search')],
    'a status there is not': ['GET', '/agents?status=asleep', {}, wrong('status')],
    'no truth': ['GET', '/discovery/agents?include_federated=maybe', {}, wrong('include_federated')],
    'one value given twice': ['GET', '/agents?limit=5&limit=6', {}, wrong('limit')],
    'a parameter where none is taken': ['GET', '/me?verbose=true', {}, wrong('verbose')],
    'another visibility': ['GET', '/agents?visibility=private', {}, wrong('visibility')],
    NUL: ['GET', '/agents?search=a%00b', {}, { status: 400, code: 'invalid-parameter' }],
    'half an escape': ['GET', '/agents/%E0%A4%A', {}, { status: 400, code: 'malformed-request' }],
  })
})

test('a cursor that is malformed, of another query or of another asker is refused', async (t) => {
  const registry = await startRegistry(t)
  for (const name of ['One', 'Two', 'Three']) await publish(registry, { name: `Agent ${name}` })
  const { key } = await registry.succeed<{ key: string }>('POST', '/keys', {
    body: { name: 'v', role: 'viewer' },
  })
  type Page = { next_cursor: string }
  const listed = await registry.succeed<Page>('GET', '/agents?limit=1')
  const searched = await registry.succeed<Page>('GET', '/agents?limit=1&search=agent')
  const flipped = listed.next_cursor.replace(/^.{12}/, (head) => [...head].toReversed().join(''))
  const cases: Readonly<Record<string, readonly [string, CallOptions?]>> = {
    'no cursor of ours': ['/agents?cursor=hello'],
    'an empty one': ['/agents?cursor='],
    'one bit changed': [`/agents?cursor=${flipped}`],
    'cut short': [`/agents?cursor=${listed.next_cursor.slice(0, -2)}`],
    'with more at its end': [`/agents?cursor=${listed.next_cursor}AAAA`],
    'of a list, with a search': [`/agents?search=agent&cursor=${listed.next_cursor}`],
    'of a search, without one': [`/agents?cursor=${searched.next_cursor}`],
    'of another search': [`/agents?search=agents&cursor=${searched.next_cursor}`],
    'of another filter': [`/agents?agent_type=a2a&cursor=${listed.next_cursor}`],
    'of another key': [`/agents?cursor=${listed.next_cursor}`, { key }],
    'of a key, as nobody': [`/agents?cursor=${listed.next_cursor}`, { key: null }],
  }
  for (const [what, [path, options]] of Object.entries(cases)) {
    assertProblem(await registry.call('GET', path, options), { status: 400, code: 'invalid-cursor' }, what)
  }
  const federated = `/discovery/agents?include_federated=true&cursor=${listed.next_cursor}`
  assertProblem(
    await registry.call('GET', federated),
    { status: 400, code: 'invalid-cursor' },
    'of a search here, sent along with a federated one',
  )
  assert.equal((await registry.call('GET', `/agents?limit=2&cursor=${listed.next_cursor}`)).status, 200)
})

const FORBIDDEN_URLS: Readonly<Record<string, string>> = {
  'plain http to a public address': 'http://93.184.216.34',
  'plain http to a public name': 'http://registry.example.invalid',
  'an address of this machine': 'https://127.0.0.1:9',
  'this machine in another spelling': 'https://2130706433/',
  'this machine, IPv6': 'https://[::1]:9',
  'this machine, IPv4 in IPv6': 'https://[::ffff:127.0.0.1]',
  'every address of this machine': 'https://0.0.0.0',
  'a private network': 'https://10.1.2.3',
  'another private network': 'https://192.168.0.1',
  'the metadata service of clouds': 'http://169.254.169.254',
  'the same, over https': 'https://169.254.169.254/latest/meta-data',
  'the same, IPv6': 'https://[fd00:ec2::254]',
  'a shared address space': 'https://100.64.0.1',
  multicast: 'https://224.0.0.1',
  'a link-local address': 'https://[fe80::1]',
}
const MALFORMED_URLS = [
  '',
  'ftp://a.example',
  'registry.example',
  'https://u:p@a.example',
  'https://a.example:0',
  'file:///etc',
]

test('peers at forbidden or impossible addresses are refused, by peer and by token, and nothing is stored', async (t) => {
  const registry = await startRegistry(t, { env: { REGISTRY_PEER_NETWORKS: '' } })
  for (const [what, url] of Object.entries(FORBIDDEN_URLS)) {
    for (const path of ['/federation/peers', '/federation/tokens']) {
      const answer = await registry.call('POST', path, { body: { name: 'Peer', registry_url: url } })
      const expected = { status: 422, code: 'peer-address-forbidden', pointers: ['/registry_url'] }
      assertProblem(answer, expected, `${what}, ${path}`)
    }
  }
  for (const url of MALFORMED_URLS) {
    const answer = await registry.call('POST', '/federation/peers', {
      body: { name: 'Peer', registry_url: url },
    })
    assertProblem(answer, { status: 422, code: 'invalid-body', pointers: ['/registry_url'] }, url)
  }
  const own = await registry.call('POST', '/federation/peers', {
    body: { name: 'Me', registry_url: registry.url },
  })
  assertProblem(own, { status: 422, code: 'peer-address-forbidden', detail: /itself/ }, 'our own')
  assert.deepEqual(await registry.succeed('GET', '/federation/peers'), { peers: [] })
  assert.deepEqual(await registry.succeed('GET', '/federation/tokens'), { tokens: [] })
})

test('a peer known already, or one whose name is taken, is 409; what is not built yet is refused by name', async (t) => {
  const registry = await startRegistry(t)
  const add = (body: object) => registry.call('POST', '/federation/peers', { body })
  const first = await add({ name: 'Peer', registry_url: 'http://127.0.0.1:9' })
  assert.equal(first.status, 201)
  const again = await add({ name: 'Other', registry_url: 'http://127.0.0.1:9/' })
  assertProblem(again, { status: 409, code: 'peer-exists' }, 'the same address')
  const named = await add({ name: 'PEER', registry_url: 'http://127.0.0.1:10' })
  assertProblem(named, { status: 409, code: 'peer-exists' }, 'the same name')
  const unbuilt = await add({
    ...{ name: 'New', registry_url: 'http://127.0.0.1:11', require_mtls: true, public_key: 'x' },
    ...{ share_policy: {}, protocol: 'gopher', api_key: 'with blanks' },
  })
  assert.equal(unbuilt.status, 422)
  const { peers } = await registry.succeed<{ peers: unknown[] }>('GET', '/federation/peers')
  assert.equal(peers.length, 1)
})

test('who is not known, may not, or asks for what is not there is told which', async (t) => {
  const registry = await startRegistry(t)
  const { key: viewer } = await registry.succeed<{ key: string }>('POST', '/keys', {
    body: { name: 'v', role: 'viewer' },
  })
  const nobody = { key: null }
  const nothing = '0199f000-0000-7000-8000-000000000000'
  await assertAll(registry, {
    'without a key': ['GET', '/me', nobody, { status: 401, code: 'unauthenticated' }],
    'a key cut short': [
      'GET',
      '/me',
      { key: viewer.slice(0, -1) },
      { status: 401, code: 'unauthenticated', detail: /form is wrong/ },
    ],
    'another scheme': [
      'GET',
      '/me',
      { ...nobody, headers: { authorization: 'Basic eDp5' } },
      { status: 401, code: 'unauthenticated', detail: /Bearer/ },
    ],
    'two keys': [
      'GET',
      '/me',
      { headers: { 'x-api-key': viewer } },
      { status: 401, code: 'unauthenticated', detail: /not both/ },
    ],
    'bad credentials where none are needed': [
      'GET',
      '/agents',
      { key: 'nonsense' },
      { status: 401, code: 'unauthenticated' },
    ],
    'a role that is too small': [
      'POST',
      '/agents',
      { key: viewer, body: {} },
      { status: 403, code: 'forbidden', detail: /role viewer/ },
    ],
    'no such agent': ['GET', `/agents/${nothing}`, {}, { status: 404, code: 'agent-not-found' }],
    'no identifier': ['GET', '/agents/%27%20or%201=1', {}, { status: 404, code: 'agent-not-found' }],
    'no such peer': ['GET', `/federation/peers/${nothing}`, {}, { status: 404, code: 'peer-not-found' }],
    'no such peer, no identifier': [
      'DELETE',
      '/federation/peers/x',
      {},
      { status: 404, code: 'peer-not-found' },
    ],
    'no such token': [
      'DELETE',
      `/federation/tokens/${nothing}`,
      {},
      { status: 404, code: 'token-not-found' },
    ],
    'no such key': ['DELETE', '/keys/x', {}, { status: 404, code: 'key-not-found' }],
    'no such address': ['GET', '/nowhere', {}, { status: 404, code: 'not-found' }],
    'an address of no end': ['GET', `/agents/${'x'.repeat(3_000)}`, {}, { status: 404, code: 'not-found' }],
  })
  const challenge = await registry.call('GET', '/me', nobody)
  assert.match(challenge.headers.get('www-authenticate') ?? '', /^Bearer realm=/)
})

test('a method that an address does not know is 405 with Allow', async (t) => {
  const registry = await startRegistry(t)
  for (const [method, path, allow] of [
    ['PATCH', '/api/v1/agents', 'GET, HEAD, POST'],
    ['DELETE', '/api/v1/health', 'GET, HEAD'],
    ['POST', '/livez', 'GET, HEAD'],
    ['OPTIONS', '/api/v1/me', 'GET, HEAD'],
  ] as const) {
    const answer = await registry.send(method, path)
    assertProblem(answer, { status: 405, code: 'method-not-allowed' }, `${method} ${path}`)
    assert.equal(answer.headers.get('allow'), allow)
  }
})

test('a request for another host is 421, so that no page can reach a local registry by a name of its own', async (t) => {
  const registry = await startRegistry(t, { env: { REGISTRY_ALLOWED_HOSTS: 'registry.internal' } })
  const { port } = new URL(registry.url)
  const asked = (host: string, path = '/api/v1/health') =>
    sendRaw(registry.url, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    'localhost.evil.example',
    '10.0.0.1',
    '127.0.0.1.nip.io',
    '',
  ]) {
    const answer = await asked(host)
    assert.equal(answer.status, 421, host)
    assertWellFormed(problemIn(answer), { status: 421, code: 'wrong-host' }, host)
  }
  for (const host of ['localhost', `127.0.0.1:${port}`, '[::1]', 'registry.internal', `LOCALHOST:${port}`]) {
    assert.equal((await asked(host)).status, 200, host)
  }
  for (const path of ['/livez', '/readyz']) assert.equal((await asked('evil.example', path)).status, 200)
  const none = await sendRaw(registry.url, 'GET /api/v1/health HTTP/1.0\r\n\r\n')
  assert.equal(none.status, 421)
})

test('headers over 16 KiB are 431, and what is no HTTP is 400', async (t) => {
  const registry = await startRegistry(t)
  const host = 'Host: localhost'
  const large = await sendRaw(
    registry.url,
    `GET /livez HTTP/1.1\r\n${host}\r\nX-Pad: ${'x'.repeat(17_000)}\r\n\r\n`,
  )
  assert.equal(large.status, 431)
  assert.match(large.headers['content-type'] ?? '', /^application\/problem\+json/)
  assertWellFormed(problemIn(large), { status: 431, code: 'headers-too-large', detail: /16 KiB/ }, 'headers')
  for (const bytes of [
    'HELLO\r\n\r\n',
    `GET /livez HTTP/1.1\r\n${host}\r\nBad Header\r\n\r\n`,
    `POST /api/v1/agents HTTP/1.1\r\n${host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `POST /api/v1/agents HTTP/1.1\r\n${host}\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
  ]) {
    const answer = await sendRaw(registry.url, bytes)
    assert.equal(answer.status, 400, bytes)
    assertWellFormed(problemIn(answer), { status: 400, code: 'malformed-request' }, bytes)
  }
  assert.equal((await registry.send('GET', '/livez')).status, 200)
})

test('a body that does not come is 408 after its time, and the connection ends', async (t) => {
  const limitMs = 700
  t.mock.property(SERVER_LIMITS, 'bodyTimeoutMs', limitMs as never) // nobody wants to wait 15 s here
  const registry = await startRegistry(t)
  const socket = connect(Number(new URL(registry.url).port), '127.0.0.1')
  const head = `POST /api/v1/agents HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${registry.adminKey}`
  socket.write(`${head}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"name":`)
  const started = performance.now()
  const { value: received, ms } = await timeAwake(() => text(socket))
  const elapsedMs = performance.now() - started
  const answer = parseAnswer(received)
  assert.equal(answer.status, 408)
  assertWellFormed(problemIn(answer), { status: 408, code: 'request-timeout' }, 'a slow body')
  assert.ok(elapsedMs > limitMs - 100 && ms < limitMs + 3_000, `${elapsedMs} ms, awake ${ms}`)
})

async function startForPages(t: TestContext, options: StartOptions = {}): Promise<RunningRegistry> {
  return startRegistry(t, { env: { REGISTRY_CORS_ORIGINS: 'https://console.example' }, ...options })
}

test('pages of allowed origins may read answers, those of others may not', async (t) => {
  const registry = await startForPages(t)
  const from = (origin: string, method = 'GET', headers = {}) =>
    registry.call(method, '/agents', { key: null, headers: { origin, ...headers } })
  const allowed = await from('https://console.example')
  assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://console.example')
  assert.match(allowed.headers.get('vary') ?? '', /Origin/)
  assert.equal(allowed.headers.get('access-control-allow-credentials'), null)
  const preflight = await from('https://console.example', 'OPTIONS', {
    'access-control-request-method': 'POST',
  })
  assert.equal(preflight.status, 204)
  assert.match(preflight.headers.get('access-control-allow-methods') ?? '', /POST/)
  assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /Authorization/)
  for (const origin of [
    'https://evil.example',
    'http://console.example',
    'https://console.example:444',
    'null',
  ]) {
    const other = await from(origin)
    assert.deepEqual([other.status, other.headers.get('access-control-allow-origin')], [200, null], origin)
    assert.equal(other.headers.get('cross-origin-resource-policy'), 'same-origin')
  }
  const refused = await from('https://console.example', 'GET', { authorization: 'Bearer nonsense' })
  assert.equal(refused.status, 401)
  assert.equal(refused.headers.get('access-control-allow-origin'), 'https://console.example')
})

test('too many requests, and too many wrong keys, are 429 with the time to wait; others go on', async (t) => {
  const registry = await startRegistry(t, {
    env: { REGISTRY_RATE_ANONYMOUS: '5', REGISTRY_RATE_AUTH_FAILURES: '3' },
  })
  const statuses: number[] = []
  let last: Answer<Problem> | undefined
  for (let attempt = 0; attempt < 7; attempt += 1) {
    last = await registry.call('GET', '/agents', { key: null })
    statuses.push(last.status)
  }
  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429, 429])
  assert.ok(last)
  assertProblem(last, { status: 429, code: 'rate-limited', detail: /try again in \d+ s/ }, 'requests')
  const wait = Number(last.headers.get('retry-after'))
  assert.ok(wait >= 1 && wait <= 60)
  assert.match(last.headers.get('ratelimit-policy') ?? '', /"anonymous";q=5;w=60/)
  assert.equal((await registry.call('GET', '/me')).status, 200)
  const guess = () => registry.call('GET', '/me', { key: `ava_${'0'.repeat(49)}` })
  const guesses = [await guess(), await guess(), await guess(), await guess()]
  assert.deepEqual(
    guesses.map(({ status }) => status),
    [401, 401, 401, 429],
  )
  assert.equal((await registry.call('GET', '/me')).status, 200)
  assert.equal((await registry.send('GET', '/livez', { key: null })).status, 200)
})
