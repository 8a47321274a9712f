/** What holds after every search, whatever its peers did. Each check names what it found otherwise. */
import assert from 'node:assert/strict'
import {
  type DiscoveredAgent,
  type DiscoveryAnswer,
  type DiscoveryProgress,
  type DiscoveryQuery,
  type FederationStats,
  type PeerRow,
  type ResultKey,
  resultKey,
} from '../../src/domain/discovery.ts'
import type { Peer } from '../../src/domain/peer.ts'
import type { Scope } from '../../src/domain/principal.ts'
import { planFanOut } from '../../src/federation/plan.ts'
import type { Member } from './network.ts'

/** One search as it went. */
export type Observed = {
  readonly query: DiscoveryQuery
  readonly scope: Scope
  /** All peers, as they were when it began. */
  readonly peers: readonly Peer[]
  /** Unix ms. */
  readonly endedAt: number
  readonly elapsedMs: number
  /** How long our own records took. */
  readonly localMs: number
  readonly hasLeft: boolean
  /** Null where nobody listened. */
  readonly told: readonly DiscoveryProgress[] | null
  readonly answer: DiscoveryAnswer
}

export type Rules = {
  readonly ttlSeconds: number
  /** Names of our own records. */
  readonly ours: readonly string[]
  readonly memberOf: (registryUrl: string) => Member | undefined
  /** Unix ms at which the world began. */
  readonly beganAt: number
}

const LONGEST_SECONDS = 5 // that a search takes, while what it got grows older

/** @throws AssertionError */
export function checkSearch(observed: Observed, rules: Rules): void {
  const { stats } = observed.answer
  assert.ok(stats !== null, 'a federated search has an account')
  checkAccount(stats, observed)
  checkTime(stats, observed)
  for (const row of stats.peers) checkRow(row, observed, rules)
  checkResults(stats, observed, rules)
  if (observed.told !== null) checkTold(observed.told, stats, observed)
}

function checkAccount(stats: FederationStats, { peers, query }: Observed): void {
  const active = peers.filter(({ isActive }) => isActive)
  assert.deepEqual(
    stats.peers.map(({ peerId }) => peerId),
    active.map(({ id }) => id),
    'one row for each active peer',
  )
  const count = (outcome: PeerRow['outcome']): number =>
    stats.peers.filter((row) => row.outcome === outcome).length
  assert.equal(stats.queriedRegistries, stats.successfulQueries + stats.failedQueries)
  assert.equal(stats.queriedRegistries + stats.skippedRegistries, stats.peers.length)
  assert.equal(stats.successfulQueries, count('answered'))
  assert.equal(stats.skippedRegistries, count('skipped'))
  assert.equal(
    stats.totalFederatedResults,
    stats.peers.reduce((sum, { results }) => sum + results, 0),
  )
  assert.equal(stats.isComplete, count('answered') === active.length)
  const hits = stats.peers.filter(({ cache }) => cache === 'hit' || cache === 'revalidating').length
  assert.equal(stats.cacheHits, hits)
  if (query.peers.length > 0) return
  assert.ok(!stats.peers.some(({ reason }) => reason === 'not-selected'))
}

function checkTime(
  stats: FederationStats,
  { told, query, peers, elapsedMs, localMs, hasLeft }: Observed,
): void {
  assert.equal(stats.durationMs, Math.round(elapsedMs))
  if (hasLeft) return
  // Nobody has experience of longer waits than those of a peer nobody knows.
  const patient = { usualMs: () => null, fleetMedianMs: () => 0, isLeftAlone: () => false }
  const plan = told?.find((progress) => progress.kind === 'plan') ?? planFanOut(peers, query, patient)
  const longest = Math.max(0, ...plan.asked.map(({ deadlineMs }) => deadlineMs))
  assert.ok(
    elapsedMs <= Math.max(localMs, longest) + 1e-6,
    `${elapsedMs} ms, with ${longest} ms for the slowest`,
  )
}

function checkRow(row: PeerRow, { query }: Observed, { ttlSeconds }: Rules): void {
  const { outcome, cache, ageSeconds, results, error, reason } = row
  const age = ageSeconds ?? 0
  if (outcome === 'answered') {
    assert.equal(error, null)
    if (cache === 'miss') assert.ok(age <= LONGEST_SECONDS, `${age} s old, and called new`)
    if (cache === 'hit') assert.ok(age <= ttlSeconds, `${age} s old, and called fresh`)
    if (cache === 'revalidating') assert.ok(age <= ttlSeconds + 600)
  } else if (outcome === 'stale') {
    assert.match(error ?? '', /^[\p{L}\d].* /u, 'it says why there is nothing newer')
    assert.ok(age <= 86_400)
  } else {
    assert.equal(results, 0, `${outcome}, and yet ${results} results`)
    assert.deepEqual([cache, ageSeconds], [null, null])
    if (outcome === 'skipped') assert.ok(reason !== null)
    else assert.match(error ?? '', /^[\p{L}\d].* /u, 'it says what went wrong')
  }
  if (query.forceRefresh)
    assert.ok(cache === null || cache === 'miss', `${cache}, though refreshing was forced`)
  if (query.maxAgeSeconds !== null) assert.ok(age <= query.maxAgeSeconds + LONGEST_SECONDS)
}

function checkResults(stats: FederationStats, observed: Observed, rules: Rules): void {
  const { answer, query } = observed
  const { agents } = answer
  assert.ok(agents.length <= query.limit)
  assert.equal(new Set(agents.map(resultKey)).size, agents.length, 'no result twice')
  const rows = new Map(stats.peers.map((row) => [row.registryUrl, row]))
  const shown = new Map<string, number>()
  for (const [place, agent] of agents.entries()) {
    const before = agents[place - 1]?.score ?? null
    assert.ok(agent.score === null || before === null || agent.score <= before, 'best first')
    shown.set(agent.registryUrl, (shown.get(agent.registryUrl) ?? 0) + 1)
    if (agent.isFederated) checkForeign(agent, rows.get(agent.registryUrl), { observed, rules })
    else assert.ok(rules.ours.includes(agent.agent.name), `${agent.agent.name} is not ours`)
  }
  for (const [url, count] of shown) assert.ok(count <= (rows.get(url)?.results ?? count))
  const best = agents.filter(({ isFederated }) => !isFederated).length
  const room = query.includeLocal && query.search !== null && query.filter.agentType === null
  if (room && agents.length < query.limit) assert.ok(best > 0, 'our own records are there whatever peers do')
}

function checkForeign(
  { agent, registryUrl, provenance, score }: DiscoveredAgent,
  row: PeerRow | undefined,
  { observed, rules }: { readonly observed: Observed; readonly rules: Rules },
): void {
  assert.ok(
    row?.outcome === 'answered' || row?.outcome === 'stale',
    `a result of ${registryUrl}, which ${row?.outcome}`,
  )
  assert.equal(provenance.origin, registryUrl)
  assert.equal(provenance.isStale, row.outcome === 'stale' || row.cache === 'revalidating')
  assert.ok(provenance.fetchedAt <= observed.endedAt)
  assert.ok(score === null || (score > 0 && score < 1_000))
  if (observed.scope.widest === 'public') assert.equal(agent.visibility, 'public')
  const { agentType } = observed.query.filter
  if (agentType !== null) assert.equal(agent.agentType, agentType)
  const member = rules.memberOf(registryUrl)
  assert.ok(member !== undefined)
  if (!member.nature.isHonest) return
  // Times are told in whole milliseconds, so the records may be those of a moment before.
  const at = provenance.fetchedAt - rules.beganAt
  const versions = [at, at + 1].map((ms) => `${member.catalogue.generationAt(ms)}`)
  assert.ok(
    versions.includes(agent.version ?? ''),
    `shown as of ${at} ms: ${agent.version}, not ${versions[0]}`,
  )
}

function checkTold(
  told: readonly DiscoveryProgress[],
  stats: FederationStats,
  { query, answer }: Observed,
): void {
  const kinds = told.map(({ kind }) => kind)
  assert.equal(kinds.filter((kind) => kind === 'plan').length, 1)
  assert.equal(kinds.filter((kind) => kind === 'local').length, query.includeLocal ? 1 : 0)
  const rows = told.flatMap((progress) => (progress.kind === 'peer' ? [progress.row] : []))
  const plan = told.find((progress) => progress.kind === 'plan')
  const asked = plan?.asked.map(({ peer }) => peer.id) ?? []
  assert.deepEqual(
    rows.map(({ peerId }) => peerId).sort(),
    [...asked].sort(),
    'each peer that is asked is told once',
  )
  const byId = new Map(stats.peers.map((row) => [row.peerId, row]))
  const core = (row: PeerRow | undefined) => [
    row?.outcome,
    row?.results,
    row?.cache,
    row?.durationMs,
    row?.error,
  ]
  for (const row of rows) assert.deepEqual(core(row), core(byId.get(row.peerId)))
  assert.equal(kinds.at(-1), 'merge')
  assert.deepEqual(stateAfter(told), answer.agents, 'who followed has what the answer has')
}

/** What somebody has who did as told from the beginning. */
function stateAfter(told: readonly DiscoveryProgress[]): (DiscoveredAgent | undefined)[] {
  const known = new Map<ResultKey, DiscoveredAgent>()
  let order: readonly ResultKey[] = []
  for (const progress of told) {
    if (progress.kind !== 'merge') continue
    for (const agent of progress.upserts) known.set(resultKey(agent), agent)
    order = progress.order
  }
  return order.map((key) => known.get(key))
}
