import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { makeAgent, makePeer, NOW } from '../../test/support/federation.ts'
import { NO_FILTER, type PeerAnswer, type PeerOutcome } from '../domain/discovery.ts'
import type { MergeInput } from './merge.ts'
import { createRankMemory } from './rank-memory.ts'
import { createRecordFacts } from './record-facts.ts'

const PEER = makePeer('https://a.example')
const ANSWER: PeerAnswer = {
  ...{ agents: [makeAgent('translate')], statistics: null, hasMore: false, nextCursor: null },
  ...{ droppedRecords: 0, fetchedAt: NOW },
}

const STATISTICS = { documents: 7, documentFrequency: new Map([['translat', 1]]), isEstimated: false }

function answered(answer: PeerAnswer, cache: 'hit' | 'miss' | 'revalidating' = 'hit'): PeerOutcome {
  return { kind: 'answered', peerId: PEER.id, answer, cache, durationMs: 1 }
}

function inputOf(change: Partial<MergeInput> = {}): MergeInput {
  return {
    ...{ search: 'translate', filter: NO_FILTER, limit: 20, visibility: 'federated', local: null },
    ...{
      peers: [PEER],
      outcomes: [answered(ANSWER)],
      now: NOW,
      self: { name: 'Us', url: 'https://us.example' },
    },
    impactsOf: createRecordFacts().impactsFor('translate'),
    ...change,
  }
}

test('while the same is answered the order is the very same, however old it is', () => {
  const ranks = createRankMemory()
  const first = ranks.rank('key', inputOf())
  assert.equal(first.identities.length, 1)
  assert.equal(ranks.rank('key', inputOf({ now: NOW + 60_000 })), first)
  const looked = { ...PEER, health: { ...PEER.health, consecutiveFailures: 1 } }
  assert.equal(ranks.rank('key', inputOf({ peers: [looked] })), first, 'a look at the peer changes no result')
  for (const outcome of [
    answered(ANSWER, 'miss'),
    answered(ANSWER, 'revalidating'),
    answered({ ...ANSWER, fetchedAt: NOW + 60_000 }),
  ]) {
    assert.equal(ranks.rank('key', inputOf({ outcomes: [outcome] })), first)
  }
})

test('who answered first changes no order', () => {
  const ranks = createRankMemory()
  const other = makePeer('https://b.example')
  const outcomes: PeerOutcome[] = [
    answered(ANSWER),
    { ...answered({ ...ANSWER, agents: [makeAgent('translator')] }), peerId: other.id },
  ]
  const peers = [PEER, other]
  const first = ranks.rank('key', inputOf({ peers, outcomes }))
  assert.equal(ranks.rank('key', inputOf({ peers, outcomes: outcomes.toReversed() })), first)
})

test('peers that have nothing change the order only by what they say of the words', () => {
  const ranks = createRankMemory()
  const empty = (documents: number, cache?: 'revalidating'): PeerOutcome =>
    answered(
      {
        ...{ ...ANSWER, agents: [], fetchedAt: NOW + documents },
        statistics: { documents, documentFrequency: new Map([['translat', 0]]), isEstimated: false },
      },
      cache,
    )
  const first = ranks.rank('key', inputOf({ outcomes: [empty(7)] }))
  assert.equal(ranks.rank('key', inputOf({ outcomes: [empty(7)] })), first)
  assert.equal(ranks.rank('key', inputOf({ outcomes: [empty(7, 'revalidating')] })), first)
  assert.notEqual(ranks.rank('key', inputOf({ outcomes: [empty(8)] })), first)
})

test('other records or figures, a changed peer, other records of ours: each is a new order', () => {
  const local = { matches: [], statistics: null, hasMore: false }
  const failed: PeerOutcome = {
    ...{ kind: 'failed', peerId: PEER.id, reason: 'timeout', error: 'late', durationMs: 1 },
  }
  const changes: Partial<MergeInput>[] = [
    { outcomes: [answered({ ...ANSWER, agents: [...ANSWER.agents] })] },
    { outcomes: [answered({ ...ANSWER, statistics: STATISTICS })] },
    { outcomes: [failed] },
    { peers: [{ ...PEER, priority: 1, updatedAt: NOW + 1 }] },
    { local },
  ]
  for (const change of changes) {
    const ranks = createRankMemory()
    const first = ranks.rank('key', inputOf())
    const second = ranks.rank('key', inputOf(change))
    assert.notEqual(second, first)
    assert.equal(ranks.rank('key', inputOf(change)), second)
  }
})

test('questions do not share their order', () => {
  const ranks = createRankMemory()
  assert.notEqual(ranks.rank('one', inputOf()), ranks.rank('other', inputOf()))
})

test('orders take a bounded memory: with a thousand peers fewer are remembered', () => {
  const ranks = createRankMemory()
  const peers = Array.from({ length: 1_000 }, (_, place) => makePeer(`https://${place}.example`))
  const outcomes = peers.map(
    ({ id }): PeerOutcome => ({ ...answered({ ...ANSWER }), peerId: id }) as PeerOutcome,
  )
  const first = ranks.rank('first', inputOf({ peers, outcomes }))
  assert.equal(ranks.rank('first', inputOf({ peers, outcomes })), first)
  for (let search = 0; search < 60; search += 1) ranks.rank(`${search}`, inputOf({ peers, outcomes }))
  assert.notEqual(ranks.rank('first', inputOf({ peers, outcomes })), first)
})

test('orders of large records, which a peer may send anew each time, are remembered as long as they fit', () => {
  const ranks = createRankMemory()
  const large = (place: number): MergeInput => {
    const agents = [makeAgent(`translate ${place}`, { description: 'x'.repeat(500_000) })]
    return inputOf({ outcomes: [answered({ ...ANSWER, agents })] })
  }
  const inputs = Array.from({ length: 8 }, (_, place) => large(place))
  const orders = inputs.map((input, place) => {
    const order = ranks.rank(`${place}`, input)
    assert.equal(ranks.rank(`${place}`, input), order, 'the last one fits')
    return order
  })
  const isRemembered = inputs.map((input, place) => ranks.rank(`${place}`, input) === orders[place])
  // Looking for one that is forgotten remembers it anew, so all are when the first is.
  assert.deepEqual(new Set(isRemembered), new Set([false]))
})

test('no answer is kept in memory for its order’s sake', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const ranks = createRankMemory()
  const rankOne = (): WeakRef<PeerAnswer> => {
    const answer = { ...ANSWER, agents: [makeAgent('translate')] }
    ranks.rank('key', inputOf({ outcomes: [answered(answer)] }))
    return new WeakRef(answer)
  }
  const reference = rankOne()
  await new Promise(setImmediate) // a reference holds until the job that made it ends
  collect()
  assert.equal(reference.deref(), undefined)
})
