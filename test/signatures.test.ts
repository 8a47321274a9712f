/**
 * What protects the questions of peers, attacked over real sockets: requests a real registry signed and sent are
 * captured on their way, then replayed late, changed byte by byte, stripped and signed anew by others.
 */
import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createManualClock } from './support/federation.ts'
import { problemIn, type RawAnswer, sendRaw, signedBy } from './support/peer-request.ts'
import { discover, publish } from './support/records.ts'
import { enrol, type RunningRegistry, type StartOptions, startRegistry } from './support/registry.ts'

type Captured = {
  readonly method: string
  readonly target: string
  readonly registry: string
  readonly signature: string
  readonly token: string
}

type Clocked = { readonly clock: ReturnType<typeof createManualClock> }

/**
 * Lumen, and a search that Harbor once sent it. Harbor asks through an eavesdropper, whose address it takes for
 * Lumen's.
 */
async function capture(
  t: TestContext,
  options: StartOptions = {},
): Promise<
  Clocked & { readonly lumen: RunningRegistry; readonly captured: Captured; readonly secret: string }
> {
  const clock = createManualClock()
  const heard: Captured[] = []
  const url = await eavesdrop(t, ({ method = '', url: target = '', headers }, response) => {
    const {
      authorization = '',
      'x-federation-registry': registry,
      'x-federation-signature': signature,
    } = headers
    heard.push({
      ...{ method, target, registry: String(registry), signature: String(signature) },
      token: authorization.replace(/^Bearer /, ''),
    })
    response.writeHead(503).end()
  })
  const [harbor, lumen] = await Promise.all([
    startRegistry(t, { name: 'Harbor', overrides: { clock } }),
    startRegistry(t, { name: 'Lumen', ...options, overrides: { clock } }),
  ])
  await publish(lumen, { name: 'Treasure', visibility: 'federated' })
  const given = await lumen.succeed<{ token: string; signing_secret: string }>('POST', '/federation/tokens', {
    body: { name: 'Harbor', registry_url: harbor.url },
  })
  const { token: apiKey, signing_secret: secret } = given
  await harbor.succeed('POST', '/federation/peers', {
    body: { name: 'Lumen', registry_url: url, api_key: apiKey, signing_secret: secret },
  })
  await discover(harbor, 'search=treasure&tags=gold')
  const captured = heard.find(({ target }) => target.includes('/agents?'))
  assert.ok(captured)
  return { clock, lumen, captured, secret }
}

async function eavesdrop(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

/** Puts a request on the wire, byte for byte; a member that is `null` is left out. */
async function replay(
  lumen: RunningRegistry,
  request: { readonly [K in keyof Captured]: string | null } & { readonly body?: string },
): Promise<RawAnswer> {
  return sendRaw(lumen.url, wireOf(lumen, request))
}

function wireOf(
  { url }: RunningRegistry,
  request: { readonly [K in keyof Captured]: string | null } & { readonly body?: string },
): Buffer {
  const { method, target, token, registry, signature, body } = request
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    'Connection: close',
    ...(token === null ? [] : [`Authorization: Bearer ${token}`]),
    ...(registry === null ? [] : [`X-Federation-Registry: ${registry}`]),
    ...(signature === null ? [] : [`X-Federation-Signature: ${signature}`]),
    ...(body === undefined ? [] : ['Content-Type: application/json', `Content-Length: ${body.length}`]),
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`, 'latin1')
}

/** A refusal that tells the operator of the peer what is wrong, and tells an attacker nothing. */
function assertRefused(
  answer: RawAnswer,
  expected: { status?: number; detail?: RegExp },
  what: string,
): void {
  assert.ok([401, 403].includes(answer.status), `${what}: ${answer.status} ${answer.text}`)
  if (expected.status !== undefined) assert.equal(answer.status, expected.status, what)
  assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/, what)
  const { detail } = problemIn(answer)
  assert.match(detail, /^[A-Z].{20,}[.]$/, what)
  if (expected.detail !== undefined) assert.match(detail, expected.detail, what)
  assert.doesNotMatch(answer.text, /Treasure|avf_|[0-9a-f]{64}/, what)
}

test('a captured request passes while it is fresh, again in the same second, and not after its window', async (t) => {
  const { lumen, captured, clock } = await capture(t)
  assert.match(captured.target, /^\/api\/v1\/agents\?search=treasure&tags=gold/)
  const honest = await Promise.all([replay(lumen, captured), replay(lumen, captured)])
  assert.deepEqual(
    honest.map(({ status }) => status),
    [200, 200],
  )
  clock.advance(300_000)
  assert.equal((await replay(lumen, captured)).status, 200)
  clock.advance(1_000)
  for (const later of [0, 60_000, 86_400_000]) {
    clock.advance(later)
    assertRefused(
      await replay(lumen, captured),
      { status: 401, detail: /\d+ s old, at most 300 s are accepted \(signed at \d+, our clock says \d+\)/ },
      `${later} ms later`,
    )
  }
})

test('FEDERATION_SIGNATURE_MAX_AGE is the window', async (t) => {
  const { lumen, captured, clock } = await capture(t, { env: { FEDERATION_SIGNATURE_MAX_AGE: '10' } })
  clock.advance(10_000)
  assert.equal((await replay(lumen, captured)).status, 200)
  clock.advance(1_000)
  assertRefused(await replay(lumen, captured), { detail: /11 s old, at most 10 s/ }, 'after 11 s')
})

test('a signature from the future is refused beyond 30 s, and says that clocks differ', async (t) => {
  const { lumen, captured, clock } = await capture(t)
  clock.advance(-30_000)
  assert.equal((await replay(lumen, captured)).status, 200)
  clock.advance(-1_000)
  assertRefused(
    await replay(lumen, captured),
    { status: 401, detail: /31 s ahead.*compare both clocks/ },
    '31 s',
  )
})

/** Every byte of `text` replaced by others of its kind, so that HTTP itself has nothing to object. */
function mutationsOf(text: string, from: string): string[] {
  return [...text].flatMap((char, index) => {
    const at = from.indexOf(char)
    const others = at === -1 ? [from[0]] : [from[(at + 1) % from.length], from[(at + 7) % from.length]]
    return others.map((other) => text.slice(0, index) + other + text.slice(index + 1))
  })
}

const TEXT = 'abcdefghijklmnopqrstuvwxyz0123456789-_.~%&=/ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const HEX = '0123456789abcdef'

test('every change of any byte that is signed, or says who asks, is refused and never a fault of ours', async (t) => {
  const { lumen, captured } = await capture(t)
  assert.equal((await replay(lumen, captured)).status, 200)
  const { target, registry, signature, token } = captured
  const [timestamp = '', mac = ''] = signature.split('.')
  const { pathname, search } = new URL(target, lumen.url)
  const queries = mutationsOf(search.slice(1), TEXT).filter((query) => !query.includes('%'))
  const mutations: (readonly [string, Partial<Captured> & { readonly body?: string }])[] = [
    ...['HEAD', 'POST', 'PUT', 'DELETE'].map((method) => [`method ${method}`, { method }] as const),
    ...queries.map((query) => [`query ${query}`, { target: `${pathname}?${query}` }] as const),
    ...[
      ...[`${target}&limit=1`, target.replace('&', '&&'), `${target}&`, `${pathname}?`, pathname],
      ...[target.replace('treasure', 'treasur%65'), target.replace('gold', 'GOLD'), `${target}%20`],
      ...['/api/v1/health', `${pathname}/0199?${search}`, target.replace('/api', '//api'), `/.${target}`],
    ].map((changed) => [`target ${changed}`, { target: changed }] as const),
    ...mutationsOf(timestamp, '0123456789').map(
      (moved) => [`timestamp ${moved}`, { signature: `${moved}.${mac}` }] as const,
    ),
    ...mutationsOf(mac, HEX).map(
      (forged) => [`mac ${forged}`, { signature: `${timestamp}.${forged}` }] as const,
    ),
    ...mutationsOf(registry, TEXT).map((other) => [`registry ${other}`, { registry: other }] as const),
    ...mutationsOf(token, TEXT).map((other) => [`token ${other}`, { token: other }] as const),
    ...[
      ...[
        `${signature} `.repeat(2).trim(),
        `${signature},${signature}`,
        mac,
        `${timestamp}.`,
        `.${mac}`,
        '.',
      ],
      ...[`0${signature}`, `+${signature}`, `-${signature}`, `${timestamp}.0.${mac}`, `${timestamp} ${mac}`],
      ...[
        signature.toUpperCase(),
        `${signature}0`,
        signature.slice(0, -1),
        `${timestamp}.0${mac}`,
        '9e99.ff',
      ],
      ...[
        `sha256=${signature}`,
        `${timestamp}.${Buffer.from(mac, 'hex').toString('base64')}`,
        '\xff\xfe',
        '0.0',
      ],
      `${'9'.repeat(400)}.${mac}`,
    ].map((odd) => [`signature ${odd}`, { signature: odd }] as const),
  ]
  assert.ok(mutations.length >= 300, String(mutations.length))
  for (const [what, mutation] of mutations) {
    const answer = await replay(lumen, { ...captured, ...mutation })
    if (mutation.method === 'HEAD') assert.equal(answer.status, 401, what)
    else assertUnhelpful(answer, what)
  }
})

/** Refused; or, where nothing of ours has this method and address, told so without looking at who asks. */
function assertUnhelpful(answer: RawAnswer, what: string): void {
  if (/^(?:target|method)/.test(what) && [404, 405].includes(answer.status)) return
  assertRefused(answer, {}, what)
}

test('a body is nothing a peer signs: one put into its request on the way is refused', async (t) => {
  const { lumen, captured } = await capture(t)
  for (const body of ['{"visibility":"private"}', 'x', '\0']) {
    assertRefused(await replay(lumen, { ...captured, body }), { status: 403, detail: /no body/ }, body)
  }
  const chunked = wireOf(lumen, captured)
    .toString('latin1')
    .replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n')
  assertRefused(await sendRaw(lumen.url, chunked), { status: 403 }, 'chunked')
  const posted = await replay(lumen, {
    ...captured,
    ...{ method: 'POST', target: '/api/v1/agents', body: '{"name":"x","agent_type":"a2a"}' },
  })
  assertRefused(posted, { status: 403, detail: /reads/ }, 'POST')
})

test('unsigned, unnamed, and signed by another, a request with a good token is refused with its reason', async (t) => {
  const { lumen, captured, secret, clock } = await capture(t)
  const meridian = await startRegistry(t, { name: 'Meridian' })
  const other = await enrol(meridian, lumen)
  const { target, registry } = captured
  const at = clock.now()
  const signed = (signer: { registry: string; secret: string; at?: number }, what = target) => ({
    ...captured,
    signature: signedBy({ at, ...signer }, what)['x-federation-signature'] ?? '',
  })
  assert.equal((await replay(lumen, signed({ registry, secret }))).status, 200)
  const refusals = {
    unsigned: [{ ...captured, signature: null }, 401, /carries no X-Federation-Signature/],
    'without the name of the registry': [
      { ...captured, registry: null },
      403,
      /X-Federation-Registry.*missing/,
    ],
    'without both': [
      { ...captured, registry: null, signature: null },
      403,
      /X-Federation-Registry and X-Federation-Signature/,
    ],
    "with another peer's secret": [
      signed({ registry, secret: other.signingSecret }),
      401,
      /does not match this request: check the signing secret/,
    ],
    "with another peer's name": [{ ...captured, registry: meridian.url }, 403, /another registry/],
    "with another peer's token": [{ ...captured, token: other.token }, 403, /another registry/],
    "with another peer's token and name": [
      { ...captured, token: other.token, registry: meridian.url },
      401,
      /check the signing secret/,
    ],
    'with the token in place of the secret': [
      signed({ registry, secret: captured.token }),
      401,
      /check the signing secret/,
    ],
    'with a moved timestamp': [
      { ...captured, signature: captured.signature.replace(/^\d+/, (seconds) => `${Number(seconds) + 1}`) },
      401,
      /does not match/,
    ],
    'for another address': [signed({ registry, secret }, '/api/v1/agents'), 401, /path with query/],
    'with a key of no one': [{ ...captured, token: `avf_${'0'.repeat(49)}` }, 401, /form is wrong/],
    'without a token': [{ ...captured, token: null }, null, null],
  } as const
  for (const [what, [request, status, detail]] of Object.entries(refusals)) {
    const answer = await replay(lumen, request)
    // Nobody in particular asks: public records, of which there are none.
    if (status === null) assert.deepEqual([answer.status, JSON.parse(answer.text).agents], [200, []])
    else assertRefused(answer, { status, detail }, what)
  }
})

test('FEDERATION_REQUIRE_SIGNATURE=false takes unsigned requests and still refuses wrong signatures', async (t) => {
  const { lumen, captured, clock } = await capture(t, { env: { FEDERATION_REQUIRE_SIGNATURE: 'false' } })
  assert.equal((await replay(lumen, { ...captured, signature: null })).status, 200)
  assert.equal((await replay(lumen, captured)).status, 200)
  const forged = captured.signature.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
  assertRefused(await replay(lumen, { ...captured, signature: forged }), { status: 401 }, 'forged')
  assertRefused(await replay(lumen, { ...captured, signature: '' }), { status: 401 }, 'empty')
  clock.advance(301_000)
  assertRefused(await replay(lumen, captured), { status: 401 }, 'late')
  assertRefused(
    await replay(lumen, { ...captured, signature: null, registry: null }),
    { status: 403 },
    'no name',
  )
})

test('require_signature of a peer overrides the setting, both ways, at once', async (t) => {
  const { lumen, captured } = await capture(t)
  const { peers } = await lumen.succeed<{ peers: { id: string }[] }>('GET', '/federation/peers')
  const path = `/federation/peers/${peers[0]?.id}`
  const unsigned = { ...captured, signature: null }
  assertRefused(await replay(lumen, unsigned), { status: 401 }, 'by the setting')
  await lumen.succeed('PUT', path, { body: { require_signature: false } })
  assert.equal((await replay(lumen, unsigned)).status, 200)
  await lumen.succeed('PUT', path, { body: { require_signature: null } })
  assertRefused(await replay(lumen, unsigned), { status: 401 }, 'by the setting again')

  const lenient = await capture(t, { env: { FEDERATION_REQUIRE_SIGNATURE: 'false' } })
  const listed = await lenient.lumen.succeed<{ peers: { id: string }[] }>('GET', '/federation/peers')
  await lenient.lumen.succeed('PUT', `/federation/peers/${listed.peers[0]?.id}`, {
    body: { require_signature: true },
  })
  const refused = await replay(lenient.lumen, { ...lenient.captured, signature: null })
  assertRefused(refused, { status: 401 }, 'by the peer')
})

test('with signature_target=path a signature covers the path alone, at this peer only', async (t) => {
  const { lumen, captured, secret, clock } = await capture(t)
  const { peers } = await lumen.succeed<{ peers: { id: string }[] }>('GET', '/federation/peers')
  const [path = ''] = captured.target.split('?')
  const signer = { registry: captured.registry, secret, at: clock.now() }
  const byPath = { ...captured, signature: signedBy(signer, path)['x-federation-signature'] ?? '' }
  assertRefused(await replay(lumen, byPath), { status: 401 }, 'before')
  await lumen.succeed('PUT', `/federation/peers/${peers[0]?.id}`, { body: { signature_target: 'path' } })
  assert.equal((await replay(lumen, byPath)).status, 200)
  assertRefused(await replay(lumen, captured), { status: 401 }, 'the whole target signed')
})

test('headers given twice are not read as one', async (t) => {
  const { lumen, captured } = await capture(t)
  const wire = wireOf(lumen, captured).toString('latin1')
  for (const name of ['X-Federation-Signature', 'X-Federation-Registry', 'Authorization']) {
    const line = new RegExp(`${name}: .*\r\n`).exec(wire)?.[0] ?? ''
    const answer = await sendRaw(lumen.url, wire.replace(line, line + line))
    // Node drops a second Authorization header; of the others it makes a list, which is no value.
    if (name === 'Authorization') assert.ok([200, 400, 401].includes(answer.status), name)
    else assertRefused(answer, {}, name)
  }
})
