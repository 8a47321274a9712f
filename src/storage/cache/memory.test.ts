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

test('a record that many answers hold counts once, until the last of them goes', () => {
  const cache = createMemoryResultCache({ maxBytes: 200_000, clock: createManualClock() })
  const { answer, ...rest } = answerOf(2_000)
  const same = () => ({ ...rest, answer: { ...answer } })
  for (let index = 0; index < 150; index += 1) cache.put(`a:${index}`, same(), 60)
  assert.ok(cache.get('a:0') !== undefined, '150 answers are little more than their one record')
  for (let index = 0; index < 40; index += 1) cache.put(`b:${index}`, answerOf(2_000), 60)
  assert.equal(cache.get('b:0'), undefined)
  cache.forgetPeer('a' as PeerId)
  cache.forgetPeer('b' as PeerId)
  for (let index = 0; index < 18; index += 1) cache.put(`c:${index}`, answerOf(2_000), 60)
  assert.ok(cache.get('c:0') !== undefined, 'what was forgotten takes no room')
})

test('an answer that replaces another takes its room', () => {
  const cache = createMemoryResultCache({ maxBytes: 100_000, clock: createManualClock() })
  cache.put('b:1', answerOf(10), 60)
  for (let index = 0; index < 200; index += 1) cache.put('a:1', answerOf(2_000), 60)
  assert.ok(cache.get('b:1') !== undefined)
})
