import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHostRule } from './host-check.ts'

const check = createHostRule('https://registry.example:8443/path', ['alias.example', '[fd00::1]'])

test('our own host, loopback, localhost and allowed hosts pass, with any port', () => {
  for (const host of [
    ...['registry.example', 'REGISTRY.example:8443', 'registry.example.:443', 'localhost', 'localhost:8080'],
    ...['127.0.0.1:8080', '127.8.7.6', '[::1]:8080', '[::1]', 'alias.example:1', '[fd00::1]'],
  ]) {
    assert.doesNotThrow(() => check(host), host)
  }
})

test('a name of somebody else is refused, as a page that rebinds its own name would send it', () => {
  for (const host of [
    ...['evil.example', 'evil.example:8080', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1'],
    ...[
      'registry.example@evil.example',
      'evil.example/localhost',
      'localhost, evil.example',
      '',
      ' ',
      '169.254.169.254',
    ],
  ]) {
    assert.throws(() => check(host), /does not answer for the host/, host)
  }
  assert.throws(() => check(undefined), /does not answer for the host given/)
})
