import assert from 'node:assert/strict'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { test } from 'node:test'
import {
  clock,
  makeAgent,
  makePeer,
  openLoopback,
  SEARCH_REQUEST,
  sendJson,
  serve,
  statisticsOf,
  wireAgent,
} from '../../../test/support/federation.ts'
import type { Peer, PeerCredentials } from '../../domain/peer.ts'
import { findTraceParent, mintTraceId } from '../../domain/trace-context.ts'
import { verifyHmac } from '../../security/signature-hmac.ts'
import { statisticsToWire } from '../../wire/search-stats.ts'
import { createRecordMemory } from '../record-memory.ts'
import { agentvault } from './agentvault.ts'
import type { PeerRequest, ProtocolContext, ProtocolResult } from './protocol.ts'

const CREDENTIALS: PeerCredentials = { apiKey: 'opaque-key-of-theirs', signingSecret: null }

const TRACE = mintTraceId()

type Context = ProtocolContext & { readonly knownEtag: string | null }

type Setup = {
  readonly request?: PeerRequest
  readonly peer?: Partial<Peer>
  readonly credentials?: PeerCredentials
  readonly path?: string
  readonly signal?: AbortSignal
}

async function withPeer<T>(
  listener: RequestListener,
  { peer = {}, credentials = CREDENTIALS, path = '', signal = new AbortController().signal }: Setup,
  use: (peer: Peer, context: Context, requests: readonly IncomingMessage[]) => Promise<T>,
): Promise<T> {
  await using server = await serve(listener)
  await using outbound = openLoopback()
  const context = {
    ...{ outbound, credentials, clock, publicUrl: 'https://us.example', deadlineMs: 400.7, signal },
    ...{ traceId: TRACE, knownEtag: null },
  }
  return await use(makePeer(`${server.url}${path}`, peer), context, server.requests)
}

function ask(listener: RequestListener, setup: Setup = {}): Promise<ProtocolResult> {
  return withPeer(listener, setup, async (peer, context) => {
    const request = setup.request ?? SEARCH_REQUEST
    const received = await agentvault.search(peer, request, context)
    if (received.kind === 'failed') return received
    assert.ok(received.kind === 'received')
    return agentvault.read(received.body, peer, { request, records: createRecordMemory(1_000_000) })
  })
}

function page(build: (url: string) => unknown): RequestListener {
  return (request, response) => sendJson(response, build(`http://${request.headers.host ?? ''}`))
}

async function assertFails(
  listener: RequestListener,
  reason: string,
  error: RegExp,
  setup: Setup = {},
): Promise<void> {
  const result = await ask(listener, setup)
  assert.ok(result.kind === 'failed', 'the peer is believed')
  assert.equal(result.reason, reason)
  assert.match(result.error, error)
}

test('asks at the registry’s own path with everything the search is about, signed as sent', async () => {
  const filter = { agentType: 'a2a', tags: ['nlp', 'c++'], status: 'active', provider: 'Ac&me' } as const
  const request = {
    search: 'trans late ',
    filter,
    limit: 50,
    visibility: 'public',
    cursor: 'c r',
    reference: null,
  } as const
  await withPeer(
    page(() => ({ agents: [] })),
    { path: '/registry' },
    async (peer, context, requests) => {
      assert.equal((await agentvault.search(peer, request, context)).kind, 'received')
      const [{ url = '', headers }] = requests as [IncomingMessage]
      const sent = new URL(url, 'http://x')
      assert.equal(sent.pathname, '/registry/api/v1/agents')
      assert.deepEqual(
        [...sent.searchParams],
        [
          ['search', 'trans late '],
          ['agent_type', 'a2a'],
          ['tags', 'nlp'],
          ['tags', 'c++'],
          ['status', 'active'],
          ['provider', 'Ac&me'],
          ['visibility', 'public'],
          ['limit', '50'],
          ['cursor', 'c r'],
        ],
      )
      assert.equal(headers.authorization, 'Bearer opaque-key-of-theirs')
      assert.equal(headers['x-federation-registry'], 'https://us.example')
      assert.equal(headers['x-deadline-ms'], '400')
      assert.equal(headers.accept, 'application/json')
      assert.equal(findTraceParent(headers.traceparent)?.traceId, TRACE)
      const message = { method: 'GET', target: url, body: new Uint8Array(0) }
      const signature = headers['x-federation-signature']
      assert.ok(typeof signature === 'string')
      const now = { now: Date.now() / 1000, maxAgeSeconds: 5 }
      assert.ok(verifyHmac(signature, message, 'opaque-key-of-theirs', now).ok)
    },
  )
})

test('signs with the signing secret, and the path alone, where the peer is set so', async () => {
  const setup: Setup = {
    peer: { signatureTarget: 'path' },
    credentials: { apiKey: 'key', signingSecret: 'secret' },
  }
  await withPeer(
    page(() => ({ agents: [] })),
    setup,
    async (peer, context, requests) => {
      await agentvault.search(peer, SEARCH_REQUEST, context)
      const signature = requests[0]?.headers['x-federation-signature']
      assert.ok(typeof signature === 'string')
      const message = { method: 'GET', target: '/api/v1/agents', body: new Uint8Array(0) }
      assert.ok(verifyHmac(signature, message, 'secret', { now: Date.now() / 1000, maxAgeSeconds: 5 }).ok)
    },
  )
})

test('sends neither key nor signature to a peer that gave us none', async () => {
  const setup: Setup = { credentials: { apiKey: null, signingSecret: null } }
  await withPeer(
    page(() => ({ agents: [] })),
    setup,
    async (peer, context, requests) => {
      await agentvault.search(peer, SEARCH_REQUEST, context)
      assert.equal(requests[0]?.headers.authorization, undefined)
      assert.equal(requests[0]?.headers['x-federation-signature'], undefined)
    },
  )
})

test('reads records and statistics of a good answer', async () => {
  const agents = [makeAgent('translate')]
  const result = await ask(
    page((url) => ({
      agents: [wireAgent(url, 'one', { name: 'Translate' })],
      next_cursor: 'more',
      search_stats: statisticsToWire(statisticsOf(agents, 'translate')),
    })),
  )
  assert.ok(result.kind === 'answered')
  assert.deepEqual(
    result.records.map(({ agent }) => agent.name),
    ['Translate'],
  )
  assert.equal(result.statistics?.documents, 1)
  assert.equal(result.hasMore, true)
  assert.equal(result.droppedRecords, 0)
})

test('a peer of few words, without statistics and DIDs, is understood', async () => {
  const result = await ask(page(() => ({ agents: [{ id: 'fed-uuid', name: 'Partner NLP Agent' }] })))
  assert.ok(result.kind === 'answered')
  assert.equal(result.statistics, null)
  assert.equal(result.hasMore, false)
  assert.equal(result.records.length, 1)
})

test('takes no more records than it asked for', async () => {
  const request = { ...SEARCH_REQUEST, limit: 3 }
  const many = Array.from({ length: 10 }, (_, index) => ({ id: `${index}`, name: 'x' }))
  const result = await ask(
    page(() => ({ agents: many })),
    { request },
  )
  assert.ok(result.kind === 'answered')
  assert.equal(result.records.length, 3)
  assert.equal(result.hasMore, true)
})

test('one bad record costs itself; repeats are left out and counted', async () => {
  const result = await ask(
    page((url) => ({
      agents: [
        wireAgent(url, 'one'),
        wireAgent(url, 'two'),
        { ...wireAgent(url, 'three'), registry_url: 'https://us.example' },
        wireAgent(url, 'one', { name: 'again' }),
        { ...wireAgent(url, 'four'), did: wireAgent(url, 'two').did },
      ],
    })),
  )
  assert.ok(result.kind === 'answered')
  assert.deepEqual(
    result.records.map(({ agent }) => agent.name),
    ['one', 'two'],
  )
  assert.equal(result.droppedRecords, 3)
})

test('a page of mostly bad records is no answer, and the error gives an example', async () => {
  const lying = (url: string) => ({ ...wireAgent(url, 'x'), registry_url: 'https://us.example' })
  await assertFails(
    page((url) => ({ agents: [wireAgent(url, 'one'), lying(url), lying(url)] })),
    'bad-response',
    /2 of its 3 records are not usable.*another registry/,
  )
  await assertFails(
    page((url) => ({ agents: [lying(url)] })),
    'bad-response',
    /1 of its 1/,
  )
})

test('statistics that cannot be true are left out, the records are not', async () => {
  const stats = { scoring: 'bm25-1', documents: 1, document_frequency: { translat: 5, 'translate*': 5 } }
  const result = await ask(page((url) => ({ agents: [wireAgent(url, 'one')], search_stats: stats })))
  assert.ok(result.kind === 'answered')
  assert.equal(result.statistics, null)
  assert.equal(result.records.length, 1)
})

test('a refusal is told with the peer’s own explanation, cleaned, cut and without our key', async () => {
  const refuse = (detail: unknown, status = 401): RequestListener => {
    const body = JSON.stringify({ detail })
    return (_, response) =>
      response.writeHead(status, { 'content-type': 'application/problem+json' }).end(body)
  }
  await assertFails(
    refuse('The signature is 400 s old.'),
    'refused',
    /^It refused our request \(401\): The signature is 400 s old\.$/,
  )
  await assertFails(refuse('No.', 403), 'refused', /\(403\): No\.$/)
  await assertFails(refuse('Federation is off.', 409), 'refused', /\(409\): Federation is off\.$/)
  await assertFails(refuse({ not: 'text' }), 'refused', /^It refused our request \(401\)\.$/)
  // Reading a megabyte of it would hold up everybody else.
  await assertFails(refuse('x'.repeat(20_000)), 'refused', /^It refused our request \(401\)\.$/)
  const result = await ask(
    refuse(`bad\u202e\n key opa\u200bque-key-of-theirs avf_0123456789abcdef ${'x'.repeat(500)}`),
  )
  assert.ok(result.kind === 'failed')
  assert.match(result.error, /bad key \[redacted\] avf_\[redacted\] x+…$/)
  assert.ok(result.error.length < 240)
})

test('other statuses become their outcomes', async () => {
  const status =
    (code: number): RequestListener =>
    (_, response) =>
      sendJson(response, {}, code)
  await assertFails(status(429), 'rate-limited', /429/)
  await assertFails(status(404), 'bad-response', /answered 404/)
  await assertFails(status(503), 'bad-response', /answered 503/)
  await assertFails(status(204), 'bad-response', /answered 204/)
})

test('garbage is a bad response: no JSON, another type, no list, too deep, too large', async () => {
  const raw = (body: string, type = 'application/json'): RequestListener => {
    return (_, response) => response.writeHead(200, { 'content-type': type }).end(body)
  }
  await assertFails(raw('<html>'), 'bad-response', /not usable JSON/)
  await assertFails(raw('{"agents":[]}', 'text/html'), 'bad-response', /not JSON/)
  await assertFails(raw('{"agents":[]}', 'application/jsonish'), 'bad-response', /not JSON/)
  await assertFails(raw('{"agents":{}}'), 'bad-response', /no list/)
  await assertFails(raw('[]'), 'bad-response', /no list/)
  await assertFails(raw('null'), 'bad-response', /no list/)
  await assertFails(raw(`{"agents":${'['.repeat(40)}${']'.repeat(40)}}`), 'bad-response', /not usable JSON/)
  await assertFails(raw(`{"agents":[],"x":"${'x'.repeat(4 * 1024 * 1024)}"}`), 'bad-response', /./)
})

test('redirects are not followed', async () => {
  let wasFollowed = false
  const redirect = (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith('/elsewhere')) wasFollowed = true
    response.writeHead(302, { location: '/elsewhere' }).end()
  }
  await assertFails(redirect, 'bad-response', /redirect/)
  assert.equal(wasFollowed, false)
})

test('a peer that hangs, or drips, is a timeout', async () => {
  const withinTime = (): Setup => ({ signal: AbortSignal.timeout(400) })
  await assertFails(() => {}, 'timeout', /./, withinTime())
  const drip: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{')
  }
  await assertFails(drip, 'timeout', /./, withinTime())
})

test('a peer at an address that peers may not have is blocked', async () => {
  await using outbound = openLoopback()
  const context = {
    outbound,
    credentials: CREDENTIALS,
    clock,
    publicUrl: 'https://us.example',
    deadlineMs: 400,
    traceId: TRACE,
    knownEtag: null,
  }
  const peer = makePeer('http://10.0.0.1')
  const result = await agentvault.search(peer, SEARCH_REQUEST, {
    ...context,
    signal: new AbortController().signal,
  })
  assert.ok(result.kind === 'failed')
  assert.equal(result.reason, 'blocked')
})

function probe(listener: RequestListener) {
  return withPeer(listener, {}, (peer, context) => agentvault.probe(peer, context))
}

test('a probe finds the number of agents and how far the clocks differ', async () => {
  const found = await probe((request, response) => {
    assert.equal(request.url, '/api/v1/health')
    assert.equal(request.headers.authorization, 'Bearer opaque-key-of-theirs')
    response.setHeader('date', new Date(Date.now() + 90_000).toUTCString())
    sendJson(response, { status: 'ok', agent_count: 150 })
  })
  assert.ok(found.kind === 'answered')
  assert.equal(found.agentCount, 150)
  assert.ok(Math.abs((found.clockSkewSeconds ?? 0) - 90) <= 1)
  assert.ok(found.responseTimeMs >= 0)
})

test('a probe of something else says that it is no registry', async () => {
  const other = await probe((_, response) => sendJson(response, { hello: 'world' }))
  assert.ok(other.kind === 'failed')
  assert.equal(other.reason, 'bad-response')
  assert.match(other.error, /not as a registry/)
  const page = await probe((_, response) => response.end('<html>'))
  assert.ok(page.kind === 'failed')
  assert.equal(page.reason, 'bad-response')
})

test('a probe takes an impossible number of agents for none told', async () => {
  for (const count of [-1, 1.5, '7', 1e300]) {
    const found = await probe((_, response) => sendJson(response, { status: 'ok', agent_count: count }))
    assert.ok(found.kind === 'answered')
    assert.equal(found.agentCount, null)
  }
})

test('a probe that is refused still tells how far the clocks differ', async () => {
  const found = await probe((_, response) => {
    response.setHeader('date', new Date(Date.now() - 600_000).toUTCString())
    sendJson(response, { detail: 'Your clock is ahead.' }, 401)
  })
  assert.ok(found.kind === 'failed')
  assert.equal(found.reason, 'refused')
  assert.ok(Math.abs((found.clockSkewSeconds ?? 0) + 600) <= 1)
})

test('a page at hand is asked for with its tag, and need not come again', async () => {
  let tag = '"v1"'
  const listener: RequestListener = (request, response) => {
    response.setHeader('etag', tag)
    if (request.headers['if-none-match'] === tag) response.writeHead(304).end()
    else sendJson(response, { agents: [] })
  }
  await withPeer(listener, {}, async (peer, context) => {
    const first = await agentvault.search(peer, SEARCH_REQUEST, context)
    assert.ok(first.kind === 'received')
    assert.equal(first.etag, '"v1"')
    const again = await agentvault.search(peer, SEARCH_REQUEST, { ...context, knownEtag: first.etag })
    assert.deepEqual(again, { kind: 'not-modified' })
    tag = '"v2"'
    const changed = await agentvault.search(peer, SEARCH_REQUEST, { ...context, knownEtag: first.etag })
    assert.ok(changed.kind === 'received' && changed.etag === '"v2"')
  })
})

test('a tag that is none is not sent back, and 304 without having asked is a bad response', async () => {
  const listener: RequestListener = (_, response) => {
    response.writeHead(304).end()
  }
  await assertFails(listener, 'bad-response', /304/)
  await withPeer(
    (_, response) => {
      response.setHeader('etag', 'no quotes')
      sendJson(response, { agents: [] })
    },
    {},
    async (peer, context) => {
      const received = await agentvault.search(peer, SEARCH_REQUEST, context)
      assert.ok(received.kind === 'received')
      assert.equal(received.etag, null)
    },
  )
})

test('a failure tells whether asking once more may help, and for how long the peer wants to be left alone', async () => {
  const answering =
    (status: number, retryAfter?: string): RequestListener =>
    (_, response) => {
      if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter)
      sendJson(response, {}, status)
    }
  const advice = async (listener: RequestListener) => {
    const result = await ask(listener)
    assert.ok(result.kind === 'failed')
    return [result.mayRetry ?? false, result.retryAfterMs]
  }
  assert.deepEqual(await advice(answering(502)), [true, undefined])
  assert.deepEqual(await advice(answering(503)), [true, undefined])
  assert.deepEqual(await advice(answering(503, '3')), [false, 3_000])
  assert.deepEqual(await advice(answering(429, '7')), [false, 7_000])
  assert.deepEqual(await advice(answering(429, 'soon')), [false, undefined])
  assert.deepEqual(await advice(answering(500, '7')), [false, undefined])
})
