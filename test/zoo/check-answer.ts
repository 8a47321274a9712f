/** What holds of every answer, whatever peers did to it. */
import assert from 'node:assert/strict'
import { didRootOf } from '../../src/cards/did.ts'
import { cleanText } from '../../src/security/text.ts'
import type { WireDiscoveredAgent, WireDiscoveryAnswer } from '../../src/wire/discovery.ts'
import { rowOf, statsOf } from '../support/records.ts'
import type { Misdeeds } from './misdeed.ts'

/** Each has the line that its misdeed deserves, and the honest peer its own. */
export function checkRows(answer: WireDiscoveryAnswer, misdeeds: Misdeeds): void {
  const lines = (pick: (name: string) => unknown) =>
    Object.fromEntries(Object.keys(misdeeds).map((name) => [name, pick(name)]))
  assert.deepEqual(
    lines((name) => {
      const { outcome, results, dropped_records: dropped = 0, more = false } = rowOf(answer, name)
      return { outcome, results, dropped, more }
    }),
    lines((name) => {
      const { outcome, results = 1, dropped = 0, hasMore: more = false } = misdeeds[name] ?? assert.fail()
      return { outcome, results: outcome === 'answered' ? results : 0, dropped, more }
    }),
  )
  for (const [name, { error, isPooled }] of Object.entries(misdeeds)) {
    const row = rowOf(answer, name)
    if (error !== undefined) assert.match(row.error ?? '', error, name)
    if (isPooled !== undefined) assert.equal(row.scoring === 'pooled', isPooled, `${name}: its figures`)
  }
  const { outcome, results } = rowOf(answer, 'Lumen')
  assert.deepEqual([outcome, results], ['answered', 1], 'the honest peer')
}

/** @param known.secret what no answer may hold. */
export function checkAnswer(
  answer: WireDiscoveryAnswer,
  { urls, secret }: { readonly urls: ReadonlyMap<string, string>; readonly secret: string },
): void {
  checkAccount(answer, urls.size + 1)
  for (const agent of answer.agents) checkAgent(agent, answer)
  const text = JSON.stringify(answer)
  assert.ok(!text.includes(secret), 'a secret is told')
  assert.doesNotMatch(text, /poison|fault on our side|at file:|node_modules/i)
  assertClean(answer)
}

/** No text of an answer holds what cannot be seen, or moves what can. */
export function assertClean(value: unknown): void {
  if (typeof value === 'string') assert.equal(value, cleanText(value))
  else if (typeof value === 'object' && value !== null) {
    for (const [name, part] of Object.entries(value)) {
      assertClean(name)
      assertClean(part)
    }
  }
}

/** Figures add up, and every active peer has its line. */
function checkAccount(answer: WireDiscoveryAnswer, activePeers: number): void {
  const stats = statsOf(answer)
  assert.equal(stats.queried_registries, stats.successful_queries + stats.failed_queries)
  assert.equal(stats.peers.length, stats.queried_registries + stats.skipped_registries)
  assert.equal(stats.peers.length, activePeers)
  assert.equal(
    stats.total_federated_results,
    stats.peers.reduce((total, { results = 0 }) => total + results, 0),
  )
  assert.equal(
    stats.complete,
    stats.peers.every(({ outcome }) => outcome === 'answered'),
  )
  for (const { outcome, error, name } of stats.peers) {
    if (outcome === 'answered' || outcome === 'skipped') assert.equal(error, undefined, name)
    else assert.match(error ?? '', /^[\p{L}\d].* /u, `${name} says what went wrong`)
  }
}

/** A record is shown as its own registry's, and of one that answered. */
function checkAgent(agent: WireDiscoveredAgent, answer: WireDiscoveryAnswer): void {
  const { registry_url: url, registry_name: name, provenance, did, score } = agent
  assert.equal(provenance.origin, url)
  assert.equal(provenance.verification, 'unverified')
  assert.ok(did.startsWith(didRootOf(url)), `${did} is shown as of ${url}`)
  assert.ok(typeof score === 'number' && score > 0 && score < 1_000, `${name} has the score ${score}`)
  if (!agent.is_federated) {
    assert.deepEqual([name, agent.name], ['Harbor', 'Local Buoy'])
    return
  }
  assert.equal(rowOf(answer, name).registry_url, url)
  assert.ok(['answered', 'stale'].includes(rowOf(answer, name).outcome), `${name} did not answer`)
}
