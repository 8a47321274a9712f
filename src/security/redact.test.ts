import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maskSecrets, REDACTED, redactHeaders, SECRET_HEADERS } from './redact.ts'
import { mintToken } from './tokens.ts'

test('redactHeaders: hides secret headers in any case and leaves the input alone', () => {
  const headers = {
    Authorization: 'Bearer x',
    'X-FEDERATION-SIGNATURE': '1.ab',
    cookie: ['a', 'b'],
    accept: '*/*',
  }
  assert.deepEqual(redactHeaders(headers), {
    Authorization: REDACTED,
    'X-FEDERATION-SIGNATURE': REDACTED,
    cookie: REDACTED,
    accept: '*/*',
  })
  assert.equal(headers.Authorization, 'Bearer x')
  for (const name of SECRET_HEADERS) assert.equal(redactHeaders({ [name]: 'canary' })[name], REDACTED)
})

test('maskSecrets: no token, credential, password or signature survives inside other text', () => {
  const token = mintToken('ava')
  const peerToken = mintToken('avf')
  const text = [
    `key ${token}, "${peerToken}" (avp_eyJ2IjoxfQ-_abc) cut ${token.slice(0, 20)}`,
    'Authorization: Bearer s3cret.value_1=; authorization=bearer%20otherSecret',
    'Basic dXNlcjpwYXNz',
    'postgres://registry:hunter2@db/x and https://me:p@ssw0rd@host/path',
    `X-Federation-Signature: 1790000000.${'ab'.repeat(32)}`,
  ].join('\n')
  const masked = maskSecrets(text)
  const secrets = [
    token.slice(4),
    peerToken.slice(4),
    token.slice(4, 20),
    'eyJ2',
    's3cret',
    'otherSecret',
    'dXNl',
    'hunter2',
    'ssw0rd',
    'abab',
  ]
  for (const secret of secrets) assert.ok(!masked.includes(secret), `${secret} in ${masked}`)
  assert.match(masked, /key ava_\[redacted\], "avf_\[redacted\]" \(avp_\[redacted\]\)/)
  assert.match(masked, /postgres:\/\/\[redacted\]@db\/x/)
})

test('maskSecrets: leaves ordinary text as it is', () => {
  const text =
    'GET https://a.example/x?y=me@b.example 200, java_classes_and_more, basic search, a bear at 1790000000.5'
  assert.equal(maskSecrets(text), text)
})
