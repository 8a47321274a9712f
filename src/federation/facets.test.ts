import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeAgent } from '../../test/support/federation.ts'
import type { PeerId } from '../domain/peer.ts'
import { countFacets, mostMatches } from './facets.ts'

const A = 'a' as PeerId

test('values are counted without case, under their most usual spelling, the most frequent first', () => {
  const agents = [
    makeAgent('1', { tags: ['NLP', 'text'], provider: { organization: 'Acme', url: null } }),
    makeAgent('2', { tags: ['nlp'], agentType: 'mcp-server' }),
    makeAgent('3', { tags: ['nlp', 'nlp'], agentType: 'mcp-server' }),
  ]
  const { agentTypes, tags, providers } = countFacets(agents, [{ peerId: null, matching: 3, most: 3 }])
  assert.deepEqual(agentTypes, [
    { value: 'mcp-server', atLeast: 2, atMost: 2 },
    { value: 'a2a', atLeast: 1, atMost: 1 },
  ])
  assert.deepEqual(
    tags.map(({ value, atLeast }) => [value, atLeast]),
    [
      ['nlp', 3],
      ['text', 1],
    ],
  )
  assert.deepEqual(providers, [{ value: 'Acme', atLeast: 1, atMost: 1 }])
})

test('what registries may have beyond what is at hand widens every count', () => {
  const { agentTypes, registries } = countFacets(
    [makeAgent('1'), makeAgent('2')],
    [
      { peerId: null, matching: 1, most: 1 },
      { peerId: A, matching: 1, most: 40 },
    ],
  )
  assert.deepEqual(agentTypes, [{ value: 'a2a', atLeast: 2, atMost: 41 }])
  assert.deepEqual(registries, [
    { peerId: null, atLeast: 1, atMost: 1 },
    { peerId: A, atLeast: 1, atMost: 40 },
  ])
})

test('a registry that did not answer makes the upper ends unknown', () => {
  const { agentTypes, registries } = countFacets(
    [makeAgent('1')],
    [
      { peerId: null, matching: 1, most: 1 },
      { peerId: A, matching: 0, most: null },
    ],
  )
  assert.deepEqual(agentTypes, [{ value: 'a2a', atLeast: 1, atMost: null }])
  assert.deepEqual(registries[1], { peerId: A, atLeast: 0, atMost: null })
})

test('no more can match than there are, nor than hold any word of the search', () => {
  const documentFrequency = new Map([
    ['nlp', 3],
    ['age', 4],
    ['age*', 5],
  ])
  assert.equal(mostMatches({ documents: 100, documentFrequency, isEstimated: false }), 12)
  assert.equal(mostMatches({ documents: 10, documentFrequency, isEstimated: false }), 10)
  assert.equal(mostMatches({ documents: 10, documentFrequency, isEstimated: true }), null)
  assert.equal(mostMatches(null), null)
})
