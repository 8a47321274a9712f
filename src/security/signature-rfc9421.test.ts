import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as oracle from 'http-message-sig'
import type { MessageSigner } from '../domain/peer.ts'
import { jwkOf, mintKeyPair, type PublicKey, readJwk, toPrivateKey } from './ed25519-key.ts'
import {
  contentDigest,
  formatParameters,
  readSignatureFields,
  signatureBase,
  signatureText,
} from './message-signature.ts'
import { signResponse, verifyResponse } from './signature-response.ts'
import {
  nonceExpiry,
  outsideLifetime,
  readRequestSignature,
  type SignableRequest,
  signRequest,
  verifyRequest,
} from './signature-rfc9421.ts'

const NOW = 1_790_000_000
const CLOCK = { now: NOW, maxAgeSeconds: 300 }
const TOKEN = 'Bearer avf_0123456789'

const REQUEST: SignableRequest = {
  method: 'GET',
  authority: 'registry.example:8443',
  path: '/base/api/v1/agents',
  query: '?search=caf%C3%A9&limit=50',
  body: Buffer.alloc(0),
  registry: 'https://asker.example',
  authorization: TOKEN,
}

type Keys = {
  readonly signer: MessageSigner
  readonly key: PublicKey
  readonly pair: ReturnType<typeof mintKeyPair>
}

function makeKeys(): Keys {
  const pair = mintKeyPair()
  const privateKey = toPrivateKey(pair)
  const read = readJwk(jwkOf(pair.x))
  assert.ok(read.ok)
  return {
    pair,
    key: read.key,
    signer: { thumbprint: pair.thumbprint, sign: (bytes) => sign(null, bytes, privateKey) },
  }
}

const OURS = makeKeys()

type Sent = { readonly input: string; readonly signature: string; readonly digest: string }

function sent(request = REQUEST, now = NOW): Sent {
  const { headers } = signRequest(request, { signer: OURS.signer, now })
  return {
    input: headers['signature-input'],
    signature: headers.signature,
    digest: headers['content-digest'],
  }
}

/** What a registry that knows the key makes of it. */
function judge(headers: Sent, request = REQUEST, clock = CLOCK, key = OURS.key.key): string {
  const read = readRequestSignature(headers)
  if (!read.ok) return read.reason
  const outside = outsideLifetime(read.signature, clock)
  if (outside?.ok === false) return outside.reason
  const verdict = verifyRequest(read.signature, request, key)
  return verdict.ok ? 'ok' : verdict.reason
}

test('RFC 9421, appendix B.2.6, comes out byte for byte', () => {
  const privateKey = createPrivateKey(
    '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n-----END PRIVATE KEY-----\n',
  )
  const identifiers = ['"date"', '"@method"', '"@path"', '"@authority"', '"content-type"', '"content-length"']
  const parameters = formatParameters(
    identifiers,
    new Map<string, string | number>([
      ['created', 1618884473],
      ['keyid', 'test-key-ed25519'],
    ]),
  )
  const base = signatureBase(
    [
      ['"date"', 'Tue, 20 Apr 2021 02:07:55 GMT'],
      ['"@method"', 'POST'],
      ['"@path"', '/foo'],
      ['"@authority"', 'example.com'],
      ['"content-type"', 'application/json'],
      ['"content-length"', '18'],
    ],
    parameters,
  )
  assert.equal(
    base,
    `"date": Tue, 20 Apr 2021 02:07:55 GMT
"@method": POST
"@path": /foo
"@authority": example.com
"content-type": application/json
"content-length": 18
"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`,
  )
  const signature = sign(null, Buffer.from(base), privateKey)
  assert.equal(
    signatureText(signature),
    ':wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:',
  )
  const publicKey = createPublicKey(
    '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----\n',
  )
  assert.ok(verify(null, Buffer.from(base), publicKey, signature))
})

test('contentDigest: is the digest of RFC 9530, appendix D, and of nothing for an empty body', () => {
  assert.equal(
    contentDigest(Buffer.from('{"hello": "world"}\n')),
    'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:',
  )
  assert.equal(contentDigest(Buffer.alloc(0)), 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:')
})

/** The request as the independent library is told of it. */
function described(request: SignableRequest, headers: Readonly<Record<string, string>>) {
  const fields = {
    'content-digest': contentDigest(request.body),
    'x-federation-registry': request.registry,
    authorization: request.authorization,
    ...headers,
  }
  return {
    kind: 'request' as const,
    method: request.method,
    targetUri: `https://${request.authority}${request.path}${request.query}`,
    fields: Object.entries(fields).map(([name, value]) => ({ name, value })),
  }
}

const COMPONENTS = [
  '@method',
  '@authority',
  '@path',
  '@query',
  'content-digest',
  'x-federation-registry',
  'authorization',
]

const REQUESTS: readonly SignableRequest[] = [
  REQUEST,
  { ...REQUEST, query: '?' },
  { ...REQUEST, authority: 'registry.example', path: '/' },
  { ...REQUEST, method: 'POST', path: '/a%2Fb//c', body: Buffer.from([0, 255, 10, 13]) },
  { ...REQUEST, query: '?a=b&a=%20+,;="', registry: 'https://xn--bcher-kva.example/registry' },
]

test('our signatures are accepted by an independent implementation', async () => {
  const publicKey = await crypto.subtle.importKey('jwk', jwkOf(OURS.pair.x), 'Ed25519', true, ['verify'])
  for (const request of REQUESTS) {
    const { headers } = signRequest(request, { signer: OURS.signer, now: NOW })
    const verified = await oracle.verifySignature(described(request, headers), {
      label: 'fed',
      policy: {
        algorithms: ['ed25519'],
        requiredComponents: COMPONENTS,
        requiredParameters: ['created', 'expires', 'nonce', 'keyid', 'tag'],
        maxAge: 300,
        now: NOW,
      },
      resolveVerifier: () => oracle.webcrypto.verifier(publicKey),
    })
    assert.equal(verified.parameters.keyid, OURS.pair.thumbprint)
    assert.equal(verified.parameters.tag, 'agent-registry-federation')
    assert.equal(Number(verified.parameters.expires) - Number(verified.parameters.created), 60)
  }
})

test('the independent implementation is accepted here, in any order of components and parameters', async () => {
  const { x, d } = OURS.pair
  const privateKey = await crypto.subtle.importKey('jwk', { ...jwkOf(x), d }, 'Ed25519', false, ['sign'])
  const own = {
    created: NOW,
    expires: NOW + 60,
    nonce: 'MDEyMzQ1Njc4OWFiY2RlZg',
    keyid: OURS.pair.thumbprint,
  }
  const orders = [
    { components: COMPONENTS, parameters: { ...own, alg: 'ed25519', tag: 'agent-registry-federation' } },
    { components: COMPONENTS.toReversed(), parameters: { tag: 'agent-registry-federation', ...own } },
  ]
  for (const request of REQUESTS) {
    for (const { components, parameters } of orders) {
      const signed = await oracle.createSignature(described(request, {}), {
        ...{ label: 'fed', components, parameters },
        signer: oracle.webcrypto.signer(privateKey),
      })
      const headers = {
        input: signed.signatureInput,
        signature: signed.signature,
        digest: contentDigest(request.body),
      }
      assert.equal(judge(headers, request), 'ok', signed.signatureInput)
    }
  }
})

test('a signature is good for its minute, give or take what clocks may differ', () => {
  const headers = sent()
  const at = (now: number, maxAgeSeconds = 300) => judge(headers, REQUEST, { now, maxAgeSeconds })
  assert.deepEqual([at(NOW - 30), at(NOW), at(NOW + 59)], ['ok', 'ok', 'ok'])
  assert.deepEqual([at(NOW - 31), at(NOW + 60), at(NOW + 301)], ['from-the-future', 'expired', 'expired'])
  // An operator may allow less than the asker does, and never more.
  assert.deepEqual([at(NOW + 10, 10), at(NOW + 11, 10), at(NOW + 60, 3_600)], ['ok', 'expired', 'expired'])
})

test('a nonce is remembered for as long as any replica could take the signature', () => {
  const read = readRequestSignature(sent())
  assert.ok(read.ok)
  assert.equal(nonceExpiry(read.signature, CLOCK), NOW + 60 + 30)
  assert.equal(nonceExpiry(read.signature, { ...CLOCK, maxAgeSeconds: 10 }), NOW + 11 + 30)
})

test('two signatures of one request in one second differ', () => {
  assert.notEqual(sent().input, sent().input)
})

test('a request changed in any component is refused, and so is another key', () => {
  const headers = sent()
  const changes: Partial<SignableRequest>[] = [
    { method: 'HEAD' },
    { method: 'get' },
    { authority: 'registry.example' },
    { authority: 'other.example:8443' },
    { path: '/base/api/v1/agents/' },
    { path: '/base/api/v1/Agents' },
    { query: '?search=caf%c3%a9&limit=50' },
    { query: '?' },
    { query: `${REQUEST.query}&` },
    { body: Buffer.from(' ') },
    { registry: 'https://asker.example/' },
    { authorization: `${TOKEN}x` },
    { authorization: TOKEN.replace(' ', '  ') },
    { authorization: `${TOKEN}\n"@method": GET` },
  ]
  for (const change of changes) {
    assert.equal(judge(headers, { ...REQUEST, ...change }), 'mismatch', JSON.stringify(change))
  }
  assert.equal(judge(headers, REQUEST, CLOCK, makeKeys().key.key), 'mismatch')
})

test('the digest must be there and be that of the bytes that came', () => {
  const body = Buffer.from('{"a":1}')
  const headers = sent({ ...REQUEST, body })
  assert.equal(judge(headers, { ...REQUEST, body }), 'ok')
  const digests = ['', contentDigest(Buffer.from('{"a":2}')), `${headers.digest} `, `${headers.digest}, a=1`]
  for (const digest of [...digests, headers.digest.replace('sha-256', 'SHA-256')]) {
    assert.equal(judge({ ...headers, digest }, { ...REQUEST, body }), 'mismatch', digest)
  }
})

test('headers of another form are refused before anything is computed', () => {
  const { input, signature, digest } = sent()
  const inputs = [
    '',
    'fed',
    'fed=1',
    input.replace('fed=', 'sig1='),
    input.replace('fed=', 'fed= '),
    `${input}, other=("@method");created=1`,
    `${input}, ${input}`,
    ` ${input}`,
    `${input} `,
    input.replace(' ', '  '),
    input.replace('"@method" ', ''),
    input.replace('"@method"', '"@method" "@method"'),
    input.replace('"@method"', '"@method";req'),
    input.replace('"@method"', '"@target-uri"'),
    input.replace('"authorization")', '"authorization" "date")'),
    input.replace('"authorization"', '"Authorization"'),
    input.replace('"authorization"', 'authorization'),
    input.replace(/;created=\d+/, ''),
    input.replace(/;created=\d+/, ';created=1.5'),
    input.replace(/;created=\d+/, ';created=-1'),
    input.replace(/;created=\d+/, ';created="1790000000"'),
    input.replace(/;expires=\d+/, ''),
    input.replace(/;nonce="[^"]*"/, ''),
    input.replace(/;nonce="[^"]*"/, ';nonce=""'),
    input.replace(/;nonce="[^"]*"/, ';nonce="too short"'),
    input.replace(/;nonce="[^"]*"/, `;nonce="${'a'.repeat(65)}"`),
    input.replace(/;keyid="[^"]*"/, ''),
    input.replace(/;keyid="[^"]*"/, ';keyid="x"'),
    input.replace('ed25519', 'rsa-pss-sha512'),
    input.replace('ed25519', 'hmac-sha256'),
    input.replace('agent-registry-federation', 'web-bot-auth'),
    input.replace(/;tag="[^"]*"/, ''),
    `${input};extra=1`,
    `${input};created=1790000000`,
    `${input}${' '.repeat(2_000)}`,
  ]
  for (const changed of inputs) {
    assert.equal(judge({ input: changed, signature, digest }), 'malformed', changed)
  }
  const signatures = [
    '',
    'fed',
    'fed=""',
    'fed=::',
    signature.replace('fed=', 'sig1='),
    signature.replace(/.{4}:$/, ':'),
    `${signature};a=1`,
    `${signature}, fed2=::`,
    ` ${signature}`,
    signature.replace('fed=:', 'fed=: '),
    `fed=:${'A'.repeat(400)}:`,
  ]
  for (const changed of signatures) {
    assert.equal(judge({ input, signature: changed, digest }), 'malformed', changed)
  }
  // 64 bytes of nothing are in form, and wrong.
  assert.equal(judge({ input, signature: `fed=:${'A'.repeat(86)}==:`, digest }), 'mismatch')
})

test('a signature is read whole or not at all: no text that serialises otherwise passes', () => {
  const { input, signature } = sent()
  const read = readSignatureFields(input, signature)
  assert.ok(read.ok)
  assert.equal(`fed=${read.fields.parametersText}`, input)
  assert.equal(`fed=${read.fields.signatureText}`, signature)
})

const BODY = Buffer.from('{"agents":[]}')

function answered(now = NOW) {
  const { reference } = signRequest(REQUEST, { signer: OURS.signer, now: NOW })
  const theirs = makeKeys()
  const headers = signResponse({ status: 200, body: BODY }, reference, { signer: theirs.signer, now })
  const response = { status: 200, body: BODY, headers: headers as Readonly<Record<string, string>> }
  return { reference, theirs, response }
}

test('an answer is believed by who asked, and by nobody else', () => {
  const { reference, theirs, response } = answered()
  const keys = [OURS.key, theirs.key]
  const check = (changes = {}, to = reference, by: readonly PublicKey[] = keys, clock = CLOCK) => {
    const verdict = verifyResponse({ ...response, ...changes }, to, { keys: by, clock })
    return verdict.ok ? 'ok' : verdict.reason
  }
  assert.equal(check(), 'ok')
  assert.equal(check({ status: 201 }), 'mismatch')
  assert.equal(check({ body: Buffer.from('{"agents":[1]}') }), 'mismatch')
  assert.equal(check({ body: Buffer.alloc(0) }), 'mismatch')
  assert.equal(check({}, { ...reference, method: 'HEAD' }), 'mismatch')
  assert.equal(check({}, { ...reference, path: '/' }), 'mismatch')
  assert.equal(check({}, { ...reference, query: '?' }), 'mismatch')
  // The same question asked again: its signature is another.
  assert.equal(check({}, signRequest(REQUEST, { signer: OURS.signer, now: NOW }).reference), 'mismatch')
  assert.equal(check({}, reference, [OURS.key]), 'unknown-key')
  assert.equal(check({}, reference, []), 'unknown-key')
  assert.equal(check({}, reference, keys, { ...CLOCK, now: NOW + 301 }), 'expired')
  assert.equal(check({}, reference, keys, { ...CLOCK, now: NOW - 31 }), 'from-the-future')
  for (const name of ['content-digest', 'signature-input', 'signature']) {
    const { [name]: _left, ...headers } = response.headers
    assert.equal(check({ headers }), 'missing', name)
  }
  const input = response.headers['signature-input'] ?? ''
  const inputs = [
    input.replace('"@status" ', ''),
    input.replace(' "signature";req;key="fed"', ''),
    input.replace('"@method";req', '"@method"'),
    input.replace('"@status"', '"@status";req'),
    input.replace('key="fed"', 'key="sig"'),
    input.replace('"@status"', '"@status" "@status"'),
    input.replace('ed25519', 'hmac-sha256'),
    input.replace(/;tag="[^"]*"/, ''),
    `${input}, other=()`,
  ]
  for (const changed of inputs) {
    assert.equal(
      check({ headers: { ...response.headers, 'signature-input': changed } }),
      'malformed',
      changed,
    )
  }
  const other = input.replace(/created=\d+/, `created=${NOW + 1}`)
  assert.equal(check({ headers: { ...response.headers, 'signature-input': other } }), 'mismatch')
})

test('the independent implementation takes our answers, and we take its', async () => {
  const { reference, theirs, response } = answered()
  const { headers: asked } = signRequest(REQUEST, { signer: OURS.signer, now: NOW })
  const request = described(REQUEST, { ...asked, signature: `fed=${reference.signatureText}` })
  const components = [
    '@status',
    'content-digest',
    oracle.component('@method', { req: true }),
    oracle.component('@path', { req: true }),
    oracle.component('@query', { req: true }),
    oracle.component('signature', { req: true, key: 'fed' }),
  ]
  const describe = (headers: Readonly<Record<string, string>>) => ({
    kind: 'response' as const,
    status: 200,
    request,
    fields: Object.entries(headers).map(([name, value]) => ({ name, value })),
  })
  const publicKey = await crypto.subtle.importKey('jwk', jwkOf(theirs.pair.x), 'Ed25519', true, ['verify'])
  const verified = await oracle.verifySignature(describe(response.headers), {
    label: 'fed',
    policy: {
      algorithms: ['ed25519'],
      requiredComponents: components,
      requiredParameters: ['created', 'keyid'],
      ...{ maxAge: 60, now: NOW },
    },
    resolveVerifier: () => oracle.webcrypto.verifier(publicKey),
  })
  assert.equal(verified.parameters.keyid, theirs.pair.thumbprint)

  const { x, d } = theirs.pair
  const privateKey = await crypto.subtle.importKey('jwk', { ...jwkOf(x), d }, 'Ed25519', false, ['sign'])
  const digest = { 'content-digest': contentDigest(BODY) }
  const signed = await oracle.createSignature(describe(digest), {
    ...{ label: 'fed', components, signer: oracle.webcrypto.signer(privateKey) },
    parameters: { created: NOW, keyid: theirs.pair.thumbprint, tag: 'agent-registry-federation' },
  })
  const headers = { ...digest, 'signature-input': signed.signatureInput, signature: signed.signature }
  const verdict = verifyResponse({ ...response, headers }, reference, { keys: [theirs.key], clock: CLOCK })
  assert.deepEqual(verdict, { ok: true })
})

type MessageVectors = {
  readonly asker_key: { readonly kid: string }
  readonly peer_key: { readonly kid: string }
  readonly cases: readonly {
    readonly name: string
    readonly request: {
      readonly method: string
      readonly authority: string
      readonly path: string
      readonly query: string
      readonly headers: Readonly<Record<string, string>>
      readonly signature_base: string
    }
    readonly response: {
      readonly status: number
      readonly body: string
      readonly headers: Readonly<Record<string, string>>
      readonly signature_base: string
    }
  }[]
}

test('the test vectors for other registries are what is signed here, and are accepted', () => {
  const file = new URL('../../test/vectors/message-signatures.json', import.meta.url)
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as MessageVectors
  const [asker, peer] = [vectors.asker_key, vectors.peer_key].map((jwk) => {
    const { d: _private, ...open } = jwk as Record<string, unknown>
    const read = readJwk(open)
    assert.ok(read.ok && read.key.thumbprint === jwk.kid)
    return read.key
  })
  assert.ok(asker && peer)
  for (const { name, request, response } of vectors.cases) {
    const { headers, signature_base: base, ...rest } = request
    const [registry = '', authorization = ''] = [headers['x-federation-registry'], headers.authorization]
    const sentHeaders = {
      input: headers['signature-input'] ?? '',
      signature: headers.signature ?? '',
      digest: headers['content-digest'] ?? '',
    }
    const parts = { ...rest, body: Buffer.alloc(0), registry, authorization }
    assert.equal(judge(sentHeaders, parts, CLOCK, asker.key), 'ok', name)
    const read = readRequestSignature(sentHeaders)
    assert.ok(read.ok)
    const { signature, signatureText: text } = read.signature.fields
    assert.ok(verify(null, Buffer.from(base), asker.key, signature), name)
    const reference = { method: rest.method, path: rest.path, query: rest.query, signatureText: text }
    const answer = { status: response.status, body: Buffer.from(response.body), headers: response.headers }
    assert.deepEqual(verifyResponse(answer, reference, { keys: [peer], clock: CLOCK }), { ok: true }, name)
    const answered = readSignatureFields(
      response.headers['signature-input'] ?? '',
      response.headers.signature ?? '',
    )
    assert.ok(answered.ok)
    assert.ok(verify(null, Buffer.from(response.signature_base), peer.key, answered.fields.signature), name)
  }
  assert.ok(vectors.cases.length > 3)
})
