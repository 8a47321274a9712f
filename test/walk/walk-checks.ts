/** What a walk owes: nothing twice, nothing left out, in the one order. */
import assert from 'node:assert/strict'
import type { Agent } from '../../src/domain/agent.ts'
import type { DiscoveredAgent, DiscoveryAnswer, PeerOutcome } from '../../src/domain/discovery.ts'
import { mergeAnswers } from '../../src/federation/merge.ts'
import { createRecordFacts } from '../../src/federation/record-facts.ts'
import type { Statistics } from '../../src/search/score.ts'
import { NOW } from '../support/federation.ts'
import type { WalkWorld } from './walk-world.ts'

/** All names a result goes by, smallest first: equal for two results of one agent, whichever copy is shown. */
export function nameOf({ agent, alsoIn }: Pick<DiscoveredAgent, 'agent' | 'alsoIn'>): string {
  return [agent.id, ...alsoIn.map(({ id }) => id)].sort()[0] ?? ''
}

export function addressOf({ agent }: Pick<DiscoveredAgent, 'agent'>): string {
  return agent.endpoints[0]?.url ?? ''
}

/** The answer in one piece, from what each registry would have said without pages. */
export function wholeAnswer(
  { query, peers, registries, own }: WalkWorld,
  statistics: Statistics | null,
  isThere: (agent: Agent, registry: number) => boolean = () => true,
): readonly DiscoveredAgent[] {
  const facts = createRecordFacts()
  const outcomes = registries.map(({ agents }, place): PeerOutcome => {
    const there = agents.filter((agent) => isThere(agent, place))
    const rest = { statistics: null, hasMore: false, nextCursor: null, droppedRecords: 0, fetchedAt: NOW }
    const peerId = peers[place]?.id ?? assert.fail('a registry is no peer')
    return { kind: 'answered', peerId, answer: { agents: there, ...rest }, cache: 'miss', durationMs: 1 }
  })
  return mergeAnswers({
    ...{ search: query.search, filter: query.filter, limit: 100_000, visibility: 'federated' },
    local: { matches: own.map((agent) => ({ agent, score: null })), statistics: null, hasMore: false },
    ...{ peers, outcomes, now: NOW, self: { name: 'Us', url: 'https://us.example' } },
    impactsOf: facts.impactsFor(query.search ?? ''),
    walk: { statistics, isShown: () => false },
  }).agents
}

export function assertNothingTwice(pages: readonly DiscoveryAnswer[]): void {
  const seen = new Set<string>()
  for (const { agents } of pages) {
    for (const found of agents) {
      for (const id of [found.agent.id, ...found.alsoIn.map((copy) => copy.id)]) {
        assert.ok(!seen.has(id), `${id} is shown twice`)
        seen.add(id)
      }
    }
  }
}

/** Every page's account adds up and names every peer. */
export function assertAccounts(pages: readonly DiscoveryAnswer[], { peers }: WalkWorld): void {
  for (const { stats } of pages) {
    assert.ok(stats)
    assert.deepEqual(stats.peers.map(({ peerId }) => peerId).sort(), peers.map(({ id }) => id).sort())
    assert.equal(stats.queriedRegistries, stats.successfulQueries + stats.failedQueries)
    assert.equal(
      stats.isComplete,
      stats.peers.every(({ outcome }) => outcome === 'answered'),
    )
    assert.equal(
      stats.totalFederatedResults,
      stats.peers.reduce((sum, { results }) => sum + results, 0),
    )
  }
}
