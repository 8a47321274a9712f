import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makePeer } from '../../test/support/federation.ts'
import { NO_FILTER } from '../domain/discovery.ts'
import { agentvault } from './protocols/agentvault.ts'
import type { PeerRequest } from './protocols/protocol.ts'
import { createQueryKeys, normalizeRequest } from './query-key.ts'

const PEER = makePeer('https://a.example', { name: 'Alpha' })
const REQUEST: PeerRequest = {
  search: 'café translator',
  filter: { agentType: 'a2a', tags: ['nlp', 'text'], status: 'active', provider: 'Acme' },
  limit: 50,
  visibility: 'federated',
  cursor: null,
  reference: null,
}

function keyOf(change: Partial<PeerRequest>, peer = PEER, protocol = agentvault): string {
  return createQueryKeys(normalizeRequest({ ...REQUEST, ...change }))(peer, protocol)
}

test('a key is the peer, its epoch and a SHA-256, and equal questions have one', () => {
  assert.match(keyOf({}), /^peer-Alpha:0\.[0-9a-f]{64}$/)
  const filter = {
    agentType: 'A2A',
    tags: ['Text', 'nlp', 'NLP'],
    status: 'active',
    provider: ' ACME',
  } as const
  assert.equal(keyOf({ search: 'cafe\u0301 translator', filter }), keyOf({}))
})

test('everything that changes the answer changes the key', () => {
  const keys = [
    keyOf({}),
    keyOf({ search: 'café translator ' }),
    keyOf({ search: null }),
    keyOf({ search: '' }),
    keyOf({ limit: 20 }),
    keyOf({ visibility: 'public' }),
    keyOf({ filter: NO_FILTER }),
    keyOf({ filter: { ...NO_FILTER, tags: ['a2a'] } }),
    keyOf({ filter: { ...NO_FILTER, tags: ['a', 'b'] } }),
    keyOf({ filter: { ...NO_FILTER, tags: ['a,b'] } }),
    keyOf({ filter: { ...NO_FILTER, agentType: 'a2a' } }),
    keyOf({ filter: { ...NO_FILTER, provider: 'a2a' } }),
    keyOf({}, { ...PEER, epoch: 1 }),
    keyOf({}, makePeer('https://a.example', { name: 'Beta' })),
    keyOf({}, PEER, { ...agentvault, version: 2 }),
  ]
  assert.equal(new Set(keys).size, keys.length)
})
