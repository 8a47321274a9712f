import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withAsciiHost } from './ascii-host.ts'

test('withAsciiHost: a host in letters that look like others’ is written as it is looked up', () => {
  assert.equal(withAsciiHost('https://p\u0430ypal.com/login'), 'https://xn--pypal-4ve.com/login')
  assert.equal(withAsciiHost('https://p\u0430ypal.com:8443'), 'https://xn--pypal-4ve.com:8443')
  assert.equal(withAsciiHost('HTTPS://B\u00fccher.example?q=1'), 'HTTPS://xn--bcher-kva.example?q=1')
  // A stop that is no stop, and a slash that is no slash.
  assert.equal(withAsciiHost('https://a\u3002example/x'), 'https://a.example/x')
  assert.match(withAsciiHost('https://bank.example\u2044login.evil.example/'), /^https:\/\/[\x21-\x7e]+\/$/)
})

test('withAsciiHost: the rest stays as it was written', () => {
  for (const url of [
    'https://xn--pypal-4ve.com/',
    'http://A.example:80/%7e\u00fc?\u0430#\u0430',
    'https://[::1]/x',
  ]) {
    assert.equal(withAsciiHost(url), url)
  }
  assert.equal(
    withAsciiHost('https://\u00fc.example/%7e\u00fc?x=\u0430#y'),
    'https://xn--tda.example/%7e\u00fc?x=\u0430#y',
  )
})
