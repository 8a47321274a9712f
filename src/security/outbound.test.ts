import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net'
import { test } from 'node:test'
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { timeAwake } from '../../test/support/awake-time.ts'
import { parseNetworks } from './addresses.ts'
import {
  createOutbound,
  type OutboundOptions,
  type OutboundRequest,
  type OutboundResult,
} from './outbound.ts'

const LOOPBACK = parseNetworks(['127.0.0.0/8', '::1/128'])
const NOWHERE = parseNetworks([])

/** A listener that counts connections and bytes: nothing may reach it. */
interface Canary extends AsyncDisposable {
  readonly port: number
  connections: number
  bytes: number
}

async function listen(server: Server, host: string, port = 0): Promise<number> {
  server.listen(port, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function startCanary(): Promise<Canary> {
  const seen = { connections: 0, bytes: 0 }
  const watch = (socket: Socket) => {
    seen.connections += 1
    socket
      .on('error', () => {})
      .on('data', (chunk) => {
        seen.bytes += chunk.length
      })
  }
  const servers = [createTcpServer(watch), createTcpServer(watch)]
  const [v4, v6] = servers as [Server, Server]
  const port = await listen(v4, '0.0.0.0')
  await listen(v6, '::1', port).catch(() => undefined) // machines without IPv6 have nothing to reach there
  return Object.assign(seen, {
    port,
    async [Symbol.asyncDispose]() {
      for (const server of servers) server.close()
    },
  })
}

/** A raw or HTTP server on loopback, with its port. */
async function serve(server: Server & { closeAllConnections?: () => void }, host = '127.0.0.1') {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)))
  })
  const port = await listen(server, host)
  return {
    port,
    sockets,
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/** Waits until all connections to a server are closed, from where it stands. */
async function untilClosed({ sockets }: { readonly sockets: ReadonlySet<Socket> }): Promise<void> {
  await Promise.all([...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve))))
}

const serveHttp = (listener: RequestListener) => serve(createServer(listener))
const serveRaw = (answer: (socket: Socket) => void) =>
  serve(createTcpServer((socket) => socket.once('data', () => answer(socket))))

type Changes = Partial<Pick<OutboundRequest, 'method' | 'headers' | 'body' | 'signal' | 'maxBodyBytes'>>

const common = { method: 'GET', headers: {}, maxBodyBytes: 1 << 20 } as const

async function ask(options: Partial<OutboundOptions>, request: OutboundRequest): Promise<OutboundResult> {
  await using outbound = createOutbound({ peerNetworks: LOOPBACK, ceilingMs: 2_000, ...options })
  return await outbound.request(request)
}

const toPeer = (url: string, changes: Changes & { readonly peerOrigin?: string } = {}): OutboundRequest => ({
  ...common,
  signal: new AbortController().signal,
  url,
  purpose: 'peer',
  peerOrigin: URL.parse(url)?.origin ?? 'none',
  ...changes,
})
const toPublic = (url: string, changes: Changes = {}): OutboundRequest => ({
  ...common,
  signal: new AbortController().signal,
  url,
  purpose: 'card',
  ...changes,
})

const reasonOf = (result: OutboundResult) => (result.kind === 'failed' ? result.reason : result.status)
const detailOf = (result: OutboundResult) => (result.kind === 'failed' ? result.detail : '')

test('request: sends method, target, headers and body as given and returns the whole answer', async () => {
  const seen: unknown[] = []
  await using server = await serveHttp(async (request, response) => {
    const body = (await request.toArray()).join('')
    seen.push([
      request.method,
      request.url,
      request.headers['x-test'],
      request.headers['accept-encoding'],
      body,
    ])
    response.writeHead(201, { 'X-Two': ['a', 'b'], 'content-type': 'application/json' }).end('{"ok":true}')
  })
  const url = `${server.origin}/a%20b?q=%C3%A9&x=1#fragment`
  const result = await ask(
    {},
    toPeer(url, { method: 'POST', headers: { 'x-test': '1' }, body: Buffer.from('né') }),
  )
  assert.ok(result.kind === 'response')
  assert.equal(result.status, 201)
  assert.equal(result.headers['x-two'], 'a, b')
  assert.equal(result.body.toString(), '{"ok":true}')
  assert.deepEqual(seen, [['POST', '/a%20b?q=%C3%A9&x=1', '1', undefined, 'né']])
})

test('request: keeps connections open and opens no more than eight to one origin', async () => {
  let opened = 0
  await using server = await serveHttp((_request, response) => {
    setTimeout(() => response.end('x'), 20)
  })
  await using outbound = createOutbound({ peerNetworks: LOOPBACK })
  const probe = () => outbound.request(toPeer(`${server.origin}/`))
  await Promise.all(Array.from({ length: 40 }, probe))
  opened = server.sockets.size
  assert.equal(opened, 8)
  await probe()
  assert.equal(server.sockets.size, opened)
})

const LOCAL_SPELLINGS = [
  ...['127.0.0.1', '127.1', '127.0.1', '127.255.255.254', '2130706433', '0x7f000001', '0x7F.0.0.1', '0x7f.1'],
  ...[
    '0177.0.0.1',
    '017700000001',
    '0177.0.0.01',
    '0x7f.0x0.0x0.0x1',
    '127.0.0.1.',
    '127%2e0%2e0%2e1',
    '１２７.０.０.１',
  ],
  ...['①②⑦.⓪.⓪.①', '127。0。0。1', '127．0．0．1', '0', '0.0.0.0', '0x0', '00.00.00.00', '0.0.0.1'],
  ...['[::1]', '[0:0:0:0:0:0:0:1]', '[::0001]', '[::]', '[::127.0.0.1]', '[::7f00:1]', '[::ffff:127.0.0.1]'],
  ...[
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:ffff:127.0.0.1]',
    '[::ffff:0:127.0.0.1]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b:1::7f00:1]',
  ],
  ...[
    '[2002:7f00:1::]',
    '[2001:0:7f00:1::]',
    '[100:0:0:1::1]',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '[::ffff:169.254.169.254]',
  ],
  ...[
    'localhost',
    'LOCALHOST',
    'localhost.',
    'ⓛocalhost',
    'loc%61lhost',
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
  ],
  ...[
    '168.63.129.16',
    '100.100.100.200',
    '192.0.0.192',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '198.18.0.1',
  ],
]
/** Names that anyone can register; the resolver of the tests sends them where their owners would. */
const HOSTILE_NAMES: Readonly<Record<string, string>> = {
  'loopback.evil.example': '127.0.0.1',
  'loopback6.evil.example': '::1',
  'mapped.evil.example': '::ffff:127.0.0.1',
  'any.evil.example': '0.0.0.0',
  'metadata.evil.example': '169.254.169.254',
  '127.0.0.1.nip.evil.example': '127.0.0.1',
}

test('request: no spelling of a local address gets one byte out, not for the public nor for peers', async () => {
  await using canary = await startCanary()
  const resolve = async (hostname: string) => {
    const address = HOSTILE_NAMES[hostname] ?? '127.0.0.1'
    return [{ address, family: address.includes(':') ? 6 : 4 }]
  }
  await using trusting = createOutbound({ peerNetworks: LOOPBACK, resolve })
  await using closed = createOutbound({ peerNetworks: NOWHERE, resolve })
  await using system = createOutbound({ peerNetworks: NOWHERE })
  const hosts = [...LOCAL_SPELLINGS, ...Object.keys(HOSTILE_NAMES)]
  assert.ok(hosts.length >= 60)
  for (const host of hosts) {
    const url = `https://${host}:${canary.port}/`
    const attempts = [
      trusting.request(toPublic(url)),
      closed.request(toPublic(url)),
      closed.request(toPeer(url)),
    ]
    attempts.push(closed.request(toPeer(url.replace('https', 'http'))))
    if (/^localhost$/i.test(host)) attempts.push(system.request(toPublic(url)))
    for (const result of await Promise.all(attempts)) assert.equal(reasonOf(result), 'blocked', host)
  }
  assert.deepEqual([canary.connections, canary.bytes], [0, 0])
})

test('request: a name with one bad address among good ones is blocked, and the address is not told', async () => {
  await using canary = await startCanary()
  const resolve = async () => [
    { address: '93.184.216.34', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ]
  const result = await ask({ resolve }, toPublic(`https://mixed.example:${canary.port}/`))
  assert.equal(reasonOf(result), 'blocked')
  assert.equal(
    detailOf(result),
    'mixed.example is at an address that is not public and outside REGISTRY_CARD_NETWORKS.',
  )
  assert.equal(canary.connections, 0)
})

test('request: a name that changes its answer is checked anew for each connection', async () => {
  await using server = await serveHttp((_request, response) =>
    response.setHeader('connection', 'close').end('x'),
  )
  await using canary = await startCanary()
  let asked = 0
  const resolve = async () => {
    asked += 1
    return [{ address: asked === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }]
  }
  await using outbound = createOutbound({ peerNetworks: parseNetworks(['127.0.0.1/32']), resolve })
  const first = await outbound.request(toPeer(`http://rebind.example:${server.port}/`))
  const second = await outbound.request(toPeer(`http://rebind.example:${server.port}/`))
  const other = await outbound.request(toPeer(`http://rebind.example:${canary.port}/`))
  assert.deepEqual([first, second, other].map(reasonOf), [200, 'blocked', 'blocked'])
  assert.equal(canary.connections, 0)
})

test('request: a socket that ends up elsewhere than the look-up said is dropped before a byte is sent', async () => {
  await using canary = await startCanary()
  const dial: OutboundOptions['dial'] = (_target, callback) => {
    const socket = connect(canary.port, '127.0.0.1', () => callback(null, socket))
  }
  const peerNetworks = parseNetworks(['10.0.0.0/8'])
  const result = await ask({ peerNetworks, dial }, toPeer('http://10.0.0.1:8080/'))
  assert.equal(reasonOf(result), 'blocked')
  assert.equal(canary.bytes, 0)
})

test('request: the peer networks open only the exact scheme, host and port of the peer', async () => {
  await using canary = await startCanary()
  const url = `http://127.0.0.1:${canary.port}/api`
  const origins = [
    'http://127.0.0.1:1',
    'http://127.0.0.1',
    `https://127.0.0.1:${canary.port}`,
    'none',
    '',
    'null',
  ]
  origins.push(
    `http://127.0.0.2:${canary.port}`,
    `http://localhost:${canary.port}`,
    `http://127.0.0.1.evil.example`,
  )
  for (const peerOrigin of origins) {
    assert.equal(reasonOf(await ask({}, toPeer(url, { peerOrigin }))), 'blocked', peerOrigin)
  }
  assert.equal(canary.connections, 0)
})

test('request: http outside the peer networks is blocked, even to a public address of a peer', async () => {
  const resolve = async () => [{ address: '93.184.216.34', family: 4 }]
  const byName = await ask({ resolve }, toPeer('http://partner.example/'))
  assert.equal(
    detailOf(byName),
    'partner.example is outside REGISTRY_PEER_NETWORKS, and plain http is spoken only there.',
  )
  assert.equal(reasonOf(await ask({}, toPeer('http://93.184.216.34/'))), 'blocked')
})

test('request: other schemes, credentials, and headers that would change the request are blocked', async () => {
  await using canary = await startCanary()
  const at = `127.0.0.1:${canary.port}`
  for (const url of [
    `http://${at}/`,
    `ftp://${at}/`,
    `file:///etc/passwd`,
    `ws://${at}`,
    `gopher://${at}`,
    'data:,x',
    '',
    at,
  ]) {
    assert.equal(reasonOf(await ask({}, toPublic(url))), 'blocked', url)
  }
  const blocked = [
    toPeer(`ftp://${at}/`),
    toPeer(`http://user:pw@${at}/`, { peerOrigin: `http://${at}` }),
    toPeer(`http://${at}/`, { headers: { Host: 'other.example' } }),
    toPeer(`http://${at}/`, { headers: { 'x-key': 'a\r\nx-injected: 1' } }),
    toPeer(`http://${at}/`, { headers: { 'transfer-encoding': 'chunked' } }),
  ]
  for (const request of blocked)
    assert.equal(reasonOf(await ask({}, request)), 'blocked', JSON.stringify(request))
  assert.equal(canary.bytes, 0)
})

test('request: connections opened for a peer are no use to a public request to the same origin', async () => {
  await using server = await serve(createSecureServer(TLS, (_request, response) => response.end('x')))
  const url = `https://127.0.0.1:${server.port}/`
  await using outbound = createOutbound({ peerNetworks: LOOPBACK, tlsFor: () => ({ ca: TLS.cert }) })
  assert.equal(reasonOf(await outbound.request(toPeer(url))), 200)
  assert.equal(reasonOf(await outbound.request(toPublic(url))), 'blocked')
  assert.equal(reasonOf(await outbound.request(toPeer(url))), 200)
})

test('request: a redirect is a bad answer and is not followed', async () => {
  await using canary = await startCanary()
  for (const status of [300, 301, 302, 303, 307, 308]) {
    await using server = await serveHttp((_request, response) =>
      response.writeHead(status, { location: `http://127.0.0.1:${canary.port}/` }).end('moved'),
    )
    const result = await ask({}, toPeer(`${server.origin}/`))
    assert.equal(reasonOf(result), 'bad-response')
    assert.match(detailOf(result), new RegExp(`answered ${status}, a redirect`))
  }
  assert.equal(canary.connections, 0)
})

test('request: answers without a body are answers', async () => {
  await using server = await serveHttp((request, response) => {
    response
      .writeHead(Number(request.url?.slice(1)), request.method === 'HEAD' ? { 'content-length': 9e9 } : {})
      .end()
  })
  for (const status of [200, 204, 304, 404, 503]) {
    assert.equal(reasonOf(await ask({}, toPeer(`${server.origin}/${status}`))), status)
  }
  assert.equal(reasonOf(await ask({}, toPeer(`${server.origin}/200`, { method: 'HEAD' }))), 200)
})

const ENCODERS = {
  gzip: gzipSync,
  'X-GZIP': gzipSync,
  br: (text: Buffer) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } }),
  deflate: deflateSync,
  ' Deflate ': deflateRawSync,
}

test('request: reads gzip, br and both kinds of deflate', async () => {
  for (const [encoding, encode] of Object.entries(ENCODERS)) {
    await using server = await serveHttp((_request, response) =>
      response.setHeader('content-encoding', encoding).end(encode(Buffer.from('hello'.repeat(100)))),
    )
    const result = await ask({}, toPeer(`${server.origin}/`))
    assert.ok(result.kind === 'response', encoding)
    assert.equal(result.body.toString(), 'hello'.repeat(100))
  }
})

test('request: a small answer that inflates beyond the cap is refused, in every encoding', async () => {
  const zeros = Buffer.alloc(32 << 20)
  for (const [encoding, encode] of Object.entries(ENCODERS)) {
    const bomb = encode(zeros)
    assert.ok(bomb.length < common.maxBodyBytes)
    await using server = await serveHttp((_request, response) =>
      response.setHeader('content-encoding', encoding).end(bomb),
    )
    const { value: result, ms } = await timeAwake(() => ask({}, toPeer(`${server.origin}/`)))
    assert.equal(detailOf(result), 'The answer is larger than 1048576 bytes.', encoding)
    assert.ok(ms < 1_000, `${ms} ms`)
  }
})

test('request: damaged, cut, stacked and unknown encodings are bad answers', async () => {
  const zipped = gzipSync('hello'.repeat(100))
  const answers: readonly (readonly [string, Buffer])[] = [
    ['gzip', zipped.subarray(0, -10)],
    ['gzip', Buffer.from('not gzip at all')],
    ['gzip, gzip', gzipSync(zipped)],
    ['zstd', zipped],
  ]
  for (const [encoding, body] of answers) {
    await using server = await serveHttp((_request, response) =>
      response.setHeader('content-encoding', encoding).end(body),
    )
    assert.equal(reasonOf(await ask({}, toPeer(`${server.origin}/`))), 'bad-response', encoding)
  }
})

test('request: an endless body and one announced too large are cut at the cap', async () => {
  await using endless = await serveHttp((_request, response) => {
    const chunk = Buffer.alloc(64 * 1024)
    const pour = () => {
      while (!response.destroyed && response.write(chunk));
    }
    response.on('drain', pour)
    pour()
  })
  await using announced = await serveHttp((_request, response) => {
    response.writeHead(200, { 'content-length': 2 << 20 }).write('x')
  })
  for (const server of [endless, announced]) {
    const { value: result, ms } = await timeAwake(() => ask({}, toPeer(`${server.origin}/`)))
    assert.equal(detailOf(result), 'The answer is larger than 1048576 bytes.')
    assert.ok(ms < 1_000, `${ms} ms`)
  }
})

test('request: a body of exactly the cap passes, one byte more does not', async () => {
  await using server = await serveHttp((request, response) =>
    response.end('x'.repeat(Number(request.url?.slice(1)))),
  )
  assert.equal(reasonOf(await ask({}, toPeer(`${server.origin}/1000`, { maxBodyBytes: 1000 }))), 200)
  assert.equal(
    reasonOf(await ask({}, toPeer(`${server.origin}/1001`, { maxBodyBytes: 1000 }))),
    'bad-response',
  )
})

test('request: more than 16 KiB of headers are a bad answer', async () => {
  await using server = await serveRaw((socket) => {
    socket.write(
      `HTTP/1.1 200 OK\r\n${Array.from({ length: 300 }, (_, n) => `x-${n}: ${'y'.repeat(100)}\r\n`).join('')}\r\n`,
    )
  })
  const result = await ask({}, toPeer(`${server.origin}/`))
  assert.deepEqual(result, {
    kind: 'failed',
    reason: 'bad-response',
    detail: 'The answer has more than 16 KiB of headers.',
  })
})

test('request: slow drips of headers, body or interim answers end at the deadline', async () => {
  const drips: readonly (readonly [start: string, drip: string])[] = [
    ['', 'x'],
    ['HTTP/1.1 200 OK\r\n', 'x-a: b\r\n'],
    ['HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n', 'x'],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\nx\r\n'],
    ['', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ]
  for (const [start, drip] of drips) {
    await using server = await serveRaw((socket) => {
      socket.write(start)
      const timer = setInterval(() => socket.write(drip), 20)
      socket.on('close', () => clearInterval(timer))
    })
    // A server that never begins an answer with HTTP is found out at once, and needs no ceiling to end at.
    const isFoundOut = start === '' && drip === 'x'
    const { value: result, ms } = await timeAwake(() =>
      ask(isFoundOut ? {} : { ceilingMs: 200 }, toPeer(`${server.origin}/`)),
    )
    assert.equal(reasonOf(result), isFoundOut ? 'bad-response' : 'timeout', start + drip)
    assert.ok(ms < 1_000, `${ms} ms`)
  }
})

test('request: a silent server ends at the ceiling, or sooner when the caller gives up', async () => {
  await using server = await serveHttp(() => {})
  const atCeiling = await ask({ ceilingMs: 100 }, toPeer(`${server.origin}/`))
  assert.equal(detailOf(atCeiling), 'No complete answer came within 100 ms.')
  const { value: sooner, ms } = await timeAwake(() =>
    ask({}, toPeer(`${server.origin}/`, { signal: AbortSignal.timeout(50) })),
  )
  assert.equal(detailOf(sooner), 'No complete answer came in time.')
  assert.ok(ms < 1_000, `${ms} ms`)
  const never = await ask({}, toPeer(`${server.origin}/`, { signal: AbortSignal.abort() }))
  assert.equal(detailOf(never), 'There was no time left to ask.')
})

test('request: an aborted request leaves its connections usable and nothing running', async () => {
  await using server = await serveHttp((request, response) => {
    if (request.url === '/fast') response.end('x')
  })
  await using outbound = createOutbound({ peerNetworks: LOOPBACK })
  const hung = Array.from({ length: 20 }, () =>
    outbound.request(toPeer(`${server.origin}/hang`, { signal: AbortSignal.timeout(50) })),
  )
  assert.deepEqual(new Set((await Promise.all(hung)).map(reasonOf)), new Set(['timeout']))
  assert.equal(reasonOf(await outbound.request(toPeer(`${server.origin}/fast`))), 200)
})

test('request: broken answers are bad answers', async () => {
  const broken: readonly string[] = [
    'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nshort',
    'HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nshort',
    'HTTP/1.1 two hundred\r\n\r\n',
    'HTTP/1.1 099 Early\r\ncontent-length: 5\r\n\r\nshort',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nshort',
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    'SSH-2.0-OpenSSH_9.2\r\n',
  ]
  for (const text of broken) {
    await using server = await serveRaw((socket) => socket.end(text))
    assert.equal(reasonOf(await ask({}, toPeer(`${server.origin}/`))), 'bad-response', text)
  }
})

test('request: a few interim answers are passed over, a flood of them is a bad answer', async () => {
  const hint = 'HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n'
  for (const [hints, expected] of [
    [3, 200],
    [1_000, 'bad-response'],
  ] as const) {
    await using server = await serveRaw((socket) => {
      socket.end(`${hint.repeat(hints)}HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nshort`)
    })
    assert.equal(reasonOf(await ask({}, toPeer(`${server.origin}/`))), expected)
  }
})

test('request: nobody there, a closed door and an unknown name are unreachable, each in its own words', async () => {
  await using closing = await serveRaw((socket) => socket.destroy())
  const gone = await serveRaw(() => {})
  await gone[Symbol.asyncDispose]()
  const resolve = async () => {
    throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
  }
  const results = await Promise.all([
    ask({}, toPeer(`${closing.origin}/`)),
    ask({}, toPeer(`${gone.origin}/`)),
    ask({ resolve }, toPublic('https://nowhere.example/')),
    ask({ resolve: async () => [] }, toPublic('https://empty.example/')),
  ])
  assert.deepEqual(new Set(results.map(reasonOf)), new Set(['unreachable']))
  assert.deepEqual(results.map(detailOf), [
    'The connection was closed before an answer came.',
    'Nothing accepts connections at this address and port.',
    'Its host name does not resolve to an address.',
    'Its host name does not resolve to an address.',
  ])
})

test('request: certificates are checked for authority and host name', async () => {
  await using server = await serve(createSecureServer(TLS, (_request, response) => response.end('x')))
  await using plain = await serveHttp((_request, response) => response.end('x'))
  const tlsFor = () => ({ ca: TLS.cert })
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }]
  const url = (host: string, port = server.port) => toPeer(`https://${host}:${port}/`)
  assert.equal(reasonOf(await ask({ tlsFor }, url('127.0.0.1'))), 200)
  assert.equal(reasonOf(await ask({ tlsFor, resolve }, url('localhost'))), 200)
  const untrusted = await ask({}, url('127.0.0.1'))
  assert.equal(detailOf(untrusted), 'Its TLS certificate is not signed by an authority we trust.')
  const otherName = await ask({ tlsFor, resolve }, url('partner.example'))
  assert.equal(detailOf(otherName), 'Its TLS certificate is for another host name.')
  const noTls = await ask({ tlsFor }, url('127.0.0.1', plain.port))
  assert.equal(detailOf(noTls), 'No secure connection could be agreed on.')
  assert.deepEqual([untrusted, otherName, noTls].map(reasonOf), ['unreachable', 'unreachable', 'unreachable'])
})

test('createOutbound: closes the least used connections beyond its limit, and all when disposed', async () => {
  const start = () => serveHttp((_request, response) => response.end('x'))
  await using first = await start()
  await using second = await start()
  await using third = await start()
  const outbound = createOutbound({ peerNetworks: LOOPBACK, maxPools: 2 })
  const probe = async ({ origin }: typeof first) => reasonOf(await outbound.request(toPeer(`${origin}/`)))
  const open = () => [first, second, third].map(({ sockets }) => [...sockets].map((one) => one.remotePort))
  for (const server of [first, second, third]) assert.equal(await probe(server), 200)
  const [, toSecond, toThird] = open()
  await untilClosed(first)
  assert.deepEqual(open(), [[], toSecond, toThird])
  for (const server of [second, third]) assert.equal(await probe(server), 200)
  assert.deepEqual(open(), [[], toSecond, toThird], 'the others stay open, and are used again')
  outbound.forget(second.origin)
  await untilClosed(second)
  for (const server of [third, first]) assert.equal(await probe(server), 200)
  assert.deepEqual(open().slice(1), [[], toThird])
  await outbound[Symbol.asyncDispose]()
  for (const server of [first, third]) await untilClosed(server)
  assert.deepEqual(open(), [[], [], []])
  assert.equal(await probe(first), 'unreachable')
})

/** A throw-away key and its self-signed certificate for localhost, 127.0.0.1 and ::1; guards nothing. */
const TLS = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg74tPjA+q0aF9LeWq
P1AJEXj3kZbCH+HX3n/BRiYZhQChRANCAAQrH3Mnnj2N3w3LumaNQy4J7h7ktzNA
6yCcWMcxmjDnZHRupLmIEoBcCPZ9DhiwBKcqsG2+Gu2lY+FuHxEAH1FG
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBtjCCAVygAwIBAgIUW63+R1vu90iaNVGgjp0zjbDzDr4wCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNbG9vcGJhY2sgdGVzdDAgFw0yNjExMjMyMjA2MzlaGA8yMTI2
MTAzMDIyMDYzOVowGDEWMBQGA1UEAwwNbG9vcGJhY2sgdGVzdDBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABCsfcyeePY3fDcu6Zo1DLgnuHuS3M0DrIJxYxzGaMOdk
dG6kuYgSgFwI9n0OGLAEpyqwbb4a7aVj4W4fEQAfUUajgYEwfzAdBgNVHQ4EFgQU
JW8+OTlOgukxtpBOv528lR20wLAwHwYDVR0jBBgwFoAUJW8+OTlOgukxtpBOv528
lR20wLAwDwYDVR0TAQH/BAUwAwEB/zAsBgNVHREEJTAjgglsb2NhbGhvc3SHBH8A
AAGHEAAAAAAAAAAAAAAAAAAAAAEwCgYIKoZIzj0EAwIDSAAwRQIgez1Q26EeXSAb
CI57ZtuXf/1UEPDAseZew2KkWMoPj1YCIQD+JjWnZ2O74eIOb6dtUuI6eKBj/0WH
sfB+5O6+UjM0xA==
-----END CERTIFICATE-----`,
}
