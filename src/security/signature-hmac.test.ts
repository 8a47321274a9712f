import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { signHmac, verifyHmac } from './signature-hmac.ts'

interface Vector {
  readonly name: string
  readonly method: string
  readonly target: string
  readonly body_base64: string
  readonly secret: string
  readonly timestamp: number
  readonly header: string
}

const file = new URL('../../test/vectors/hmac-signatures.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Vector[] }

const documented = JSON.parse(
  readFileSync(new URL('../../test/vectors/hmac-design-document.json', import.meta.url), 'utf8'),
) as {
  readonly cases: readonly (Pick<Vector, 'name' | 'method' | 'secret' | 'timestamp' | 'header'> & {
    readonly path: string
    readonly body: string
  })[]
  readonly accept: readonly { readonly case: string; readonly now: number }[]
  readonly reject: readonly { readonly case: string; readonly now: number; readonly why: string }[]
  readonly malformed: readonly { readonly name: string; readonly case: string; readonly header: string }[]
}

test('signHmac and verifyHmac agree with the vectors of the design document, its windows and its refusals', () => {
  const judge = (name: string, now: number | null, header?: string) => {
    const found = documented.cases.find((one) => one.name === name)
    assert.ok(found, name)
    const signed = { method: found.method, target: found.path, body: Buffer.from(found.body) }
    const clock = { now: now ?? found.timestamp, maxAgeSeconds: 300 }
    const verdict = verifyHmac(header ?? found.header, signed, found.secret, clock)
    return verdict.ok ? 'ok' : verdict.reason
  }
  for (const { name, method, path, body, secret, timestamp, header } of documented.cases) {
    const signed = { method, target: path, body: Buffer.from(body) }
    assert.equal(signHmac({ ...signed, secret, now: timestamp }), header, name)
    assert.equal(judge(name, null), 'ok', name)
  }
  for (const { case: name, now } of documented.accept) assert.equal(judge(name, now), 'ok', String(now))
  for (const { case: name, now, why } of documented.reject) {
    assert.equal(judge(name, now), why.replaceAll(' ', '-'), String(now))
  }
  for (const { name, case: of, header } of documented.malformed) {
    assert.match(judge(of, null, header), /^(?:malformed|mismatch)$/, name)
  }
  assert.ok(documented.cases.length > 0 && documented.malformed.length > 0)
})

const request = { method: 'POST', target: '/api/v1/agents?x=1', body: Buffer.from('{"a":1}') }
const SIGNED_AT = 1_790_000_000
const header = signHmac({ ...request, secret: 'secret', now: SIGNED_AT })
const check = (given: string | undefined, changes = {}, now = SIGNED_AT, secret = 'secret') => {
  const verdict = verifyHmac(given, { ...request, ...changes }, secret, { now, maxAgeSeconds: 300 })
  return verdict.ok ? 'ok' : verdict.reason
}

for (const { name, method, target, body_base64, secret, timestamp, header: expected } of cases) {
  test(`signHmac and verifyHmac agree with the independent vector: ${name}`, () => {
    const signed = { method, target, body: Buffer.from(body_base64, 'base64') }
    assert.equal(signHmac({ ...signed, secret, now: timestamp + 0.9 }), expected)
    assert.deepEqual(verifyHmac(expected, signed, secret, { now: timestamp + 7, maxAgeSeconds: 300 }), {
      ok: true,
    })
  })
}

test('verifyHmac: accepts exactly the window, 300 s back and 30 s ahead', () => {
  assert.equal(check(header, {}, SIGNED_AT + 300), 'ok')
  assert.equal(check(header, {}, SIGNED_AT + 301), 'expired')
  assert.equal(check(header, {}, SIGNED_AT - 30), 'ok')
  assert.equal(check(header, {}, SIGNED_AT - 31), 'from-the-future')
  const distant = signHmac({ ...request, secret: 'secret', now: 9_999_999_999 })
  assert.equal(check(distant), 'from-the-future')
})

test('verifyHmac: refuses a signature whose timestamp was moved within the window', () => {
  assert.equal(check(header.replace(String(SIGNED_AT), String(SIGNED_AT + 1))), 'mismatch')
})

test('verifyHmac: refuses a request changed in method, target or body, and another secret', () => {
  assert.equal(check(header, { method: 'PUT' }), 'mismatch')
  assert.equal(check(header, { target: '/api/v1/agents?x=2' }), 'mismatch')
  assert.equal(check(header, { body: Buffer.from('{"a":2}') }), 'mismatch')
  assert.equal(check(header, {}, SIGNED_AT, 'Secret'), 'mismatch')
})

test('verifyHmac: reads one strict spelling of the header', () => {
  const [time, hex] = header.split('.')
  const spellings = [
    '',
    ' ',
    ` ${header}`,
    `${header} `,
    `${header}\n`,
    `+${header}`,
    `-${header}`,
    `0${header}`,
    `0.${hex}`,
    `1_790_000_000.${hex}`,
    `١٧٩٠٠٠٠٠٠٠.${hex}`,
    `1.79e9.${hex}`,
    `${time}${hex}`,
    `${header}.1`,
    `${time}.${hex?.toUpperCase()}`,
    header.slice(0, -1),
    `${header}0`,
    `1234567890123.${hex}`,
    `${header}, ${header}`,
  ]
  for (const spelling of spellings) assert.equal(check(spelling), 'malformed', JSON.stringify(spelling))
  assert.equal(check(undefined), 'missing')
})

test('verifyHmac: refuses line breaks and NUL that would let two requests share a signature', () => {
  const shared = signHmac({
    method: 'POST',
    target: '/a',
    body: Buffer.from('X\nY'),
    secret: 'secret',
    now: SIGNED_AT,
  })
  assert.equal(check(shared, { target: '/a\nX', body: Buffer.from('Y') }), 'malformed')
  assert.equal(check(header, { target: '/a\r' }), 'malformed')
  assert.equal(check(header, { method: 'POST\0' }), 'malformed')
  assert.throws(() => signHmac({ ...request, target: '/a\nX', secret: 's', now: 1 }), TypeError)
})

test('verifyHmac: tells the operator both clocks and never the signature it expected', () => {
  const late = verifyHmac(header, request, 'secret', { now: SIGNED_AT + 412, maxAgeSeconds: 300 })
  assert.ok(!late.ok)
  assert.equal(
    late.detail,
    'The signature is 412 s old, at most 300 s are accepted (signed at 1790000000, our clock says 1790000412).',
  )
  const wrong = verifyHmac(header, request, 'other', { now: SIGNED_AT, maxAgeSeconds: 300 })
  assert.ok(!wrong.ok && !/[0-9a-f]{16}/.test(wrong.detail))
})
