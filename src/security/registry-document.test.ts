import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { IdentityKey } from '../domain/identity.ts'
import { parseNetworks } from './addresses.ts'
import { canonicalJson } from './canonical-json.ts'
import { jwkOf, mintKeyPair } from './ed25519-key.ts'
import { fetchRegistryDocument } from './fetch-registry-document.ts'
import { createIdentity, verifyStatement } from './identity.ts'
import { createOutbound } from './outbound.ts'
import { makeRegistryDocument, readRegistryDocument } from './registry-document.ts'

const NOW = Date.parse('2026-12-01T12:00:00Z')
const ORIGIN = 'https://a.example/registry'
const HOUR = 3_600_000

function makeKey(changes: Partial<IdentityKey> = {}): IdentityKey {
  return { ...mintKeyPair(), createdAt: NOW, signsFrom: NOW, publishedUntil: null, ...changes }
}

/** As it comes over the network. */
function sent(value: unknown): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value))
}

test('canonicalJson: sorts members by code units and spells values as RFC 8785 does', () => {
  const value = { '\u20ac': 1, '\r': [1e21, 0.000001, -0, true, null], a: { c: '\u0007"/', b: 'ö' } }
  assert.equal(
    canonicalJson(value),
    '{"\\r":[1e+21,0.000001,0,true,null],"a":{"b":"ö","c":"\\u0007\\"/"},"€":1}',
  )
})

test('a document is believed by who gets it whole, from its own address, in time', () => {
  const [signing, next] = [makeKey(), makeKey()]
  const document = sent(makeRegistryDocument(ORIGIN, [signing, next], NOW))
  for (const now of [NOW - 299_000, NOW, NOW + 23 * HOUR]) {
    const read = readRegistryDocument(document, { origin: ORIGIN, now })
    assert.ok(read.ok)
    assert.deepEqual(
      read.document.keys.map(({ thumbprint }) => thumbprint),
      [signing.thumbprint, next.thumbprint],
    )
    assert.deepEqual(read.document.schemes, document.schemes)
  }
  const refused: [string, number, RegExp][] = [
    ['https://b.example', NOW, /another address/],
    [ORIGIN, NOW - 301_000, /of the future/],
    [ORIGIN, NOW + 24 * HOUR + 1, /expired/],
  ]
  for (const [origin, now, problem] of refused) {
    const read = readRegistryDocument(document, { origin, now })
    assert.ok(!read.ok && problem.test(read.problem), JSON.stringify(read))
  }
})

test('a document with anything changed, added or left out is refused', () => {
  const [key, thief] = [makeKey(), makeKey()]
  const document = sent(makeRegistryDocument(ORIGIN, [key], NOW))
  const forged = sent(makeRegistryDocument(ORIGIN, [thief], NOW))
  const changes: Record<string, unknown>[] = [
    { keys: [] },
    { keys: undefined },
    { keys: 'none' },
    { keys: forged.keys },
    // The thief's key beside ours: it signs, but ours does not sign for it.
    { keys: [...(document.keys as unknown[]), ...(forged.keys as unknown[])] },
    {
      keys: [...(document.keys as unknown[]), ...(forged.keys as unknown[])],
      signatures: [...(document.signatures as unknown[]), ...(forged.signatures as unknown[])],
    },
    { keys: Array.from({ length: 9 }, () => jwkOf(key.x)) },
    { schemes: ['none'] },
    { issued_at: 'yesterday' },
    { expires_at: '2027-12-01T12:00:00.000Z' },
    { expires_at: undefined },
    { note: 'added' },
    { signatures: [] },
    { signatures: undefined },
    { signatures: [{ keyid: key.thumbprint }] },
    { signatures: [null, 'x', { keyid: key.thumbprint, signature: 'AAAA' }] },
    { signatures: forged.signatures },
  ]
  for (const change of changes) {
    const read = readRegistryDocument(sent({ ...document, ...change }), { origin: ORIGIN, now: NOW })
    assert.equal(read.ok, false, JSON.stringify(change))
  }
  for (const value of [null, [], 'x', 7, {}]) {
    assert.equal(readRegistryDocument(value, { origin: ORIGIN, now: NOW }).ok, false)
  }
})

test('an identity signs with the key whose turn it is, and sees a rotation made elsewhere within 5 s', async () => {
  const first = makeKey({ signsFrom: NOW - HOUR })
  const second = makeKey({ signsFrom: NOW + HOUR })
  let now = NOW
  let keys = [first]
  const identity = createIdentity({ origin: ORIGIN, store: { list: async () => keys }, now: () => now })
  assert.equal((await identity.current()).thumbprint, first.thumbprint)
  keys = [second, first]
  now += 4_999
  assert.equal((await identity.document()).keys.length, 1)
  now += 1
  const { keys: shown } = await identity.document()
  assert.deepEqual(
    shown.map(({ kid }) => kid),
    [first.thumbprint, second.thumbprint],
  )
  assert.ok(readRegistryDocument(sent(await identity.document()), { origin: ORIGIN, now }).ok)
  now = NOW + HOUR
  assert.equal((await identity.current()).thumbprint, second.thumbprint)
  assert.equal((await identity.document()).keys[0]?.kid, second.thumbprint)
})

test('an identity whose keys cannot be read tries again', async () => {
  let isDown = true
  const store = {
    list: async () => {
      if (isDown) throw new Error('down')
      return [makeKey()]
    },
  }
  const identity = createIdentity({ origin: ORIGIN, store, now: () => NOW })
  await assert.rejects(identity.current(), /down/)
  isDown = false
  assert.ok((await identity.current()).thumbprint)
})

test('a statement holds for its bytes, its key and its purpose alone', async () => {
  const key = makeKey()
  const identity = createIdentity({ origin: ORIGIN, store: { list: async () => [key] }, now: () => NOW })
  const bytes = Buffer.from('{"token":"…"}')
  const { keyid, signature } = await identity.signStatement('agent-registry-enrolment', bytes)
  assert.equal(keyid, key.thumbprint)
  const read = readRegistryDocument(sent(await identity.document()), { origin: ORIGIN, now: NOW })
  assert.ok(read.ok)
  const [own] = read.document.keys
  const holds = (text: string | Buffer, by = signature) =>
    verifyStatement('agent-registry-enrolment', Buffer.from(text), { signature: by, key: own })
  assert.equal(holds(bytes), true)
  assert.equal(holds('{"token":"other"}'), false)
  assert.equal(holds(bytes, ''), false)
  assert.equal(holds(bytes, signature.slice(2)), false)
  // What signs requests signs bytes without a purpose in front: no statement comes of it.
  const plain = (await identity.current()).sign(bytes).toString('base64url')
  assert.equal(holds(bytes, plain), false)
})

test('fetchRegistryDocument: asks the registry itself, and turns whatever is wrong into a sentence', async (t) => {
  const key = makeKey()
  let answer: { status: number; body: string } = { status: 200, body: '' }
  const asked: (string | undefined)[] = []
  const server = createServer((request, response) => {
    asked.push(request.url)
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const outbound = createOutbound({ peerNetworks: parseNetworks(['127.0.0.0/8']) })
  t.after(async () => {
    await outbound[Symbol.asyncDispose]()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`
  const fetchIt = () =>
    fetchRegistryDocument(origin, { outbound, now: () => NOW, signal: new AbortController().signal })

  answer = { status: 200, body: JSON.stringify(makeRegistryDocument(origin, [key], NOW)) }
  const read = await fetchIt()
  assert.ok(read.ok, JSON.stringify(read))
  assert.equal(read.document.keys[0].thumbprint, key.thumbprint)
  assert.deepEqual(asked, ['/base/.well-known/agent-registry.json'])

  const refused: [typeof answer, RegExp][] = [
    [{ status: 200, body: JSON.stringify(makeRegistryDocument(ORIGIN, [key], NOW)) }, /another address/],
    [{ status: 200, body: '{' }, /cannot be read/],
    [{ status: 200, body: `${'['.repeat(100)}${']'.repeat(100)}` }, /cannot be read/],
    [{ status: 200, body: JSON.stringify({ pad: 'x'.repeat(70_000) }) }, /larger than|too large|bytes/],
    [{ status: 404, body: '{}' }, /answered 404/],
    [{ status: 302, body: '{}' }, /redirect/],
  ]
  for (const [given, problem] of refused) {
    answer = given
    const result = await fetchIt()
    assert.ok(!result.ok && problem.test(result.problem), `${given.status} ${JSON.stringify(result)}`)
  }
})
