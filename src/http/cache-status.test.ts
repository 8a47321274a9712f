import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FederationStats, PeerRow } from '../domain/discovery.ts'
import type { PeerId } from '../domain/peer.ts'
import { type AnswerOrigin, cacheName, cacheStatus, serverTiming } from './cache-status.ts'

function row(changes: Partial<PeerRow> = {}): PeerRow {
  return {
    ...{ peerId: 'p' as PeerId, name: 'Lumen', registryUrl: 'https://lumen.example', outcome: 'answered' },
    ...{ results: 3, durationMs: 41, cache: 'miss', ageSeconds: 0, hasMore: false, error: null },
    ...{ reason: null, retryAt: null, scoring: null, droppedRecords: 0 },
    ...changes,
  }
}

function statsOf(...peers: readonly PeerRow[]): FederationStats {
  return { peers } as unknown as FederationStats
}

function statusOf(stats: FederationStats | null, origin: Partial<AnswerOrigin> = {}): string {
  const about = { from: 'search', forceRefresh: false, cacheTtlSeconds: 300, ...origin } as const
  return cacheStatus('here', { stats, ...about })
}

const HIT = row({ cache: 'hit', ageSeconds: 12 })
const REVALIDATING = row({ cache: 'revalidating', ageSeconds: 320 })
const OVERTAKEN = row({ cache: 'revalidating', ageSeconds: 12 })
const MISS = row()
const STALE = row({ outcome: 'stale', cache: null, ageSeconds: 900 })
const TIMEOUT = row({ outcome: 'timeout', cache: null, ageSeconds: null, results: 0 })
const SKIPPED = row({ outcome: 'skipped', cache: null, durationMs: null, reason: 'not-selected' })
const EMPTY = row({ cache: 'hit', ageSeconds: 12, results: 0 })

for (const [what, stats, expected] of [
  ['all peers from the cache', statsOf(HIT, HIT, SKIPPED), 'here; hit; ttl=288'],
  ['a peer that had nothing, kept half a minute', statsOf(HIT, EMPTY), 'here; hit; ttl=18'],
  ['a copy shown while it is renewed', statsOf(HIT, REVALIDATING), 'here; hit; ttl=-20'],
  ['a copy the peer has changed since', statsOf(HIT, OVERTAKEN), 'here; hit; ttl=-1'],
  ['peers that were asked', statsOf(MISS, TIMEOUT), 'here; fwd=miss'],
  ['some of both', statsOf(HIT, MISS, HIT), 'here; fwd=miss; detail="2 of 3 peers from the cache"'],
  ['an old copy for a peer that failed', statsOf(MISS, STALE), 'here; fwd=stale'],
  ['nobody to ask', statsOf(SKIPPED), 'here; fwd=miss'],
  ['our own records', null, 'here; fwd=miss'],
] as const) {
  test(`Cache-Status of an answer with ${what}: ${expected}`, () => {
    assert.equal(statusOf(stats), expected)
  })
}

test('bytes that were ready are a hit; who joined others is told so; who passed the caches, too', () => {
  assert.equal(statusOf(null, { from: 'prepared' }), 'here; hit; ttl=1')
  assert.equal(statusOf(statsOf(HIT), { from: 'prepared' }), 'here; hit; ttl=288')
  assert.equal(statusOf(statsOf(MISS), { from: 'joined' }), 'here; fwd=miss; collapsed')
  assert.equal(statusOf(statsOf(MISS), { forceRefresh: true }), 'here; fwd=request')
})

test('the name of this cache is its host, quoted where it is no token', () => {
  assert.equal(cacheName('https://registry.example/some/path'), 'registry.example')
  assert.equal(cacheName('http://localhost:8080'), 'localhost:8080')
  assert.equal(cacheName('http://127.0.0.1:8080'), '"127.0.0.1:8080"')
  assert.equal(cacheName('http://[::1]:8080'), '"[::1]:8080"')
})

test('Server-Timing tells of the slowest peer, or of our own search, and of all of it', () => {
  assert.equal(
    serverTiming(statsOf(row({ durationMs: 7 }), row({ durationMs: 41 }), SKIPPED), 43.21),
    'peers;dur=41, total;dur=43.2',
  )
  assert.equal(serverTiming(statsOf(SKIPPED), 1), 'total;dur=1.0')
  assert.equal(serverTiming(null, 1), 'local;dur=1.0, total;dur=1.0')
})
