import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makePeer, NOW } from '../../test/support/federation.ts'
import type { PeerOutcome } from '../domain/discovery.ts'
import { outcomeOf, type Source, take } from './walk-source.ts'
import { START } from './walk-state.ts'

const PEER = makePeer('https://a.example')

function answered(cache: 'hit' | 'miss' | 'revalidating', nextCursor: string | null): PeerOutcome {
  const answer = { agents: [], statistics: null, hasMore: false, nextCursor, droppedRecords: 0, fetchedAt: 0 }
  return { kind: 'answered', peerId: PEER.id, answer, cache, durationMs: 1 }
}

function cacheAfter(...pages: readonly PeerOutcome[]): unknown {
  const source: Source = { peer: PEER, position: START, pages: [], outcome: null }
  for (const page of pages) take(source, page)
  const [outcome] = outcomeOf(source, NOW)
  return outcome?.kind === 'answered' && outcome.cache
}

test('pages of which one is shown beyond its time are all told as that', () => {
  assert.equal(cacheAfter(answered('revalidating', 'x'), answered('hit', null)), 'revalidating')
  assert.equal(cacheAfter(answered('revalidating', 'x'), answered('miss', null)), 'revalidating')
  assert.equal(cacheAfter(answered('miss', 'x'), answered('hit', null)), 'miss')
  assert.equal(cacheAfter(answered('hit', 'x'), answered('hit', null)), 'hit')
})
