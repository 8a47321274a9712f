import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { mintToken } from '../../src/security/tokens.ts'
import { createSecretFinder } from './find-secrets.ts'

const SECRETS = new Map([
  ['token', mintToken('avf')],
  ['opaque', randomBytes(24).toString('base64url')],
])
const finder = createSecretFinder(SECRETS)

test('a secret is found in every form and place, and what may be shown of a token is not taken for one', () => {
  for (const [name, secret] of SECRETS) {
    for (const before of ['', 'x', 'xy', 'xyz']) {
      const text = `${before}${secret}&more`
      for (const form of [
        text,
        ...(['hex', 'base64', 'base64url'] as const).map((as) => Buffer.from(text).toString(as)),
      ]) {
        assert.deepEqual(finder.find({ name: '', bytes: Buffer.from(`… ${form} …`) }), [name], form)
      }
    }
    const shown = `${secret.slice(0, 4)}…${secret.slice(-4)} ${'x'.repeat(500)}`
    assert.deepEqual(finder.find({ name: '', bytes: Buffer.from(shown) }), [])
  }
  assert.deepEqual(finder.find({ name: '', bytes: randomBytes(1_000_000) }), [])
})
