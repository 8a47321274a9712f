import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerOutcome } from '../domain/discovery.ts'
import type { Peer, PeerHealthStatus } from '../domain/peer.ts'
import { mintTraceId } from '../domain/trace-context.ts'
import type { AskedPeer } from '../federation/federation-events.ts'
import type { ServedRequest } from '../http/http-events.ts'
import { createMetrics } from './metrics.ts'

function peerCalled(name: string, status: PeerHealthStatus = 'healthy', isActive = true): Peer {
  return { id: name, name, isActive, health: { status } } as unknown as Peer
}

function answered(cache: 'hit' | 'miss'): PeerOutcome {
  return { kind: 'answered', peerId: 'p', cache, durationMs: 5, answer: {} } as unknown as PeerOutcome
}

const TIMEOUT = { kind: 'failed', reason: 'timeout', error: 'no answer' } as const

/** What a request was about, as far as it is counted. */
function askedFor(durationMs: number): AskedPeer {
  return { durationMs, bodyBytes: 0, request: {} as never, traceId: mintTraceId() }
}

function served(request: Partial<ServedRequest>): ServedRequest {
  const base = { requestId: 'r', method: 'GET', route: '/livez', status: 200, durationMs: 2, bodyBytes: 100 }
  return { ...base, principal: 'anonymous', peerName: null, traceParent: null, ...request }
}

/** The lines of the metrics that begin so, without the name's other series. */
function linesOf(text: string, start: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(start))
}

test('the metrics of the design document have its names and labels', async () => {
  const { events, render } = createMetrics()
  const harbor = peerCalled('Harbor')
  events.peerAsked(harbor, { ...TIMEOUT }, askedFor(1500))
  events.peerOutcome(harbor, answered('hit'))
  const text = await render([harbor])
  assert.deepEqual(linesOf(text, 'federation_query_duration_seconds_sum'), [
    'federation_query_duration_seconds_sum{peer_name="Harbor",status="timeout"} 1.5',
  ])
  assert.deepEqual(linesOf(text, 'federation_cache_hits_total{'), [
    'federation_cache_hits_total{peer_name="Harbor"} 1',
  ])
  assert.deepEqual(linesOf(text, 'federation_peer_health{'), ['federation_peer_health{peer_name="Harbor"} 1'])
})

test('a peer is healthy while it is degraded, and no news while unknown or switched off', async () => {
  const text = await createMetrics().render([
    peerCalled('Degraded', 'degraded'),
    peerCalled('Gone', 'unreachable'),
    peerCalled('New', 'unknown'),
    peerCalled('Off', 'healthy', false),
  ])
  assert.deepEqual(linesOf(text, 'federation_peer_health{'), [
    'federation_peer_health{peer_name="Degraded"} 1',
    'federation_peer_health{peer_name="Gone"} 0',
  ])
})

test('a peer that is left alone is an outcome and no miss, however its searches were answered', async () => {
  const { events, render } = createMetrics()
  const harbor = peerCalled('Harbor')
  const skipped = { kind: 'skipped', peerId: harbor.id, reason: 'breaker-open', retryAt: null } as const
  events.peerOutcome(harbor, skipped)
  events.peersShownAgain([{ outcome: 'skipped', cache: null, names: ['Harbor'] }], 2)
  const text = await render([harbor])
  assert.deepEqual(linesOf(text, 'federation_outcomes_total{'), [
    'federation_outcomes_total{peer_name="Harbor",outcome="skipped"} 3',
  ])
  assert.deepEqual(linesOf(text, 'federation_cache_misses_total{'), [])
})

test('outcomes, misses and discovered records are counted for each peer', async () => {
  const { events, render } = createMetrics()
  const harbor = peerCalled('Harbor')
  events.peerOutcome(harbor, answered('miss'))
  events.peerOutcome(harbor, answered('hit'))
  events.peerOutcome(harbor, { ...TIMEOUT, peerId: harbor.id, durationMs: 9 })
  const agents = [{}, {}, {}] as never
  events.peerAsked(
    harbor,
    {
      kind: 'answered',
      answer: {
        ...{ agents, statistics: null, hasMore: false, nextCursor: null },
        ...{ droppedRecords: 0, fetchedAt: 0 },
      },
      ...{ body: new Uint8Array(0), etag: null },
    },
    askedFor(10),
  )
  const text = await render([harbor])
  for (const line of [
    'federation_outcomes_total{peer_name="Harbor",outcome="answered"} 2',
    'federation_outcomes_total{peer_name="Harbor",outcome="timeout"} 1',
    'federation_cache_misses_total{peer_name="Harbor"} 2',
    'federation_agents_discovered_total{peer_name="Harbor"} 3',
  ]) {
    assert.ok(text.split('\n').includes(line), line)
  }
})

test('nothing is told of a peer that was removed, not even by an answer that came late', async () => {
  const { events, render } = createMetrics()
  const [harbor, lumen] = [peerCalled('Harbor'), peerCalled('Lumen')]
  const use = (peer: Peer) => {
    events.peerAsked(peer, { ...TIMEOUT }, askedFor(5))
    events.peerOutcome(peer, answered('hit'))
    events.requestServed(
      served({ route: '/api/v1/agents', peerName: peer.name, principal: `peer:${peer.id}` }),
    )
  }
  use(harbor)
  use(lumen)
  assert.match(await render([harbor, lumen]), /Harbor/)
  use(harbor)
  const text = await render([lumen])
  assert.doesNotMatch(text, /Harbor/)
  assert.match(text, /federation_inbound_queries_total\{peer_name="Lumen"\} 1/)
})

test('without the list of peers their counters stay and their health is not told', async () => {
  const { events, render } = createMetrics()
  const harbor = peerCalled('Harbor')
  events.peerOutcome(harbor, answered('hit'))
  await render([harbor])
  const text = await render(null)
  assert.match(text, /federation_cache_hits_total\{peer_name="Harbor"\} 1/)
  assert.deepEqual(linesOf(text, 'federation_peer_health{'), [])
})

test('requests are counted by route, method and status; inventions of callers make no series', async () => {
  const { events, render } = createMetrics()
  events.requestServed(served({}))
  for (const method of ['BREW', 'PROPFIND'])
    events.requestServed(served({ method, route: null, status: 404 }))
  const text = await render([])
  assert.deepEqual(linesOf(text, 'http_request_duration_seconds_count'), [
    'http_request_duration_seconds_count{route="/livez",method="GET",status="200"} 1',
    'http_request_duration_seconds_count{route="none",method="other",status="404"} 2',
  ])
})

test('a peer asks when it searches or reads records, not when it looks whether we are well', async () => {
  const { events, render } = createMetrics()
  events.requestServed(served({ route: '/api/v1/health', peerName: 'Harbor' }))
  events.requestServed(served({ route: '/api/v1/agents', peerName: 'Harbor' }))
  const text = await render([peerCalled('Harbor')])
  assert.match(text, /federation_inbound_queries_total\{peer_name="Harbor"\} 1/)
})

test('refusals are counted by policy and by reason', async () => {
  const { events, render } = createMetrics()
  const context = { requestId: 'r', peerId: null }
  events.rateLimited('anonymous', 'r')
  events.authRefused('too-many-failures', context)
  events.authRefused('signature-expired', context)
  events.authRefused('unknown-credential', context)
  const lines = (await render([])).split('\n')
  for (const line of [
    'registry_rate_limited_total{policy="anonymous"} 1',
    'registry_rate_limited_total{policy="auth-failures"} 1',
    'federation_signature_failures_total{reason="expired"} 1',
    'registry_auth_refused_total{reason="unknown-credential"} 1',
  ]) {
    assert.ok(lines.includes(line), line)
  }
})

test('refusals are told from the start, so that the first of a kind is an increase', async () => {
  const text = await createMetrics().render([])
  assert.equal(linesOf(text, 'registry_rate_limited_total{').length, 7)
  assert.equal(linesOf(text, 'registry_auth_refused_total{').length, 11)
  assert.deepEqual(linesOf(text, 'federation_signature_failures_total{').toSorted(), [
    'federation_signature_failures_total{reason="expired"} 0',
    'federation_signature_failures_total{reason="from-the-future"} 0',
    'federation_signature_failures_total{reason="malformed"} 0',
    'federation_signature_failures_total{reason="mismatch"} 0',
    'federation_signature_failures_total{reason="missing"} 0',
    'federation_signature_failures_total{reason="replayed"} 0',
    'federation_signature_failures_total{reason="too-weak"} 0',
    'federation_signature_failures_total{reason="unknown-key"} 0',
  ])
})

test('uptime is told of peers that are watched, and only while it is known', async () => {
  const uptime = { checks: 4, up: 3, share: 0.75, averageResponseTimeMs: null }
  const peers = [peerCalled('Harbor'), peerCalled('Off', 'healthy', false), peerCalled('New', 'unknown')]
  const uptimes = new Map([peers[0], peers[1]].flatMap((peer) => (peer ? [[peer.id, uptime] as const] : [])))
  const { render } = createMetrics()
  assert.deepEqual(
    linesOf(
      await render(peers, { uptimes, connections: null, moderation: null }),
      'federation_peer_uptime_ratio{',
    ),
    ['federation_peer_uptime_ratio{peer_name="Harbor"} 0.75'],
  )
  assert.doesNotMatch(
    await render(peers, { uptimes: null, connections: null, moderation: null }),
    /federation_peer_uptime_ratio\{/,
  )
})

test('of Redis is told where there is one: whether it answers, and what failed', async () => {
  const { events, render } = createMetrics()
  assert.doesNotMatch(await render([]), /redis/)
  events.sharingChanged({ kind: 'up' })
  assert.match(await render([]), /^registry_redis_up 1$/m)
  events.sharingChanged({ kind: 'down', fault: 'unreachable', error: new Error('gone') })
  events.sharingFailed('put', 'full', new Error('OOM'))
  events.sharingFailed('put', 'full', new Error('OOM'))
  const text = await render([])
  assert.match(text, /^registry_redis_up 0$/m)
  assert.match(text, /^registry_redis_errors_total\{operation="put",reason="full"\} 2$/m)
})

test('a name made to look like another line stays one label', async () => {
  const name = 'A"} 1\nfederation_peer_health{peer_name="B'
  const text = await createMetrics().render([peerCalled(name)])
  assert.equal(linesOf(text, 'federation_peer_health{').length, 1)
})

test('a figure that cannot be counted costs nothing but itself', async () => {
  const { events, render } = createMetrics()
  const harbor = peerCalled('Harbor')
  assert.doesNotThrow(() => events.requestServed(served({ durationMs: 'soon' as never })))
  assert.doesNotThrow(() => events.peerOutcome(harbor, undefined as never))
  events.requestServed(served({}))
  assert.match(await render([harbor]), /http_request_duration_seconds_count\{[^}]*\} 1/)
})

test('two metrics in one process know nothing of each other, and both have figures of the process', async () => {
  const [one, other] = [createMetrics(), createMetrics()]
  one.events.rateLimited('key', 'r')
  assert.match(await one.render([]), /policy="key"\} 1$/m)
  const text = await other.render([])
  assert.match(text, /policy="key"\} 0$/m)
  assert.match(text, /^nodejs_eventloop_lag_seconds /m)
  assert.match(text, /^process_resident_memory_bytes /m)
})
