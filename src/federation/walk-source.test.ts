import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeAgent, makePeer, NOW } from '../../test/support/federation.ts'
import type { PeerOutcome } from '../domain/discovery.ts'
import { hasMore, outcomeOf, positionAfter, recordsOf, type Source, take } from './walk-source.ts'
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

test('a record that moved from one page to the next is there once, as it was sent last', () => {
  const source: Source = { peer: PEER, position: START, pages: [], outcome: null }
  const page = (
    ids: readonly string[],
    more: { fetchedAt: number; nextCursor: string | null },
  ): PeerOutcome => {
    const agents = ids.map((id) => makeAgent(id, { description: `at ${more.fetchedAt}` }))
    const answer = { ...{ agents, statistics: null, hasMore: false, droppedRecords: 0 }, ...more }
    return { kind: 'answered', peerId: PEER.id, answer, cache: 'miss', durationMs: 1 }
  }
  take(source, page(['a', 'b'], { fetchedAt: 1, nextCursor: 'x' }))
  take(source, page(['b', 'c'], { fetchedAt: 2, nextCursor: 'y' }))
  take(source, page(['c', 'd'], { fetchedAt: 1, nextCursor: null }))
  const shown = recordsOf(source).map(({ id, description }) => `${id} ${description}`)
  assert.deepEqual(shown.sort(), ['a at 1', 'b at 2', 'c at 2', 'd at 1'])
  const [outcome] = outcomeOf(source, NOW)
  assert.ok(outcome?.kind === 'answered')
  assert.equal(outcome.answer.agents.length, 4)
})

test('a cursor that leads back to a page at hand leads nowhere', () => {
  for (const cursors of [
    ['again', 'again'],
    ['x', 'y', 'x'],
    ['x', 'y', 'start'],
  ]) {
    const position = { kind: 'at', cursor: 'start', pages: 1 } as const
    const source: Source = { peer: PEER, position, pages: [], outcome: null }
    for (const cursor of cursors) {
      assert.ok(source.pages.length === 0 || hasMore(source))
      take(source, answered('miss', cursor))
    }
    assert.equal(hasMore(source), false, cursors.join())
    assert.deepEqual(
      positionAfter(source, () => true),
      { kind: 'end' },
    )
  }
})
