import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { Peer } from '../domain/peer.ts'
import { mintTraceId } from '../domain/trace-context.ts'
import type { AskedPeer } from '../federation/federation-events.ts'
import type { ServedRequest } from '../http/http-events.ts'
import { createSpanEvents } from './spans.ts'

const NOW = Date.parse('2026-11-23T12:00:00Z')
const HARBOR = { name: 'Harbor' } as Peer

function captured() {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const named: unknown[] = []
  const names = { nameNext: (traceId: unknown) => named.push(traceId) }
  const events = createSpanEvents({ tracer: provider.getTracer('test'), names, clock: { now: () => NOW } })
  return { events, named, spans: () => exporter.getFinishedSpans() }
}

function served(request: Partial<ServedRequest>): ServedRequest {
  const base = { requestId: 'r', method: 'GET', route: '/livez', status: 200, durationMs: 2, bodyBytes: 100 }
  return { ...base, principal: 'anonymous', peerName: null, traceParent: null, ...request }
}

function askedFor(durationMs: number): AskedPeer {
  return { durationMs, bodyBytes: 0, request: {} as never, traceId: mintTraceId() }
}

test('a span ends when its fact is told, and began as long before as that took', () => {
  const { events, spans } = captured()
  events.requestServed(served({ durationMs: 1_250 }))
  const [span] = spans()
  assert.deepEqual(span?.endTime, [NOW / 1_000, 0])
  assert.deepEqual(span?.startTime, [NOW / 1_000 - 2, 750_000_000])
})

test('a request that we failed is an error, one that its caller got wrong is none', () => {
  const { events, spans } = captured()
  for (const status of [404, 499, 500, 503]) events.requestServed(served({ status }))
  assert.deepEqual(
    spans().map(({ status, attributes }) => [status.code, attributes['error.type']]),
    [
      [SpanStatusCode.UNSET, undefined],
      [SpanStatusCode.UNSET, undefined],
      [SpanStatusCode.ERROR, '500'],
      [SpanStatusCode.ERROR, '503'],
    ],
  )
})

test('what came of a peer is a word of ours; what the peer said is not told', () => {
  const { events, spans } = captured()
  events.peerAsked(HARBOR, { kind: 'unchanged', kept: {} as never }, askedFor(5))
  events.peerAsked(
    HARBOR,
    { kind: 'failed', reason: 'bad-response', error: 'it says "okapi"', mayRetry: false },
    askedFor(5),
  )
  events.peerCalledOff(HARBOR, askedFor(5))
  assert.deepEqual(
    spans().map(({ name, kind, attributes, status }) => [name, kind, attributes, status]),
    [
      ['unchanged', {}],
      ['bad-response', { 'error.type': 'bad-response' }],
      ['called-off', {}],
    ].map(([outcome, error]) => [
      'ask peer',
      SpanKind.CLIENT,
      { 'agentvault.peer': 'Harbor', 'agentvault.outcome': outcome, ...Object(error) },
      { code: outcome === 'bad-response' ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    ]),
  )
})

test('a trace is named for questions to peers and of peers alone, and for no span after', () => {
  const { events, named, spans } = captured()
  const [ours, theirs] = [askedFor(5), mintTraceId()]
  const traceParent = { traceId: theirs, spanId: 'b7ad6b7169203331', isSampled: false }
  events.peerCalledOff(HARBOR, ours)
  events.requestServed(served({}))
  events.requestServed(served({ traceParent }))
  events.requestServed(served({ traceParent, peerName: 'Harbor' }))
  assert.deepEqual(named, [ours.traceId, null, theirs, null])
  // The caller who keeps nothing is obeyed, the peer is not.
  assert.deepEqual(
    spans().map(({ parentSpanContext, attributes }) => [parentSpanContext, attributes['agentvault.peer']]),
    [
      [undefined, 'Harbor'],
      [undefined, undefined],
      [undefined, 'Harbor'],
    ],
  )
})
