import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeAgent, NOW } from '../../test/support/federation.ts'
import type { PeerRow } from '../domain/discovery.ts'
import type { PeerId } from '../domain/peer.ts'
import { discoveryToWire } from './discovery.ts'

const ROW: PeerRow = {
  peerId: 'p1' as PeerId,
  name: 'Partner',
  registryUrl: 'https://partner.example',
  outcome: 'answered',
  results: 25,
  durationMs: 41,
  cache: 'hit',
  ageSeconds: 12,
  hasMore: true,
  error: null,
  reason: null,
  retryAt: null,
  scoring: 'pooled',
  droppedRecords: 2,
}
const NONE = {
  results: 0,
  durationMs: null,
  cache: null,
  ageSeconds: null,
  hasMore: false,
  scoring: null,
} as const

test('an answer is written with its account, and members without a value are left out', () => {
  const failed: PeerRow = {
    ...ROW,
    ...NONE,
    outcome: 'timeout',
    durationMs: 1500,
    error: 'no answer',
    droppedRecords: 0,
  }
  const skipped: PeerRow = {
    ...ROW,
    ...NONE,
    outcome: 'skipped',
    reason: 'breaker-open',
    retryAt: NOW,
    droppedRecords: 0,
  }
  const wire = discoveryToWire({
    agents: [
      {
        agent: makeAgent('one'),
        isFederated: true,
        registryName: 'Partner',
        registryUrl: 'https://partner.example',
        score: 12.7,
        provenance: {
          origin: 'https://partner.example',
          peerId: 'p1' as PeerId,
          fetchedAt: NOW,
          ageSeconds: 12,
          isStale: false,
          verification: 'unverified',
          mixedScripts: ['name'],
        },
        alsoIn: [{ registryName: 'C', registryUrl: 'https://c.example', id: 'x' }],
      },
    ],
    stats: {
      queriedRegistries: 2,
      successfulQueries: 1,
      failedQueries: 1,
      skippedRegistries: 1,
      totalFederatedResults: 25,
      cacheHits: 1,
      isComplete: false,
      durationMs: 212,
      peers: [ROW, failed, skipped],
    },
    nextCursor: null,
    warnings: [],
  })
  const [agent] = wire.agents
  assert.equal(agent?.is_federated, true)
  assert.equal(agent?.registry_name, 'Partner')
  assert.equal(agent?.score, 12.7)
  assert.deepEqual(agent?.provenance, {
    ...{ origin: 'https://partner.example', peer_id: 'p1', fetched_at: '2026-11-23T12:00:00.000Z' },
    ...{ age_seconds: 12, stale: false, verification: 'unverified', mixed_scripts: ['name'] },
  })
  assert.deepEqual(agent?.also_in, [{ registry_name: 'C', registry_url: 'https://c.example', id: 'x' }])
  const named = { peer_id: 'p1', name: 'Partner', registry_url: 'https://partner.example' }
  const answered = {
    outcome: 'answered',
    results: 25,
    duration_ms: 41,
    cache: 'hit',
    age_seconds: 12,
    more: true,
  }
  assert.deepEqual(wire.federation_stats, {
    ...{ queried_registries: 2, successful_queries: 1, failed_queries: 1, skipped_registries: 1 },
    ...{ total_federated_results: 25, cache_hits: 1, complete: false, duration_ms: 212 },
    peers: [
      { ...named, ...answered, scoring: 'pooled', dropped_records: 2 },
      { ...named, outcome: 'timeout', results: 0, duration_ms: 1500, error: 'no answer' },
      { ...named, outcome: 'skipped', reason: 'breaker-open', retry_at: '2026-11-23T12:00:00.000Z' },
    ],
  })
  assert.equal(wire.next_cursor, null)
  assert.ok(!('warnings' in wire))
})

test('a search of this registry alone has no federation_stats, and one without words no scores', () => {
  const provenance = {
    ...{ origin: 'https://us.example', peerId: null, fetchedAt: NOW, ageSeconds: 0, isStale: false },
    verification: 'unverified' as const,
  }
  const found = {
    agent: makeAgent('one'),
    isFederated: false,
    registryName: 'Us',
    registryUrl: 'https://us.example',
  }
  const wire = discoveryToWire({
    agents: [{ ...found, score: null, provenance, alsoIn: [] }],
    ...{ stats: null, nextCursor: null, warnings: ['Federation is off.'] },
  })
  assert.ok(!('federation_stats' in wire))
  assert.ok(!('score' in (wire.agents[0] ?? {})))
  assert.ok(!('peer_id' in (wire.agents[0]?.provenance ?? {})))
  assert.deepEqual(wire.warnings, ['Federation is off.'])
})
