import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  holdsOwnToken,
  maskLikelySecrets,
  maskSecrets,
  REDACTED,
  redactHeaders,
  SECRET_HEADERS,
} from './redact.ts'
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

test('holdsOwnToken: finds what is masked as a token of ours, each time it is asked, and no plain name', () => {
  const token = mintToken('ava')
  const texts = [token, mintToken('avf'), mintToken('avs'), 'avp_eyJ2IjoxfQ-_abc', `my key:${token}!`]
  for (const text of [...texts, token.slice(0, 20), ...texts]) {
    assert.ok(holdsOwnToken(text), text)
    assert.notEqual(maskSecrets(text), text)
  }
  const names = ['ava_concierge', 'ava_short', 'java_Concurrency1', 'Bearer token', 'avx_1234567A', 'ava', '']
  for (const text of names) assert.ok(!holdsOwnToken(text), text)
  assert.ok(holdsOwnToken(`ava_concierge ${token}`))
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

test('maskLikelySecrets: a key of any make is masked where a caller put it; words, names and identifiers stay', () => {
  const foreign = 'h8Kq2vXz0LmN4pRt6WyB1cDf'
  const masked = maskLikelySecrets(`limit: Takes 1 to 100; seen: "${foreign}". /${foreign}/x`)
  assert.equal(masked, `limit: Takes 1 to 100; seen: "[redacted]". /[redacted]/x`)
  for (const text of [
    'No peer has the id 0199d2f0-0000-7000-8000-000000000001.',
    'Unknown; takes include_federated, REGISTRY_PUBLIC_URL2, anInterestinglyLongName.',
    'did:web:registry.example%3A8080:agents:0199d2f0-0000-7000-8000-000000000001 of https://A1.example/agents',
  ]) {
    assert.equal(maskLikelySecrets(text), text)
  }
  assert.equal(maskLikelySecrets('aA1'.repeat(500_000)), '[redacted]')
})
