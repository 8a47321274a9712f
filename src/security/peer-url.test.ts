import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normalizeRegistryUrl } from './peer-url.ts'

const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  'https://partner.example': [
    ...[
      'https://partner.example',
      'https://partner.example/',
      'https://partner.example//',
      ' https://partner.example\n',
    ],
    ...[
      'HTTPS://PARTNER.Example',
      'https://partner.example:443',
      'https://partner.example.',
      'https://partner.example.:443/',
    ],
    ...[
      'https://partner.example?',
      'https://partner.example/?a=b',
      'https://partner.example#x',
      'https://partner.example/a/..',
    ],
  ],
  'https://partner.example:8443/registry': [
    'https://partner.example:8443/registry/',
    'https://partner.example.:08443/./registry?x#y',
  ],
  'http://localhost:8081': ['http://LOCALHOST:8081/', 'http://localhost.:8081'],
  'http://partner.example': ['http://partner.example:80/'],
  'http://127.0.0.1:9': [
    'http://127.1:9',
    'http://0x7f000001:9',
    'http://2130706433:9',
    'http://0177.0.0.1:9/',
    'http://127.0.0.1.:9',
  ],
  'https://[::1]:8443': ['https://[0:0:0:0:0:0:0:1]:8443/', 'https://[::0001]:8443'],
  'https://xn--bcher-kva.example': [
    'https://bücher.example',
    'https://BÜCHER.example/',
    'https://xn--bcher-kva.example.',
  ],
  'https://xn--prtner-3nf.example': ['https://pаrtner.example'], // a Cyrillic а: visibly another host
}

test('normalizeRegistryUrl: gives all spellings of one address the same form', () => {
  for (const [url, spellings] of Object.entries(SPELLINGS)) {
    for (const spelling of spellings) {
      const result = normalizeRegistryUrl(spelling)
      assert.ok(result.ok, spelling)
      assert.equal(result.url, url, spelling)
      assert.equal(result.origin, new URL(url).origin)
      assert.equal(result.scheme, url.startsWith('https') ? 'https' : 'http')
    }
  }
})

test('normalizeRegistryUrl: is its own fixed point', () => {
  for (const url of Object.keys(SPELLINGS)) {
    const result = normalizeRegistryUrl(url)
    assert.ok(result.ok && result.url === url, url)
  }
})

test('normalizeRegistryUrl: refuses what is no registry address, in a sentence', () => {
  const bad = [
    ...[
      '',
      ' ',
      'partner.example',
      'ftp://partner.example',
      'file:///etc/passwd',
      'javascript:alert(1)',
      '//partner.example',
    ],
    ...[
      'https://',
      'https:///',
      'https:partner.example',
      'https://user@partner.example',
      'https://u:p@partner.example',
    ],
    ...[
      'https://partner.example@evil.example',
      'https://partner.example\\@evil.example',
      'https://par\ttner.example',
    ],
    ...[
      'https://partner .example',
      'https://a\nb.example',
      'https://a\0b.example',
      'https://partner.example:0',
    ],
    ...[
      'https://partner.example:99999',
      'https://partner..example',
      'https://partner.example..',
      'https://.',
      'https://%00',
    ],
    ...[
      'https://[::1',
      'https://256.1.1.1',
      `https://${'a'.repeat(64)}.${'b.'.repeat(120)}example`,
      `https://a.example/${'x'.repeat(3000)}`,
    ],
  ]
  for (const text of bad) {
    const result = normalizeRegistryUrl(text)
    assert.ok(!result.ok, JSON.stringify(text))
    assert.match(result.problem, /\.$/)
  }
})

test('normalizeRegistryUrl: refuses what no database column takes, also when only its normal form is too long', () => {
  const longest = `https://partner.example/${'a'.repeat(500 - 'https://partner.example/'.length)}`
  assert.deepEqual(normalizeRegistryUrl(longest).ok, true)
  for (const text of [`${longest}a`, `https://partner.example/${'ü'.repeat(200)}`]) {
    const result = normalizeRegistryUrl(text)
    assert.ok(!result.ok && /at most 500 characters/.test(result.problem), text)
  }
})
