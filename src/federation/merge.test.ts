import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeAgent, makePeer, NOW, statisticsOf } from '../../test/support/federation.ts'
import type { Agent, Did, Endpoint, Visibility } from '../domain/agent.ts'
import { NO_FILTER, type PeerAnswer, type PeerOutcome } from '../domain/discovery.ts'
import type { Peer } from '../domain/peer.ts'
import { countStatistics } from '../search/exact-search.ts'
import { createScorer, scoreTerms } from '../search/score.ts'
import { parseQuery } from '../search/tokenize.ts'
import { accountFor } from './account.ts'
import { type Merged, type MergeInput, mergeAnswers } from './merge.ts'
import { createRecordFacts, scorable } from './record-facts.ts'

const SELF = { name: 'Us', url: 'https://us.example' }
const A = makePeer('https://a.example', { name: 'A' })
const B = makePeer('https://b.example', { name: 'B' })

function at(...urls: string[]): { readonly endpoints: readonly Endpoint[] } {
  return { endpoints: urls.map((url) => ({ url, protocol: 'a2a', binding: null })) }
}

function answered(peer: Peer, agents: readonly Agent[], change: Partial<PeerAnswer> = {}): PeerOutcome {
  const answer = {
    agents,
    statistics: null,
    hasMore: false,
    nextCursor: null,
    droppedRecords: 0,
    fetchedAt: NOW - 12_000,
    ...change,
  }
  return { kind: 'answered', peerId: peer.id, answer, cache: 'miss', durationMs: 5 }
}

function merge(change: Partial<MergeInput>): Merged {
  const search = change.search ?? null
  return mergeAnswers({
    ...{ search, filter: NO_FILTER, limit: 100, visibility: 'federated', local: null, self: SELF, now: NOW },
    ...{ peers: [A, B], outcomes: [], impactsOf: createRecordFacts().impactsFor(search ?? '') },
    ...change,
  })
}

function localOf(agents: readonly Agent[], search: string | null = null): MergeInput['local'] {
  if (search === null)
    return { matches: agents.map((agent) => ({ agent, score: null })), statistics: null, hasMore: false }
  const statistics = statisticsOf(agents, search)
  const scorer = createScorer(parseQuery(search), statistics)
  const scored = agents.map((agent) => ({ agent, score: scorer.scoreImpacts(scoreTerms(scorable(agent))) }))
  return { matches: scored.filter(({ score }) => score > 0), statistics, hasMore: false }
}

function names(merged: Merged): string[] {
  return merged.agents.map(({ agent }) => agent.name)
}

test('all records are scored with the summed statistics, as one index over everything would', () => {
  const search = 'translate document '
  const here = [makeAgent('translate'), makeAgent('weather'), makeAgent('document store')]
  const there = [makeAgent('translate document'), makeAgent('translate'), makeAgent('translate text')].map(
    (agent, index) => ({ ...agent, did: `did:web:a.example:agents:${index}` as Did }),
  )
  const merged = merge({
    search,
    local: localOf(here, search),
    outcomes: [answered(A, there, { statistics: statisticsOf(there, search) })],
  })
  const everything = [...here, ...there].map((agent) => ({
    did: agent.did,
    impacts: scoreTerms(scorable(agent)),
  }))
  const scorer = createScorer(parseQuery(search), countStatistics(everything, parseQuery(search)))
  for (const { agent, score } of merged.agents) {
    assert.equal(score, scorer.scoreImpacts(scoreTerms(scorable(agent))))
  }
  assert.equal(names(merged)[0], 'translate document')
  assert.equal(merged.agents.length, 5)
  assert.equal(merged.pooled.size, 0)
})

test('a record without a word of the query is dropped, whatever its registry thinks of it', () => {
  const merged = merge({
    search: 'translate',
    outcomes: [answered(A, [makeAgent('spam'), makeAgent('translate')])],
  })
  assert.deepEqual(names(merged), ['translate'])
})

test('figures that the records beside them disprove are not counted, and the row says so', () => {
  const search = 'translate '
  const there = [makeAgent('translate one'), makeAgent('translate two')]
  const liar = { documents: 1_000_000, documentFrequency: new Map([['translat', 0]]), isEstimated: false }
  const local = localOf([makeAgent('translate', { did: 'did:web:us.example:agents:1' as Did })], search)
  const merged = merge({ search, local, outcomes: [answered(A, there, { statistics: liar })] })
  assert.deepEqual([...merged.pooled], [A.id])
  const honest = createScorer(parseQuery(search), statisticsOf([makeAgent('translate')], search))
  const shown = merged.agents.find(({ isFederated }) => !isFederated)
  assert.equal(shown?.score, honest.scoreImpacts(scoreTerms(scorable(makeAgent('translate')))))
})

test('where nobody has figures, the records at hand are counted', () => {
  const merged = merge({ search: 'translate', outcomes: [answered(A, [makeAgent('translate')])] })
  assert.ok((merged.agents[0]?.score ?? 0) > 0)
  assert.deepEqual([...merged.pooled], [A.id])
})

test('copies of one agent are one result: ours is shown, with the score of the best copy, no sum', () => {
  const search = 'translate'
  const ours = makeAgent('translate', {
    did: 'did:web:us.example:agents:1' as Did,
    ...at('https://t.example/a2a'),
  })
  const copy = makeAgent('translate', {
    ...at('https://T.example:443/a2a/'),
    createdAt: 1,
    description: 'translate',
  })
  const preferred = { ...A, priority: 100 }
  const merged = merge({
    search,
    local: localOf([ours], search),
    peers: [preferred, B],
    outcomes: [answered(preferred, [copy]), answered(B, [copy])],
  })
  const [shown] = merged.agents
  assert.equal(merged.agents.length, 1)
  assert.equal(shown?.isFederated, false)
  assert.equal(shown?.agent.description, '')
  assert.deepEqual(
    shown?.alsoIn.map(({ registryName, id }) => [registryName, id]),
    [
      ['A', 'translate'],
      ['B', 'translate'],
    ],
  )
  const scorer = createScorer(parseQuery(search), statisticsOf([ours], search))
  assert.equal(shown?.score, scorer.scoreImpacts(scoreTerms(scorable(copy))))
  assert.ok(scorer.scoreImpacts(scoreTerms(scorable(ours))) < (shown?.score ?? 0))
})

test('without a copy here, the operator’s preference decides, then the earliest, then the DID', () => {
  const early = makeAgent('x', { name: 'early', createdAt: NOW - 9_000, ...at('https://x.example') })
  const late = makeAgent('x', { name: 'late', createdAt: NOW - 1_000, ...at('https://x.example') })
  const shownOf = (peers: readonly Peer[], a: Agent, b: Agent) =>
    names(merge({ peers, outcomes: peers.map((peer, index) => answered(peer, [index === 0 ? a : b])) }))
  assert.deepEqual(shownOf([A, B], late, early), ['early'])
  assert.deepEqual(shownOf([{ ...A, priority: 1 }, B], late, early), ['late'])
  assert.deepEqual(
    shownOf([A, B], { ...late, createdAt: NOW + 5 }, early),
    ['early'],
    'a future time wins nothing',
  )
  assert.deepEqual(
    shownOf([A, B], { ...late, createdAt: 0 }, early),
    ['early'],
    'an unknown time wins nothing',
  )
  const first = { ...late, did: 'did:web:a.example:agents:a' as Did, name: 'a' }
  const second = { ...late, did: 'did:web:b.example:agents:b' as Did, name: 'b' }
  assert.deepEqual(shownOf([A, B], second, first), ['a'])
})

test('agents of another type, another endpoint or a private address are not one', () => {
  const one = makeAgent('one', at('https://x.example'))
  const others = [
    makeAgent('type', { agentType: 'mcp-server', ...at('https://x.example') }),
    makeAgent('place', at('https://x.example/other')),
    makeAgent('none'),
  ]
  assert.equal(merge({ outcomes: [answered(A, [one]), answered(B, others)] }).agents.length, 4)
  const lan = makeAgent('lan', at('http://192.168.0.7/mcp'))
  assert.equal(merge({ outcomes: [answered(A, [lan]), answered(B, [lan])] }).agents.length, 2)
})

test('records of one registry stay apart, even by way of another registry’s record', () => {
  const twins = [makeAgent('one', at('https://x.example/1')), makeAgent('two', at('https://x.example/2'))]
  const net = makeAgent('net', { ...at('https://x.example/1', 'https://x.example/2'), createdAt: NOW - 1 })
  const merged = merge({ outcomes: [answered(A, twins), answered(B, [net])] })
  assert.deepEqual(names(merged).sort(), ['one', 'two'])
})

test('a record that names many endpoints does not draw others’ agents into one', () => {
  const C = makePeer('https://c.example', { name: 'C' })
  const ours = [1, 2].map((n) =>
    makeAgent(`ours ${n}`, { did: `did:web:us.example:agents:${n}` as Did, ...at(`https://x.example/${n}`) }),
  )
  const net = makeAgent('net', at('https://x.example/1', 'https://x.example/2'))
  const copy = makeAgent('copy', at('https://x.example/2'))
  const merged = merge({
    local: localOf(ours),
    peers: [B, C],
    outcomes: [answered(B, [net]), answered(C, [copy])],
  })
  const second = merged.agents.find(({ agent }) => agent.name === 'ours 2')
  assert.deepEqual(
    second?.alsoIn.map(({ registryName }) => registryName),
    ['C'],
  )
})

test('what the asker did not ask for or may not see is not shown, and the row counts it as dropped', () => {
  const agents = [
    makeAgent('fits', { tags: ['NLP', 'x'], provider: { organization: 'ACME', url: null } }),
    makeAgent('not public', {
      tags: ['nlp'],
      visibility: 'federated',
      provider: { organization: 'acme', url: null },
    }),
    makeAgent('other type', { agentType: 'api', tags: ['nlp'] }),
    makeAgent('other provider', { tags: ['nlp'], provider: { organization: 'Acme Inc', url: null } }),
    makeAgent('no tag', { provider: { organization: 'acme', url: null } }),
    makeAgent('deprecated', {
      status: 'deprecated',
      tags: ['nlp'],
      provider: { organization: 'acme', url: null },
    }),
  ]
  const filter = { agentType: 'a2a', tags: ['nlp'], status: 'active', provider: 'Acme' } as const
  const outcomes = [answered(A, agents, { droppedRecords: 1 })]
  const merged = merge({ visibility: 'public', filter, outcomes })
  assert.deepEqual(names(merged), ['fits'])
  const { peers, totalFederatedResults } = accountFor({
    peers: [A],
    outcomes,
    merged,
    durationMs: 1,
    now: NOW,
  })
  assert.equal(totalFederatedResults, 1)
  assert.equal(peers[0]?.droppedRecords, 6)
})

test('without search the newest are first, and a time in the future counts as the oldest', () => {
  const dated = (name: string, createdAt: number) => makeAgent(name, { createdAt })
  const outcomes = [
    answered(A, [dated('old', 5), dated('liar', NOW + 1), dated('new', NOW), dated('mid', 50)]),
  ]
  assert.deepEqual(names(merge({ outcomes })), ['new', 'mid', 'old', 'liar'])
  assert.deepEqual(names(merge({ outcomes, limit: 2 })), ['new', 'mid'])
})

test('a result says where it is from and how old it is', () => {
  const [found] = merge({ outcomes: [answered(A, [makeAgent('one')])] }).agents
  assert.deepEqual(found?.provenance, {
    ...{ origin: 'https://a.example', peerId: A.id, fetchedAt: NOW - 12_000, ageSeconds: 12, isStale: false },
    verification: 'unverified',
  })
  assert.equal(found?.registryName, 'A')
  const [own] = merge({ local: localOf([makeAgent('own')]) }).agents
  assert.deepEqual([own?.registryUrl, own?.registryName, own?.isFederated], [SELF.url, SELF.name, false])
})

const WORDS = ['translate', 'document', 'weather', 'agent', 'data']

const arbitraryAgent: fc.Arbitrary<Omit<Agent, 'id' | 'did'>> = fc.record({
  ...fixed(makeAgent('x')),
  name: fc.subarray(WORDS, { minLength: 1 }).map((words) => words.join(' ')),
  agentType: fc.constantFrom('a2a', 'api'),
  endpoints: fc
    .subarray([1, 2, 3, 4])
    .map((places) =>
      places.map((place) => ({ url: `https://e.example/${place}`, protocol: 'a2a', binding: null })),
    ),
  visibility: fc.constantFrom<Visibility>('public', 'federated'),
  createdAt: fc.integer({ min: 0, max: NOW * 2 }),
})

function fixed<T extends object>(values: T): { readonly [K in keyof T]: fc.Arbitrary<T[K]> } {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fc.constant(value)])) as {
    readonly [K in keyof T]: fc.Arbitrary<T[K]>
  }
}

/** Up to four registries, each with agents of its own, and what came of asking it. */
const arbitraryFederation = fc
  .record({
    local: fc.array(arbitraryAgent, { maxLength: 6 }),
    registries: fc.array(
      fc.record({
        agents: fc.array(arbitraryAgent, { maxLength: 6 }),
        fate: fc.constantFrom('answered', 'pooled', 'timeout', 'bad-response', 'skipped'),
        priority: fc.integer({ min: 0, max: 1 }),
        isActive: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
    search: fc.constantFrom(null, 'translate', 'data agent ', 'wea'),
    visibility: fc.constantFrom('public' as const, 'federated' as const),
    limit: fc.integer({ min: 1, max: 30 }),
  })
  .map(({ local, registries, search, ...rest }) => {
    const own = local.map((agent, index) => identify(agent, 'us.example', index))
    const peers = registries.map(({ isActive, priority }, index) =>
      makePeer(`https://r${index}.example`, { name: `R${index}`, isActive, priority }),
    )
    const outcomes = peers.flatMap((peer, index) => {
      const registry = registries[index]
      if (registry === undefined || !peer.isActive) return []
      const agents = registry.agents.map((agent, place) => identify(agent, `r${index}.example`, place))
      return [outcomeOf(registry.fate, peer, { agents, search })]
    })
    return { ...rest, search, local: localOf(own, search), peers, outcomes }
  })

function identify(agent: Omit<Agent, 'id' | 'did'>, host: string, index: number): Agent {
  return {
    ...makeAgent(`${index}`),
    ...agent,
    id: `${index}` as Agent['id'],
    did: `did:web:${host}:agents:${index}` as Did,
  }
}

function outcomeOf(
  fate: string,
  peer: Peer,
  { agents, search }: { readonly agents: readonly Agent[]; readonly search: string | null },
): PeerOutcome {
  switch (fate) {
    case 'answered':
      return answered(peer, agents, { statistics: search === null ? null : statisticsOf(agents, search) })
    case 'pooled':
      return answered(peer, agents)
    case 'skipped':
      return { kind: 'skipped', peerId: peer.id, reason: 'not-selected', retryAt: null }
    case 'timeout':
      return { kind: 'failed', peerId: peer.id, reason: 'timeout', error: 'late', durationMs: 9 }
    default:
      return { kind: 'failed', peerId: peer.id, reason: 'bad-response', error: 'bad', durationMs: 9 }
  }
}

test('property: the account adds up', () => {
  fc.assert(
    fc.property(arbitraryFederation, (federation) => {
      const { peers, outcomes } = federation
      const merged = merge(federation)
      const stats = accountFor({ peers, outcomes, merged, durationMs: 1, now: NOW })
      const active = peers.filter((peer) => peer.isActive)
      assert.equal(stats.queriedRegistries, stats.successfulQueries + stats.failedQueries)
      assert.equal(stats.peers.length, stats.queriedRegistries + stats.skippedRegistries)
      assert.deepEqual(
        stats.peers.map((row) => row.peerId),
        active.map((peer) => peer.id),
      )
      assert.equal(
        stats.totalFederatedResults,
        stats.peers.reduce((sum, row) => sum + row.results, 0),
      )
      assert.equal(
        stats.isComplete,
        outcomes.every(({ kind }) => kind === 'answered'),
      )
      for (const row of stats.peers) {
        if (row.outcome !== 'answered') assert.equal(row.results, 0)
        if (row.outcome !== 'answered' && row.outcome !== 'skipped') assert.ok(row.error !== null)
      }
    }),
    { numRuns: 150 },
  )
})

test('property: the answer does not depend on who answered first', () => {
  fc.assert(
    fc.property(arbitraryFederation, fc.infiniteStream(fc.nat()), (federation, keys) => {
      const shuffled = federation.outcomes
        .map((outcome) => [keys.next().value, shuffleAgents(outcome)] as const)
        .toSorted(([a], [b]) => a - b)
        .map(([, outcome]) => outcome)
      const matches = federation.local?.matches.toReversed() ?? []
      const local = federation.local === null ? null : { ...federation.local, matches }
      assert.deepEqual(merge({ ...federation, outcomes: shuffled, local }).agents, merge(federation).agents)
    }),
    { numRuns: 150 },
  )
})

function shuffleAgents(outcome: PeerOutcome): PeerOutcome {
  if (outcome.kind !== 'answered') return outcome
  return { ...outcome, answer: { ...outcome.answer, agents: outcome.answer.agents.toReversed() } }
}

test('property: every record is shown once, ours always before a copy, with the score of its best copy', () => {
  fc.assert(
    fc.property(arbitraryFederation, (federation) => {
      const all = merge({ ...federation, limit: 1_000 })
      const shown = all.agents.map(({ registryUrl, agent }) => `${registryUrl} ${agent.id}`)
      const others = all.agents.flatMap(({ alsoIn }) =>
        alsoIn.map(({ registryUrl, id }) => `${registryUrl} ${id}`),
      )
      assert.equal(new Set([...shown, ...others]).size, shown.length + others.length)
      for (const { agent } of federation.local?.matches ?? [])
        assert.ok(shown.includes(`${SELF.url} ${agent.id}`))
      for (const found of all.agents) {
        const registries = [found.registryUrl, ...found.alsoIn.map(({ registryUrl }) => registryUrl)]
        assert.equal(new Set(registries).size, registries.length)
        if (federation.search === null) assert.equal(found.score, null)
        else assert.ok((found.score ?? 0) > 0)
        if (federation.visibility === 'public' && found.isFederated)
          assert.equal(found.agent.visibility, 'public')
      }
      const apart = merge({
        ...federation,
        limit: 1_000,
        outcomes: federation.outcomes.map(withoutEndpoints),
      })
      const scores = new Map(
        apart.agents.map((found) => [`${found.registryUrl} ${found.agent.id}`, found.score]),
      )
      for (const { registryUrl, agent, score, alsoIn } of all.agents) {
        if (score === null) continue
        const copies = [
          `${registryUrl} ${agent.id}`,
          ...alsoIn.map((copy) => `${copy.registryUrl} ${copy.id}`),
        ]
        assert.equal(score, Math.max(...copies.map((key) => scores.get(key) ?? Number.NaN)))
      }
      assert.deepEqual(merge(federation).agents, all.agents.slice(0, federation.limit))
    }),
    { numRuns: 150 },
  )
})

/** The same records, none of them known as a copy. */
function withoutEndpoints(outcome: PeerOutcome): PeerOutcome {
  if (outcome.kind !== 'answered') return outcome
  const agents = outcome.answer.agents.map((agent) => ({ ...agent, endpoints: [] }))
  return { ...outcome, answer: { ...outcome.answer, agents } }
}

test('an account refuses to drop a peer silently', () => {
  const merged = { admitted: new Map(), pooled: new Set<never>() }
  assert.throws(() => accountFor({ peers: [A], outcomes: [], merged, durationMs: 1, now: NOW }), /no outcome/)
})
