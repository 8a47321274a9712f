import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WireDiscoveryAnswer } from '../wire/discovery.ts'
import { answerTag } from './answer-tag.ts'

const NOW = Date.parse('2026-11-23T12:00:00Z')

const ROW = {
  ...{ peer_id: 'p', name: 'Lumen', registry_url: 'https://lumen.example', outcome: 'answered' },
  ...{ results: 1, duration_ms: 41, cache: 'miss', age_seconds: 0, more: false },
}
const FAILED = {
  ...{ peer_id: 'q', name: 'Down', registry_url: 'https://down.example', outcome: 'timeout' },
  ...{ results: 0, duration_ms: 1_500, error: 'no answer within 1500 ms' },
}
const AGENT = {
  ...{ id: 'a', name: 'Agent', score: 2.5, also_in: [] },
  provenance: {
    ...{ origin: 'https://lumen.example', peer_id: 'p', fetched_at: '2026-11-23T12:00:00.000Z' },
    ...{ age_seconds: 0, stale: false, verification: 'unverified' },
  },
}

type Loose = Readonly<Record<string, unknown>>

function answerWith({ agent = {}, provenance = {}, row = {}, failed = {}, stats = {}, rest = {} } = {}) {
  return {
    agents: [{ ...AGENT, ...agent, provenance: { ...AGENT.provenance, ...provenance } }],
    federation_stats: {
      ...{ queried_registries: 2, successful_queries: 1, failed_queries: 1, skipped_registries: 0 },
      ...{ total_federated_results: 1, cache_hits: 0, complete: false, duration_ms: 1_502 },
      peers: [
        { ...ROW, ...row },
        { ...FAILED, ...failed },
      ],
      ...stats,
    },
    next_cursor: null,
    ...rest,
  } as unknown as WireDiscoveryAnswer
}

function tagOf({ agents, ...rest }: WireDiscoveryAnswer, madeAt: number = NOW): string {
  const results = agents.map(({ score, provenance, also_in, ...record }) => ({
    record: { digest: JSON.stringify(record) },
    finding: { ...(score !== undefined && { score }), provenance, also_in },
  }))
  return answerTag(results, rest, madeAt)
}

const tag = tagOf(answerWith())

test('a tag is weak: equal answers need not have equal bytes', () => {
  assert.match(tag, /^W\/"[\w-]{22}"$/)
})

for (const [what, change] of Object.entries({
  'the age of a result': { provenance: { age_seconds: 12, fetched_at: '2026-11-23T11:59:48.000Z' } },
  'how long peers took': { row: { duration_ms: 3 }, stats: { duration_ms: 7 } },
  'what was in a cache': { row: { cache: 'hit', age_seconds: 12 }, stats: { cache_hits: 1 } },
  'how long a silent peer was waited for': {
    failed: { error: 'no answer within 1480 ms', duration_ms: 1_480 },
  },
  'when a peer is asked again': { failed: { retry_at: '2026-11-23T12:01:00.000Z' } },
})) {
  test(`answers that differ in nothing but ${what} have one tag`, () => {
    assert.equal(tagOf(answerWith(change)), tag)
  })
}

for (const [what, change] of Object.entries({
  'a name': { agent: { name: 'Another' } },
  'a score': { agent: { score: 2.4 } },
  'where a result is also': { agent: { also_in: [{ registry_name: 'C', registry_url: 'u', id: 'i' }] } },
  'that a result is no longer fresh': { provenance: { stale: true } },
  'an outcome': { failed: { outcome: 'unreachable' } },
  'why a peer failed': { failed: { error: 'its certificate has expired' } },
  'how much a peer gave': { row: { results: 2 } },
  'that a peer has more': { row: { more: true } },
  'that there is a next page': { rest: { next_cursor: 'abc.def' } },
  'a warning': { rest: { warnings: ['Federation is switched off.'] } },
} satisfies Readonly<Record<string, Loose>>)) {
  test(`answers that differ in ${what} have two tags`, () => {
    assert.notEqual(tagOf(answerWith(change)), tag)
  })
}

test('the order of results counts; the text of a cursor does not', () => {
  const [first, second] = [AGENT, { ...AGENT, id: 'b' }]
  const inOrder = (...agents: readonly Loose[]) => tagOf(answerWith({ rest: { agents } }))
  assert.notEqual(inOrder(first, second), inOrder(second, first))
  const withCursor = (cursor: string) => tagOf(answerWith({ rest: { next_cursor: cursor } }))
  assert.equal(withCursor('abc.def'), withCursor('ghi.jkl'))
})

test('with a next page a tag holds for half the ten minutes of its cursor; without one, for good', () => {
  const inMinutes = (minutes: number, next_cursor: string | null) =>
    tagOf(answerWith({ rest: { next_cursor } }), NOW + minutes * 60_000)
  assert.equal(inMinutes(4.99, 'abc.def'), inMinutes(0, 'abc.def'))
  assert.notEqual(inMinutes(5, 'abc.def'), inMinutes(0, 'abc.def'))
  assert.equal(inMinutes(60, null), inMinutes(0, null))
})
