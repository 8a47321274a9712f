import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { timeAwake } from '../../test/support/awake-time.ts'
import { findPersonalData, findPersonalDataIn, maskPersonalData } from './personal-data.ts'

// Put together here so that scanners of this repository do not take the examples for leaked keys.
const word = (length: number) => 'a1B2c3D4e5F6g7H8'.repeat(Math.ceil(length / 16)).slice(0, length)

function masked(text: string): string {
  return maskPersonalData(text).text
}

test('masks e-mail addresses', () => {
  assert.equal(masked('Write to jane.doe+ai@mail.example.co.uk, please.'), 'Write to [email], please.')
  assert.equal(masked('<mailto:jörg@bücher.example>'), '<mailto:[email]>')
  assert.equal(masked('a@b.io;c@d.io'), '[email];[email]')
  assert.equal(maskPersonalData('a@b.io;c@d.io').count, 2)
})

test('leaves addresses of code and handles alone', () => {
  for (const text of [
    'git@github.com:acme/tool.git',
    '@acme/tool@1.2.3',
    'tool@2.0.0-beta.rc',
    '@handle',
    'x @ y.z',
    'user@host',
  ]) {
    assert.deepEqual(findPersonalData(text), [], text)
  }
})

test('masks phone numbers, written with + or with separators', () => {
  for (const number of [
    '+14155550123',
    '+1 415 555 0123',
    '+1 (415) 555-0123',
    '+49 (0)30 1234567',
    '+44-20-7946-0958',
    '(415) 555-0123',
    '415-555-0123',
    '415.555.0123',
    '1-415-555-0123',
    '030 12345678',
    '0151/23456789',
    '06 12 34 56 78',
    '0049 30 1234567',
    '+33\u00a06\u00a012\u00a034\u00a056\u00a078',
  ]) {
    assert.equal(masked(`Call ${number}.`), 'Call [phone].', number)
    assert.equal(masked(`tel:${number}, ask`), 'tel:[phone], ask', number)
  }
})

test('leaves numbers that are no phone numbers alone', () => {
  for (const text of [
    '01997a52-5f0e-7cc4-8a39-0d6d3d1c8a11',
    '01234567-1234-7123-8123-012345678901',
    '2026-02-28',
    '2026-02-28T10:30:00Z',
    '2026-02-28 10:30',
    '28.02.2026',
    '02/28/2026',
    '01.02.2026 - 03.02.2026',
    'ports 8000-9000',
    'localhost:8080',
    '10 000 000 records',
    '1,000,000',
    '1234567890',
    '978-3-16-148410-0',
    '3.14159265358979',
    '1 2 3 4 5 6 7 8 9 10',
    'build 20260228-103000',
    'gpt-4-0125-preview-2024-01-25',
    'a + 12345678',
    '0123456789',
    'https://x.example/tickets/415-555-0123',
  ]) {
    assert.deepEqual(findPersonalData(text), [], text)
  }
})

test('masks IP addresses', () => {
  assert.equal(masked('at 10.0.0.5:8080, http://192.168.1.20/x'), 'at [ip]:8080, http://[ip]/x')
  assert.equal(masked('10.0.0.1-10.0.0.9 and 172.16.0.0/12.'), '[ip]-[ip] and [ip]/12.')
  assert.equal(masked('[2001:db8::8a2e:370:7334]:443 or fe80::1%eth0'), '[[ip]]:443 or [ip]%eth0')
})

test('leaves versions, times and other dotted or colonised text alone', () => {
  for (const text of [
    'v1.2.3.4',
    'version 1.2.3.4',
    'Release: 1.2.3.4',
    'Chrome/120.0.0.0',
    'tool-1.2.3.4',
    '1.2.3.4-beta',
    '1.2.3.4.5',
    '1.2.3',
    '300.1.2.3',
    '1.2.3.256',
    '12:30:45',
    'std::vector',
    'a::b',
    '::',
    'node:fs',
    '00:1a:2b:3c:4d:5e',
  ]) {
    assert.deepEqual(findPersonalData(text), [], text)
  }
})

test('masks keys and tokens of known shapes', () => {
  for (const token of [
    `sk-proj-${word(40)}`,
    `sk_live_${word(24)}`,
    `ghp_${word(36)}`,
    `github_pat_${word(60)}`,
    `glpat-${word(20)}`,
    `xoxb-${word(30)}`,
    `AKIA${'ABCDEFGH23456789'}`,
    `AIza${word(35)}`,
    `ava_${word(49)}`,
    `avf_${word(49)}`,
    `avp_${word(200)}`,
    `avreg_${word(43)}`,
    'avrec-0a1b2c3d-0a1b2c3d-0a1b2c3d',
    `eyJ${word(20)}.eyJ${word(40)}.${word(43)}`,
    `Bearer ${word(32)}`,
  ]) {
    assert.equal(masked(`use ${token} here`), 'use [token] here', token)
  }
  assert.equal(masked(`set API_KEY=${word(20)}`), 'set [token]')
  assert.equal(masked(`client_secret: "${word(24)}"`), '[token]"')
  assert.deepEqual(findPersonalData('-----BEGIN EC PRIVATE KEY-----\nMHcCAQ\n-----END EC PRIVATE KEY-----'), [
    'token',
  ])
})

test('leaves hashes, identifiers and words about tokens alone', () => {
  for (const text of [
    'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'sk-learn-compatible-estimators',
    'npm_package_config_registry',
    'Send a bearer token in the header',
    'token: the access credential',
    'eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIn0',
    'did:web:registry.example:agents:01997a52-5f0e-7cc4-8a39-0d6d3d1c8a11',
  ]) {
    assert.deepEqual(findPersonalData(text), [], text)
  }
})

test('findPersonalDataIn: finds what escapes in the source would hide, in values and names at any depth', () => {
  const card: unknown = JSON.parse('{"a":[{"b":"jane\\u0040mail.example"}],"10.0.0.5":1}')
  assert.deepEqual(findPersonalDataIn(card).sort(), ['email', 'ip'])
  assert.deepEqual(findPersonalDataIn({ version: '1.2.3', n: 4155550123, x: null }), [])
})

test('maskPersonalData: in masked text nothing more is found', () => {
  const piece = fc.constantFrom(
    'a@b.io',
    '@',
    '10.0.0.1',
    '.',
    '-',
    '/',
    ' ',
    'v',
    '+49 30 1234567',
    '415-555-0123',
    `ghp_${word(36)}`,
    'é',
    '2001:db8::1',
    ':',
    'x',
    '7',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      assert.deepEqual(findPersonalData(masked(pieces.join(''))), [])
    }),
    { numRuns: 500 },
  )
})

test('maskPersonalData: text made to be slow takes no long time', async () => {
  const size = 262_144
  for (const piece of [
    'a',
    '@',
    'a@',
    'a.',
    'a@a.',
    '1',
    '1.',
    '1 ',
    '10.0.0.1-',
    '+1 ',
    '(0',
    ':',
    'a:',
    '-',
    'eyJa',
    'eyJaaaaaaaaaaaa.',
    'bearer ',
    'token=',
    'sk-',
    '-----BEGIN A',
    'a@b.io0301 ',
    '415-555-0123x@y.io',
  ]) {
    const { ms } = await timeAwake(() => maskPersonalData(piece.repeat(size / piece.length)))
    assert.ok(ms < 2_000, `${piece}: ${Math.round(ms)} ms`)
  }
})
