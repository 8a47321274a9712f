import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashToken, isWellFormedToken, mintToken, tokenHint } from './tokens.ts'

const bytes = (fill: number) => new Uint8Array(32).fill(fill)

test('mintToken: writes 256 bits big-endian in 43 digits and a CRC-32 in 6', () => {
  // Computed independently, with Python's zlib.crc32.
  assert.equal(mintToken('ava', bytes(0)), 'ava_00000000000000000000000000000000000000000002KgePn')
  const counting = Uint8Array.from({ length: 32 }, (_, index) => index)
  assert.equal(mintToken('avf', counting), 'avf_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf2bfln7')
  const one = Uint8Array.from([...bytes(0).slice(1), 61])
  assert.match(mintToken('avf', one), /^avf_0{42}z[0-9A-Za-z]{6}$/)
  assert.equal(mintToken('ava', bytes(0xff)).length, 53)
  assert.throws(() => mintToken('ava', new Uint8Array(31)), TypeError)
})

test('mintToken: no two tokens are alike', () => {
  assert.equal(new Set(Array.from({ length: 1000 }, () => mintToken('ava'))).size, 1000)
})

test('isWellFormedToken: accepts our tokens, of the asked kind only', () => {
  const token = mintToken('avf')
  assert.ok(isWellFormedToken(token))
  assert.ok(isWellFormedToken(token, 'avf'))
  assert.ok(!isWellFormedToken(token, 'ava'))
})

test('isWellFormedToken: refuses every single mistyped character and every swap of neighbours', () => {
  const token = mintToken('ava')
  for (let index = 0; index < token.length; index += 1) {
    for (const char of '09AZaz_mK') {
      const typo = token.slice(0, index) + char + token.slice(index + 1)
      if (typo !== token) assert.ok(!isWellFormedToken(typo), typo)
    }
    const [a = '', b = ''] = [token[index], token[index + 1]]
    const swapped = token.slice(0, index) + b + a + token.slice(index + 2)
    if (swapped !== token) assert.ok(!isWellFormedToken(swapped), swapped)
  }
})

test('isWellFormedToken: refuses other shapes', () => {
  const token = mintToken('ava')
  for (const text of [
    '',
    'ava_',
    `${token} `,
    ` ${token}`,
    `${token}\n`,
    token.slice(0, -1),
    token.replace('ava', 'avp'),
  ]) {
    assert.ok(!isWellFormedToken(text), JSON.stringify(text))
  }
})

test('hashToken and tokenHint: neither gives the token away', () => {
  const token = mintToken('ava')
  assert.match(hashToken(token), /^[0-9a-f]{64}$/)
  assert.equal(hashToken('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  assert.equal(tokenHint(token), `ava_…${token.slice(-4)}`)
})
