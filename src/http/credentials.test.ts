import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OwnerId } from '../domain/agent.ts'
import type { ApiKey } from '../domain/credential-ports.ts'
import type { KeyId } from '../domain/principal.ts'
import { hashToken, mintToken } from '../security/tokens.ts'
import { createCredentialLookup, readCredential } from './credentials.ts'

const KEY = mintToken('ava')

test('keys come as bearer or in X-Api-Key, not in both', () => {
  assert.deepEqual(readCredential({}), { kind: 'none' })
  assert.deepEqual(readCredential({ authorization: `Bearer ${KEY}` }), { kind: 'key', text: KEY })
  assert.deepEqual(readCredential({ authorization: `bearer  ${KEY}` }), { kind: 'key', text: KEY })
  assert.deepEqual(readCredential({ 'x-api-key': KEY }), { kind: 'key', text: KEY })
  assert.equal(readCredential({ authorization: `Bearer ${KEY}`, 'x-api-key': KEY }).kind, 'malformed')
})

test('what has not the form of a key is refused before anything is looked up', () => {
  for (const text of ['', 'x', `${KEY}x`, KEY.slice(0, -1), `avx_${KEY.slice(4)}`, `${KEY} ${KEY}`]) {
    assert.equal(readCredential({ authorization: `Bearer ${text}` }).kind, 'malformed', text)
  }
  assert.equal(readCredential({ authorization: 'Basic dXNlcjpwYXNz' }).kind, 'malformed')
})

function storeOfOneKey(): { key: ApiKey | undefined; asked: number; expiresAt: number | null } {
  return {
    asked: 0,
    expiresAt: null,
    key: {
      ...{ id: 'k' as KeyId, ownerId: 'o' as OwnerId, name: 'K', role: 'viewer', hint: '' },
      ...{ createdAt: 0, expiresAt: null, lastUsedAt: null, rotatedAt: null, revokedAt: null },
      ...{ suspendedAt: null, suspensionReason: null },
    },
  }
}

function lookupOver(store: ReturnType<typeof storeOfOneKey>) {
  const time = { ms: 1_000 }
  const lookup = createCredentialLookup({
    keys: {
      async findByHash(hash) {
        store.asked += 1
        assert.equal(hash, hashToken(KEY))
        return store.key
      },
      touch: async () => {},
    },
    tokens: { findByHash: async () => undefined, touch: async () => {} },
    sessions: { findByHash: async () => undefined },
    clock: {
      now: () => time.ms,
      monotonic: () => time.ms,
      after: () => assert.fail('nothing is timed'),
      soon: () => {},
    },
    onFault: (error) => assert.fail(String(error)),
  })
  return { lookup, time }
}

const PRESENTED = { kind: 'key', text: KEY } as const

test('a look-up is remembered for five seconds, so that a revocation elsewhere holds soon', async () => {
  const store = storeOfOneKey()
  const { lookup, time } = lookupOver(store)
  assert.equal((await lookup.find(PRESENTED))?.kind, 'key')
  store.key = undefined
  time.ms += 4_999
  assert.notEqual(await lookup.find(PRESENTED), undefined)
  time.ms += 1
  assert.equal(await lookup.find(PRESENTED), undefined)
  assert.equal(store.asked, 2)
})

test('a revocation in this process holds at once', async () => {
  const store = storeOfOneKey()
  const { lookup } = lookupOver(store)
  await lookup.find(PRESENTED)
  store.key = undefined
  lookup.forget()
  assert.equal(await lookup.find(PRESENTED), undefined)
})

test('after a change of credentials, one that was good is looked up again and still told from a guess', async () => {
  const store = storeOfOneKey()
  const { lookup } = lookupOver(store)
  await lookup.find(PRESENTED)
  lookup.forget()
  assert.equal(lookup.wasGood(KEY), true)
  assert.notEqual(await lookup.find(PRESENTED), undefined)
  assert.equal(store.asked, 2)
})

test('a look-up that a revocation overtakes is not remembered', async () => {
  const store = storeOfOneKey()
  const { lookup } = lookupOver(store)
  const overtaken = lookup.find(PRESENTED)
  lookup.forget()
  await overtaken
  assert.equal(lookup.wasGood(KEY), false)
})

test('a key that expires is refused from that moment, remembered or not', async () => {
  const store = storeOfOneKey()
  const { lookup, time } = lookupOver(store)
  if (store.key !== undefined) store.key = { ...store.key, expiresAt: 1_500 }
  assert.notEqual(await lookup.find(PRESENTED), undefined)
  store.key = undefined
  time.ms = 1_500
  assert.equal(await lookup.find(PRESENTED), undefined)
})

test('unknown keys are looked up each time and never count as good', async () => {
  const store = storeOfOneKey()
  store.key = undefined
  const { lookup } = lookupOver(store)
  await lookup.find(PRESENTED)
  await lookup.find(PRESENTED)
  assert.equal(store.asked, 2)
  assert.equal(lookup.wasGood(KEY), false)
})
