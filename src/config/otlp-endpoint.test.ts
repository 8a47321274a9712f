import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findTracesUrl, otlpEndpoint } from './otlp-endpoint.ts'
import type { Config } from './shape.ts'

const NONE: Config['tracing'] = {
  ...{ disabled: false, endpoint: null, tracesEndpoint: null, exportDelayMs: 5_000 },
  ...{ sampler: 'always_on', sampledShare: 1 },
}

test('findTracesUrl: spans go below the general address, or to their own as it is', () => {
  const of = (tracing: Partial<Config['tracing']>) => findTracesUrl({ ...NONE, ...tracing })
  assert.equal(of({}), null)
  assert.equal(of({ endpoint: 'http://c.example:4318' }), 'http://c.example:4318/v1/traces')
  assert.equal(of({ endpoint: 'https://c.example/otel/?a=b' }), 'https://c.example/otel/v1/traces?a=b')
  const both = { endpoint: 'http://c.example', tracesEndpoint: 'http://t.example/here' }
  assert.equal(of(both), 'http://t.example/here')
  assert.equal(of({ ...both, disabled: true }), null)
})

test('otlpEndpoint: takes http addresses alone, and shows no password', () => {
  const { parse, show, showRefused } = otlpEndpoint()
  for (const text of ['c.example:4317', 'grpc://c.example', 'http://', 'unix:///run/c'])
    assert.equal(parse(text).ok, false, text)
  assert.deepEqual(parse('http://c.example:4318'), { ok: true, value: 'http://c.example:4318/' })
  assert.equal(show('https://us:secret@c.example/?api_key=secret'), 'https://us:***@c.example/?api_key=***')
  assert.equal(showRefused('c://us:secret@c.example'), 'c://…')
})
