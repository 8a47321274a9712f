import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createManualClock, PATIENT_CLOCK } from '../../test/support/clocks.ts'
import { startCollector } from '../../test/support/collector.ts'
import { type Config, TRACES_SAMPLERS } from '../config/shape.ts'
import { mintTraceId } from '../domain/trace-context.ts'
import type { ServedRequest } from '../http/http-events.ts'
import { type CollectorState, openTracing } from './tracing.ts'

const SETTINGS: Config['tracing'] = {
  ...{ disabled: false, endpoint: null, tracesEndpoint: null, exportDelayMs: 60_000 },
  ...{ sampler: 'parentbased_always_on', sampledShare: 1 },
}

function served(method: string, isSampled: boolean | null): ServedRequest {
  const traceParent =
    isSampled === null ? null : { traceId: mintTraceId(), spanId: 'b7ad6b7169203331', isSampled }
  const base = { requestId: 'r', method, route: null, status: 200, durationMs: 2, bodyBytes: 100 }
  return { ...base, principal: 'anonymous', peerName: null, traceParent }
}

test('what waits at the end is sent, and what each sampler keeps is that', async (t) => {
  const kept = async (sampler: (typeof TRACES_SAMPLERS)[number], sampledShare: number) => {
    const collector = await startCollector(t)
    const tracing = await openTracing(
      { ...SETTINGS, endpoint: collector.url, sampler, sampledShare },
      { version: '1', clock: PATIENT_CLOCK, collectorChanged() {} },
    )
    tracing?.events.requestServed(served('GET', null))
    tracing?.events.requestServed(served('PUT', true))
    tracing?.events.requestServed(served('POST', false))
    await tracing?.[Symbol.asyncDispose]()
    return collector
      .spans()
      .map(({ name }) => name)
      .join(' ')
  }
  const found: Record<string, readonly string[]> = {}
  for (const sampler of TRACES_SAMPLERS) found[sampler] = [await kept(sampler, 1), await kept(sampler, 0)]
  assert.deepEqual(found, {
    always_on: ['GET PUT POST', 'GET PUT POST'],
    always_off: ['', ''],
    traceidratio: ['GET PUT POST', ''],
    parentbased_always_on: ['GET PUT', 'GET PUT'],
    parentbased_always_off: ['PUT', 'PUT'],
    parentbased_traceidratio: ['GET PUT', 'PUT'],
  })
})

test('a collector that never answers is waited for a second at the end, and told of', async (t) => {
  const collector = await startCollector(t)
  collector.answer(null)
  const clock = createManualClock(Date.now())
  const told: CollectorState[] = []
  const tracing = await openTracing(
    { ...SETTINGS, endpoint: collector.url },
    { version: '1', clock, collectorChanged: (state) => told.push(state) },
  )
  tracing?.events.requestServed(served('GET', null))
  let isEnded = false
  const ended = tracing?.[Symbol.asyncDispose]().then(() => {
    isEnded = true
  })
  await collector.received(1)
  clock.advance(999)
  await new Promise(setImmediate)
  assert.equal(isEnded, false)
  clock.advance(1)
  await ended
  assert.deepEqual(
    told.map((state) => state.kind === 'down' && String(state.error)),
    ['Error: no answer within 1000 ms'],
  )
})
