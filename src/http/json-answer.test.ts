import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeAgent, NOW } from '../../test/support/federation.ts'
import type { Agent } from '../domain/agent.ts'
import type { DiscoveredAgent, DiscoveryAnswer, FederationStats, PeerRow } from '../domain/discovery.ts'
import type { PeerId } from '../domain/peer.ts'
import { discoveryToWire } from '../wire/discovery.ts'
import { makeJsonAnswer } from './json-answer.ts'

const PEER = { peerId: 'p' as PeerId, name: 'Lumen', registryUrl: 'https://lumen.example' }
const ROW: PeerRow = {
  ...PEER,
  ...{ outcome: 'answered', results: 2, durationMs: 0, cache: 'hit', ageSeconds: 3, hasMore: false },
  ...{ scoring: null, droppedRecords: 0, error: null, reason: null, retryAt: null },
}
const STATS: FederationStats = {
  ...{ queriedRegistries: 1, successfulQueries: 1, failedQueries: 0, skippedRegistries: 0 },
  ...{ totalFederatedResults: 2, cacheHits: 1, isComplete: true, durationMs: 7, peers: [ROW] },
}

function found(agent: Agent, change: Partial<DiscoveredAgent> = {}): DiscoveredAgent {
  return {
    ...{ agent, score: 1.5, isFederated: true, alsoIn: [] },
    ...{ registryName: PEER.name, registryUrl: PEER.registryUrl },
    provenance: {
      ...{ origin: PEER.registryUrl, peerId: PEER.peerId, fetchedAt: NOW, ageSeconds: 3, isStale: false },
      verification: 'unverified',
    },
    ...change,
  }
}

const answerOf = (
  agents: readonly DiscoveredAgent[],
  rest: Partial<DiscoveryAnswer> = {},
): DiscoveryAnswer => ({
  ...{ agents, stats: STATS, nextCursor: null, warnings: [] },
  ...rest,
})

const plainly = (answer: DiscoveryAnswer): string => JSON.stringify(discoveryToWire(answer))

test('the bytes are those of the answer written at one go, whatever was written of its records before', () => {
  const agents = ['one', 'two', 'three'].map((id) =>
    makeAgent(id, { description: `"${id}" \u2028 \\ ü ${id}` }),
  )
  const change = fc.record(
    {
      score: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
      isFederated: fc.boolean(),
      registryName: fc.string(),
      registryUrl: fc.webUrl(),
      alsoIn: fc.array(fc.record({ registryName: fc.string(), registryUrl: fc.webUrl(), id: fc.string() })),
    },
    { requiredKeys: [] },
  )
  const result = fc
    .tuple(fc.constantFrom(...agents), change)
    .map(([agent, changed]) => found(agent, changed as Partial<DiscoveredAgent>))
  const rest = fc.record(
    {
      stats: fc.constantFrom(null, STATS),
      nextCursor: fc.option(fc.string()),
      warnings: fc.array(fc.string()),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.array(result, { maxLength: 4 }), rest, (results, others) => {
      const answer = answerOf(results, others)
      assert.equal(makeJsonAnswer(answer, NOW).body.toString(), plainly(answer))
    }),
  )
})

test('answers with other records, or records of a registry renamed since, have another tag', () => {
  const agent = makeAgent('one')
  const tagOf = (one: DiscoveredAgent): string => makeJsonAnswer(answerOf([one]), NOW).tag
  const tag = tagOf(found(agent))
  assert.equal(tagOf(found(makeAgent('one'))), tag)
  assert.notEqual(tagOf(found(makeAgent('one', { description: 'other' }))), tag)
  assert.notEqual(tagOf(found(agent, { registryName: 'Lumen of today' })), tag)
  assert.equal(tagOf(found(agent)), tag)
})
