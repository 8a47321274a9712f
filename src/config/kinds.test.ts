import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bindHost, hostNames, networks, origins, registryUrl } from './address-kinds.ts'
import { databaseUrl } from './database-url.ts'
import { flag, type Kind, line, oneOf, share, wholeNumber } from './kinds.ts'
import { redisUrl } from './redis-url.ts'

/** The value read from a text, or `undefined` where it is refused. */
function read<T>(kind: Kind<T>, text: string): T | undefined {
  const parsed = kind.parse(text)
  return parsed.ok ? parsed.value : undefined
}

test('wholeNumber: takes its range and nothing but decimal digits', () => {
  const port = wholeNumber(0, 65_535)
  for (const [text, value] of [
    ['0', 0],
    ['65535', 65_535],
  ] as const)
    assert.equal(read(port, text), value)
  for (const text of [
    '65536',
    '-1',
    '080',
    '0x50',
    '1e3',
    '8.0',
    '80a',
    '+80',
    '99999999999999999999',
    '８０',
  ]) {
    assert.equal(read(port, text), undefined, text)
  }
})

test('share: takes numbers from 0 to 1 as they are usually written', () => {
  assert.deepEqual(
    ['0', '1', '1.0', '0.25', '1.01', '2', '-0', '.5', '5e-1', '0,5', ''].map((text) => read(share(), text)),
    [0, 1, 1, 0.25, ...Array.from({ length: 7 }, () => undefined)],
  )
})

test('flag: takes true, false, 1 and 0 alone', () => {
  assert.deepEqual(
    ['true', '1', 'false', '0', 'yes', 'TRUE', 'on'].map((text) => read(flag(), text)),
    [true, true, false, false, undefined, undefined, undefined],
  )
})

test('oneOf: takes its choices as they are spelled', () => {
  assert.equal(read(oneOf(['info', 'warn']), 'warn'), 'warn')
  assert.equal(read(oneOf(['info', 'warn']), 'WARN'), undefined)
})

test('line: refuses line breaks, hidden characters and length', () => {
  assert.equal(read(line(5), 'A b c'), 'A b c')
  for (const text of ['a\nb', 'a\u202eb', 'a  b', 'abcdef'])
    assert.equal(read(line(5), text), undefined, text)
})

test('bindHost: takes addresses and host names', () => {
  for (const text of ['127.0.0.1', '::', '::1', '0.0.0.0', 'localhost', 'node-1.internal']) {
    assert.equal(read(bindHost(), text), text)
  }
  for (const text of ['[::1]', '127.1', '1.2.3.4:80', 'http://x', 'a b', 'a..b', '300.1.1.1']) {
    assert.equal(read(bindHost(), text), undefined, text)
  }
})

test('hostNames: spells hosts as URLs do and refuses more than a host', () => {
  assert.deepEqual(read(hostNames(), 'Registry.Example., bücher.example,::1,[::1], 10.0.0.1'), [
    'registry.example',
    'xn--bcher-kva.example',
    '[::1]',
    '10.0.0.1',
  ])
  for (const text of ['a:80', 'http://a', 'a/b', '*.example', 'a,,b', 'u@a', '%61']) {
    assert.equal(read(hostNames(), text), undefined, text)
  }
})

test('networks: takes CIDRs and names the entry at fault', () => {
  assert.deepEqual(read(networks(), '10.0.0.0/8, ::1/128,192.0.2.1'), ['10.0.0.0/8', '::1/128', '192.0.2.1'])
  assert.deepEqual(networks().parse('10.0.0.0/8,10.0.0.0/33'), {
    ok: false,
    problem: 'has a fault: entry 2 is not a network',
  })
  for (const text of ['10/8', '0x0a000000/8', 'example.com', '10.0.0.0/8/8', '10.0.0.0/']) {
    assert.equal(read(networks(), text), undefined, text)
  }
})

test('origins: takes exact origins, never a wildcard, a path or "null"', () => {
  assert.deepEqual(read(origins(), 'https://App.example:443,http://localhost:5173'), [
    'https://app.example',
    'http://localhost:5173',
  ])
  for (const text of ['*', 'null', 'https://a/b', 'https://u:p@a', 'file://a', 'https://a?b']) {
    assert.equal(read(origins(), text), undefined, text)
  }
})

test('registryUrl: normalises, takes http, and refuses what it would have to drop', () => {
  assert.equal(read(registryUrl(), 'HTTPS://Registry.Example:443/a/'), 'https://registry.example/a')
  assert.equal(read(registryUrl(), 'http://127.0.0.1:8080'), 'http://127.0.0.1:8080')
  for (const text of [
    'https://a?b=c',
    'https://a#b',
    'https://a?',
    'https://u:p@a',
    'ftp://a',
    'a',
    'http://a:0',
  ]) {
    assert.equal(read(registryUrl(), text), undefined, text)
  }
})

test('databaseUrl: takes SQLite files, memory and PostgreSQL', () => {
  for (const text of [
    'sqlite:./data/registry.db',
    'sqlite:/var/lib/registry.db',
    'sqlite::memory:',
    'postgres://u:p@db/registry',
    'postgresql:///registry?host=/run/postgresql',
  ]) {
    assert.equal(read(databaseUrl(), text), text)
  }
  for (const text of [
    'sqlite:',
    'sqlite://data/registry.db',
    'mysql://a/b',
    './registry.db',
    'postgres:db',
  ]) {
    assert.equal(read(databaseUrl(), text), undefined, text)
  }
})

test('databaseUrl: never shows a password, not even of an address it cannot read', () => {
  const { parse, show, showRefused } = databaseUrl()
  const shown = show(
    'postgres://app:hunter2@db:5432/registry?sslmode=require&password=hunter2&sslkey_pass=hunter2',
  )
  assert.equal(shown, 'postgres://app:***@db:5432/registry?sslmode=require&password=***&sslkey_pass=***')
  for (const text of [
    'mysql://root:hunter2@db/x',
    'postgres://u:hunt/er2@db/x',
    'postgres://u:1/hunter2@db/x',
    'postgres://u:1#hunter2@db/x',
    'postgres://u:1?hunter2@db/x',
    'root:hunter2@db/x',
    'hunter2',
  ]) {
    const parsed = parse(text)
    assert.equal(parsed.ok, false, text)
    assert.doesNotMatch(`${showRefused(text)} ${parsed.ok ? '' : parsed.problem}`, /hunt|er2/)
  }
})

test('redisUrl: takes plain and TLS addresses, with or without a password and a database', () => {
  for (const text of ['redis://cache', 'redis://[::1]:6380/3', 'rediss://u:p%40ss@cache.example:6379/0']) {
    assert.equal(read(redisUrl(), text), text)
  }
  for (const text of [
    'cache:6379',
    'http://cache',
    'redis://',
    'redis:///1',
    'redis://cache/one',
    'redis://cache/0?password=x',
    'redis://cache#x',
  ]) {
    assert.equal(read(redisUrl(), text), undefined, text)
  }
})

test('redisUrl: never shows a password, not even of an address it cannot read', () => {
  const { parse, show, showRefused } = redisUrl()
  assert.equal(show('rediss://app:hunter2@cache:6380/1'), 'rediss://app:***@cache:6380/1')
  for (const text of [
    'redis://:hunt/er2@cache',
    'redis://u:1/hunter2@cache',
    'redis://u:1#hunter2@cache',
    'redis://u:1?hunter2@cache',
    'redis://u:100%hunter2@cache',
    'hunter2@cache',
  ]) {
    const parsed = parse(text)
    assert.equal(parsed.ok, false, text)
    assert.doesNotMatch(`${showRefused(text)} ${parsed.ok ? '' : parsed.problem}`, /hunt|er2/)
  }
})
