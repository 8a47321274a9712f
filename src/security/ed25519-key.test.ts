import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { canonicalJwk, jwkOf, mintKeyPair, readJwk, readPublicKey, thumbprintOf } from './ed25519-key.ts'

// RFC 8037, appendix A
const X = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
const THUMBPRINT = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'

test('thumbprintOf: gives the thumbprint of RFC 8037, appendix A.3', () => {
  assert.equal(thumbprintOf(X), THUMBPRINT)
})

test('a public key is read from its JWK, whatever else stands there, and from its PEM', () => {
  const pem = createPublicKey({ key: jwkOf(X), format: 'jwk' }).export({ type: 'spki', format: 'pem' })
  const texts = [
    canonicalJwk(X),
    JSON.stringify({ kid: 'a name', use: 'sig', ...jwkOf(X) }, null, 2),
    String(pem),
    `\n${String(pem).replaceAll('\n', '\r\n')}  `,
  ]
  for (const text of texts) {
    const read = readPublicKey(text)
    assert.ok(read.ok, text)
    assert.deepEqual([read.key.thumbprint, read.key.x], [THUMBPRINT, X])
  }
})

test('what is no Ed25519 public key is refused with a sentence', () => {
  const pair = mintKeyPair()
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
  const cases: [string, RegExp][] = [
    ['', /neither a JWK nor/],
    ['{', /no JSON/],
    ['{"kty":"RSA"}', /not an Ed25519 key/],
    [JSON.stringify({ ...jwkOf(pair.x), d: pair.d }), /private key/],
    ['{"kty":"OKP","crv":"Ed25519"}', /no `x`/],
    [canonicalJwk(X.slice(0, -1)), /32 bytes/],
    [canonicalJwk(`${X}=`), /32 bytes/],
    [canonicalJwk(X.replace('_', '/')), /32 bytes/],
    // The last character holds four bits too many: another spelling of the same bytes.
    [canonicalJwk(X.replace(/o$/, 'p')), /32 bytes/],
    [String(rsa.export({ type: 'spki', format: 'pem' })), /not an Ed25519 key/],
    ['-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', /does not hold/],
    [`-----BEGIN PUBLIC KEY-----\n${'A'.repeat(5_000)}\n-----END PUBLIC KEY-----`, /too long/],
  ]
  for (const [text, problem] of cases) {
    const read = readPublicKey(text)
    assert.ok(!read.ok, text)
    assert.match(read.problem, problem, text)
  }
  for (const value of [null, undefined, 7, 'x', [], {}]) assert.equal(readJwk(value).ok, false)
})

test('keys under which anyone could make signatures are refused, in every spelling', () => {
  const points = [
    `00${'00'.repeat(31)}`,
    `01${'00'.repeat(31)}`,
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    `ec${'ff'.repeat(30)}7f`,
    `ed${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(30)}7f`,
  ]
  for (const point of points) {
    for (const sign of [0, 0x80]) {
      const bytes = Buffer.from(point, 'hex')
      bytes.writeUInt8(bytes.readUInt8(31) | sign, 31)
      const read = readJwk(jwkOf(bytes.toString('base64url')))
      assert.ok(!read.ok && /anyone can make/.test(read.problem), bytes.toString('hex'))
    }
  }
})
