/** Spans, as a collector receives them from whole registries. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { mintToken } from '../src/security/tokens.ts'
import { PATIENT_CLOCK } from './support/clocks.ts'
import { type Collector, type Span, startCollector } from './support/collector.ts'
import {
  ask,
  enrol,
  findFreePort,
  type RunningRegistry,
  type Settings,
  startRegistry,
  temporaryFolder,
} from './support/registry.ts'
import { type ServeProcess, startServe, stopServe } from './support/serve-process.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const OTHER_TRACE = 'c0ffee1916cd43dd8448eb211c80319c'
const SEARCHES = '/api/v1/discovery/agents'

/** A registry whose spans a collector has when it has stopped, however busy the machine is. */
const startExporting = (t: TestContext, name: string, endpoint: string): Promise<RunningRegistry> =>
  startRegistry(t, {
    ...{ name, env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } },
    overrides: { clock: PATIENT_CLOCK },
  })

function getSpan(collector: Collector, isLike: (span: Span) => boolean): Span {
  const found = collector.spans().find(isLike)
  assert.ok(found, JSON.stringify(collector.spans()))
  return found
}

test('a request is a span of the trace its caller keeps, and none where the caller keeps none', async (t) => {
  const collector = await startCollector(t)
  const registry = await startExporting(t, 'Registry', `${collector.url}/otel/`)
  const call = (path: string, traceparent: string) => registry.send('GET', path, { headers: { traceparent } })
  const before = Date.now()
  await call('/api/v1/agents', `00-${OTHER_TRACE}-${SPAN}-00`)
  await call('/api/v1/agents/no-such-agent', `00-${TRACE}-${SPAN}-01`)
  await call('/nowhere-at-all', `00-${TRACE}-${SPAN}-03`)
  await registry.stop()

  const { resource, attributes, ...span } = getSpan(collector, ({ name }) => name !== 'GET')
  assert.deepEqual(
    [span.traceId, span.parentSpanId, span.name, span.kind, span.status.code],
    [TRACE, SPAN, 'GET /api/v1/agents/:reference', 2, 0],
  )
  assert.deepEqual(attributes, {
    'http.request.method': 'GET',
    'http.route': '/api/v1/agents/:reference',
    'http.response.status_code': 404,
  })
  const [start, end] = [Number(span.startTimeUnixNano) / 1e6, Number(span.endTimeUnixNano) / 1e6]
  assert.ok(before - 1 <= start && start <= end && end <= Date.now(), `${before} ${start} ${end}`)
  assert.equal(resource['service.name'], 'agentvault-registry')
  assert.match(String(resource['service.instance.id']), /^[0-9a-f-]{36}$/)

  const nowhere = getSpan(collector, ({ name }) => name === 'GET')
  assert.deepEqual(nowhere.attributes, { 'http.request.method': 'GET', 'http.response.status_code': 404 })
  assert.deepEqual(new Set(collector.spans().map(({ traceId }) => traceId)), new Set([TRACE]))
  assert.deepEqual(new Set(collector.posts.map(({ path }) => path)), new Set(['/otel/v1/traces']))
})

test('a question to a peer is a span of the trace the peer knows, and nobody’s words or keys are in any', async (t) => {
  const [ours, theirs] = [await startCollector(t), await startCollector(t)]
  const asker = await startExporting(t, 'Asker', ours.url)
  const answerer = await startExporting(t, 'Harbor', theirs.url)
  const { token, signingSecret } = await enrol(asker, answerer)
  const { id, did } = await asker.succeed<{ id: string; did: string }>('POST', '/agents', {
    body: { name: 'Quetzal', agent_type: 'a2a', visibility: 'private', description: 'Narwhal' },
  })
  await asker.succeed('GET', `/agents/${encodeURIComponent(did)}`)
  const headers = {
    traceparent: `00-${TRACE}-${SPAN}-01`,
    ...{ tracestate: 'vendor=capybara', baggage: 'user=wombat' },
  }
  const search = '?search=zanzibar&tags=okapi&include_federated=true'
  const answer = await asker.send('GET', SEARCHES + search, { headers })
  assert.equal(answer.status, 200, answer.text)
  await Promise.all([asker.stop(), answerer.stop()])

  const searched = getSpan(ours, ({ traceId }) => traceId === TRACE)
  assert.equal(searched.name, `GET ${SEARCHES}`)
  const asked = getSpan(ours, ({ kind }) => kind === 3)
  assert.deepEqual([asked.name, asked.parentSpanId], ['ask peer', undefined])
  assert.deepEqual(asked.attributes, { 'agentvault.peer': 'Harbor', 'agentvault.outcome': 'answered' })
  assert.notEqual(asked.traceId, TRACE)

  // Asked by a registry that tells nobody to keep anything, the peer keeps what its operator wants kept.
  const answered = getSpan(theirs, ({ traceId }) => traceId === asked.traceId)
  assert.deepEqual([answered.name, answered.parentSpanId], ['GET /api/v1/agents', undefined])
  assert.equal(answered.attributes['agentvault.peer'], 'Asker')

  const bytes = [...ours.posts, ...theirs.posts].map(({ headers: sent, body }) => JSON.stringify(sent) + body)
  const words = ['zanzibar', 'okapi', 'quetzal', 'narwhal', 'capybara', 'wombat', 'did:', id, asker.url]
  for (const word of [...words, token, signingSecret, asker.adminKey, answerer.adminKey]) {
    const where = bytes.find((text) => text.toLowerCase().includes(word.toLowerCase()))
    assert.equal(where, undefined, `${word} was sent`)
  }
  assert.ok(theirs.posts.every(({ body }) => !body.includes(TRACE)))
})

type Line = Readonly<Record<string, unknown>>

/** A registry in a process of its own, as operators run it. */
async function startTraced(t: TestContext, env: Settings) {
  const folder = await temporaryFolder(t)
  const key = mintToken('ava')
  const serve = startServe(t, {
    ...{ REGISTRY_PORT: '0', REGISTRY_ADMIN_KEY: key, DATABASE_URL: `sqlite:${join(folder, 'r.db')}` },
    ...{ OTEL_BSP_SCHEDULE_DELAY: '1', ...env },
  })
  const url = await serve.listening
  const search = async () => assert.equal((await ask('GET', `${url}${SEARCHES}`, { key })).status, 200)
  return { serve, search }
}

/** Stops it, and gives what its log says of the collector. */
async function readTold(serve: ServeProcess): Promise<readonly Line[]> {
  const { code, out } = await stopServe(serve)
  assert.equal(code, 0)
  return out
    .split('\n')
    .filter((line) => line.includes('"the collector takes '))
    .map((line) => JSON.parse(line) as Line)
}

test('a collector that refuses is told of once, until it takes spans again', async (t) => {
  const collector = await startCollector(t)
  const { serve, search } = await startTraced(t, {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/here`,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20pangolin',
    OTEL_SERVICE_NAME: 'our registry',
  })
  collector.answer(401)
  for (const count of [1, 2, 3]) {
    await search()
    await collector.received(count)
  }
  collector.answer(200)
  await search()
  await collector.received(4)
  const told = await readTold(serve)
  assert.deepEqual(
    told.map(({ level, msg, error }) => [level, msg, error]),
    [
      ['warn', 'the collector takes no spans, they are lost until it does', 'Unauthorized'],
      ['info', 'the collector takes spans', undefined],
    ],
  )
  assert.ok(!JSON.stringify(await serve.ended).includes('pangolin'))
  assert.deepEqual([...new Set(collector.posts.map(({ path }) => path))], ['/here'])
  assert.equal(collector.posts[0]?.headers.authorization, 'Bearer pangolin')
  assert.equal(collector.spans()[0]?.resource['service.name'], 'our registry')
})

test('a collector that is not there costs no request, and is told of once', async (t) => {
  const endpoint = `http://127.0.0.1:${await findFreePort()}`
  const { serve, search } = await startTraced(t, {
    ...{ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_TIMEOUT: '1' },
  })
  const isTold = new Promise<void>((resolve) => {
    let out = ''
    serve.child.stdout?.on('data', (chunk: Buffer) => {
      out += String(chunk)
      if (out.includes('takes no spans')) resolve()
    })
  })
  await search()
  await isTold
  for (let more = 0; more < 3; more += 1) await search()
  const told = await readTold(serve)
  assert.equal(told.length, 1)
  assert.match(String(told[0]?.error), /ECONNREFUSED/)
})

/** Tells on standard error which modules of the SDK are loaded. */
const SPY = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  registerHooks({ resolve(name, context, next) {
    if (/opentelemetry.(sdk|exporter|resources)/.test(name)) process.stderr.write('loads ' + name + '\\n')
    return next(name, context)
  } })`)}`

test('nothing of the SDK is loaded without a collector, or where it is switched off', async (t) => {
  const run = async (env: Settings): Promise<boolean> => {
    const { serve, search } = await startTraced(t, { ...env, NODE_OPTIONS: `--import=${SPY}` })
    await search()
    const { err } = await stopServe(serve)
    return err.includes('loads @opentelemetry/sdk-trace')
  }
  const collector = await startCollector(t)
  assert.equal(await run({}), false)
  assert.equal(await run({ OTEL_SERVICE_NAME: 'x', OTEL_METRICS_EXPORTER: 'otlp' }), false)
  assert.equal(await run({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SDK_DISABLED: 'true' }), false)
  assert.equal(collector.posts.length, 0)
  assert.equal(await run({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }), true)
})
