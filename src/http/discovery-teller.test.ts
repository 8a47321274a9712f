import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyEvents } from '../../test/support/events.ts'
import { makeAgent, makePeer, NOW } from '../../test/support/federation.ts'
import type { DiscoveredAgent, DiscoveryAnswer, FederationStats, PeerRow } from '../domain/discovery.ts'
import { resultKey } from '../domain/discovery.ts'
import { discoveryToWire } from '../wire/discovery.ts'
import type { WireDiscoveryEvent } from '../wire/discovery-events.ts'
import { createDiscoveryTeller } from './discovery-teller.ts'

const PEER = makePeer('https://lumen.example', { name: 'Lumen' })

function found(id: string, { isFederated = false, score = 1, ageSeconds = 0 } = {}): DiscoveredAgent {
  const registryUrl = isFederated ? PEER.registryUrl : 'https://harbor.example'
  return {
    ...{ agent: makeAgent(id), isFederated, registryUrl, registryName: 'Some', score, alsoIn: [] },
    provenance: {
      ...{ origin: registryUrl, peerId: isFederated ? PEER.id : null, fetchedAt: NOW, ageSeconds },
      ...{ isStale: false, verification: 'unverified' },
    },
  }
}

function row(outcome: PeerRow['outcome']): PeerRow {
  return {
    ...{ peerId: PEER.id, name: PEER.name, registryUrl: PEER.registryUrl, outcome, results: 0 },
    ...{ durationMs: 7, cache: null, ageSeconds: null, hasMore: false, error: null, reason: null },
    ...{ retryAt: null, scoring: null, droppedRecords: 0 },
  }
}

function statsWith(peers: readonly PeerRow[]): FederationStats {
  return {
    ...{ queriedRegistries: 1, successfulQueries: 1, failedQueries: 0, skippedRegistries: 0 },
    ...{ totalFederatedResults: 1, cacheHits: 0, isComplete: true, durationMs: 9, peers },
  }
}

function answerOf(agents: readonly DiscoveredAgent[], stats: FederationStats | null = null): DiscoveryAnswer {
  return { agents, stats, nextCursor: null, warnings: [] }
}

function startTelling(includeLocal = true) {
  const events: WireDiscoveryEvent[] = []
  const teller = createDiscoveryTeller((event) => events.push(event), { includeLocal })
  return { events, teller, kinds: () => events.map(({ event }) => event) }
}

test('a search that told nothing is told whole from its answer', () => {
  const { events, teller, kinds } = startTelling()
  const answer = answerOf(
    [found('a', { isFederated: true }), found('b')],
    statsWith([row('answered'), { ...row('skipped'), reason: 'not-selected' }]),
  )
  teller.finish(answer)
  assert.deepEqual(kinds(), ['plan', 'local', 'peer', 'merge', 'done'])
  assert.deepEqual(applyEvents(events), discoveryToWire(answer))
  const [plan, local] = events
  assert.ok(plan?.event === 'plan' && local?.event === 'local')
  assert.deepEqual([plan.peers.length, plan.skipped.length], [1, 1])
  assert.deepEqual(
    local.agents.map(({ key }) => key),
    ['https://harbor.example#b'],
  )
})

test('a search of our own records has no plan, and one without results no merge', () => {
  const { events, teller, kinds } = startTelling()
  teller.finish(answerOf([]))
  assert.deepEqual(kinds(), ['local', 'done'])
  assert.deepEqual(applyEvents(events).agents, [])
})

test('where our own records were not asked for, none are told', () => {
  const { teller, kinds } = startTelling(false)
  teller.finish(answerOf([found('a', { isFederated: true })], statsWith([row('answered')])))
  assert.deepEqual(kinds(), ['plan', 'peer', 'merge', 'done'])
})

test('what was told while the search ran is not told again', () => {
  const { events, teller, kinds } = startTelling()
  const [one, other] = [found('a'), found('b', { isFederated: true, score: 2 })]
  teller.progress({ kind: 'plan', asked: [{ peer: PEER, deadlineMs: 1_500 }], skipped: [] })
  teller.progress({ kind: 'local', agents: [one] })
  teller.progress({ kind: 'merge', upserts: [one], order: [resultKey(one)] })
  teller.progress({ kind: 'peer', row: row('answered') })
  teller.progress({ kind: 'merge', upserts: [other], order: [resultKey(other), resultKey(one)] })
  const answer = answerOf([other, one], statsWith([row('answered')]))
  teller.finish(answer)
  assert.deepEqual(kinds(), ['plan', 'local', 'merge', 'peer', 'merge', 'done'])
  assert.deepEqual(applyEvents(events), discoveryToWire(answer))
})

for (const [what, agents] of [
  ['another order', [found('b'), found('a')]],
  ['a result less', [found('a')]],
  ['no result', []],
  ['a result that shows otherwise', [found('a'), found('b', { ageSeconds: 3 })]],
] as const) {
  test(`where the last merge told is not the answer, what it lacks follows: ${what}`, () => {
    const { events, teller } = startTelling()
    const told = [found('a'), found('b')]
    teller.progress({ kind: 'merge', upserts: told, order: told.map(resultKey) })
    const answer = answerOf(agents)
    teller.finish(answer)
    assert.deepEqual(applyEvents(events), discoveryToWire(answer))
    const lacking = events.findLast(({ event }) => event === 'merge')
    assert.ok(lacking?.event === 'merge' && lacking.upserts.length <= 1)
  })
}
