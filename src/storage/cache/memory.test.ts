import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createManualClock, makeAgent, NOW } from '../../../test/support/federation.ts'
import type { PeerId } from '../../domain/peer.ts'
import type { KeptAnswer } from '../../domain/ports.ts'
import { createMemoryResultCache } from './memory.ts'

function answerOf(descriptionChars: number): KeptAnswer {
  const agents = [makeAgent('one', { description: 'x'.repeat(descriptionChars) })]
  const answer = {
    agents,
    statistics: null,
    hasMore: false,
    nextCursor: null,
    droppedRecords: 0,
    fetchedAt: NOW,
  }
  return { answer, etag: null, bodyBytes: descriptionChars }
}

test('an answer is kept, the very same object, until its time is over', () => {
  const clock = createManualClock()
  const cache = createMemoryResultCache({ maxBytes: 1_000_000, clock })
  const answer = answerOf(10)
  cache.put('a:1', answer, 30)
  clock.advance(30_000)
  assert.equal(cache.get('a:1'), answer)
  clock.advance(1)
  assert.equal(cache.get('a:1'), undefined)
})

test('a time of zero keeps nothing', () => {
  const cache = createMemoryResultCache({ maxBytes: 1_000_000, clock: createManualClock() })
  cache.put('a:1', answerOf(10), 0)
  assert.equal(cache.get('a:1'), undefined)
})

test('one peer is forgotten without the others', () => {
  const cache = createMemoryResultCache({ maxBytes: 1_000_000, clock: createManualClock() })
  for (const key of ['a:1', 'a:2', 'ab:1']) cache.put(key, answerOf(10), 60)
  cache.forgetPeer('a' as PeerId)
  assert.deepEqual(
    ['a:1', 'a:2', 'ab:1'].map((key) => cache.get(key) !== undefined),
    [false, false, true],
  )
})

test('memory is bounded: what was not used for longest goes, and a huge answer is not kept', () => {
  const cache = createMemoryResultCache({ maxBytes: 100_000, clock: createManualClock() })
  for (let index = 0; index < 20; index += 1) cache.put(`a:${index}`, answerOf(2_000), 60)
  assert.equal(cache.get('a:0'), undefined)
  assert.ok(cache.get('a:19') !== undefined)
  cache.put('a:huge', answerOf(4_000), 60)
  assert.equal(cache.get('a:huge'), undefined)
  assert.ok(cache.get('a:19') !== undefined)
})
