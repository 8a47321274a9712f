/** Traces: a caller's is in our log and goes nowhere else; peers are sent ones of our own. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { findTraceParent } from '../src/domain/trace-context.ts'
import { mintToken } from '../src/security/tokens.ts'
import { ask, type Settings, temporaryFolder } from './support/registry.ts'
import { type Asked, startScriptedRegistry } from './support/scripted-registry.ts'
import { startServe, stopServe } from './support/serve-process.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const TRACEPARENT = `00-${TRACE}-b7ad6b7169203331-01`

type Line = Readonly<Record<string, unknown>>

/** A registry in a process of its own, for its log, and a peer that cannot answer its first search. */
async function startWithPeer(t: TestContext) {
  const folder = await temporaryFolder(t)
  const key = mintToken('ava')
  const serve = startServe(t, {
    ...{ REGISTRY_PORT: '0', REGISTRY_ADMIN_KEY: key, DATABASE_URL: `sqlite:${join(folder, 'r.db')}` },
    ...{ REGISTRY_LOG_LEVEL: 'debug', REGISTRY_PEER_NETWORKS: '127.0.0.0/8' },
  })
  let searches = 0
  const peer = await startScriptedRegistry(({ target }) => {
    const headers = { 'content-type': 'application/json' }
    if (target === '/health') return { headers, body: { status: 'healthy' } }
    searches += 1
    return searches === 1 ? { status: 503 } : { headers, body: { agents: [], next_cursor: null } }
  })
  t.after(() => peer[Symbol.asyncDispose]())
  const url = await serve.listening
  const added = await ask('POST', `${url}/api/v1/federation/peers`, {
    ...{ key, body: { name: 'Partner', registry_url: peer.url } },
  })
  assert.equal(added.status, 201, added.text)
  const search = async (words: string, headers: Settings) => {
    const path = `/api/v1/discovery/agents?include_federated=true&search=${words}`
    assert.equal((await ask('GET', url + path, { key, headers })).status, 200)
  }
  const readLog = async (): Promise<Line[]> => {
    const { out } = await stopServe(serve)
    return out.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []))
  }
  return { peer, search, readLog }
}

const traceIn = ({ headers }: Asked) => findTraceParent(headers.traceparent as string | undefined)?.traceId

test('a caller’s trace is in the log, and no peer learns of it', async (t) => {
  const { peer, search, readLog } = await startWithPeer(t)
  const sent = { traceparent: TRACEPARENT, tracestate: 'vendor=secret', baggage: 'user=jane' }
  await search('plover', sent) // asks the peer, twice
  for (let round = 0; round < 3; round += 1) await search('plover', sent) // at last, an answer that is ready
  await search('plover', {})
  await search('heron', { traceparent: `${TRACEPARENT}-"forged":"` })

  const searches = peer.asked.filter(({ target }) => target.startsWith('/agents'))
  assert.equal(searches.length, 3)
  const traces = searches.map(traceIn)
  const [first, again, other] = traces
  assert.ok(first && again && other)
  // The second attempt belongs to the same question, and is another request.
  assert.equal(first, again)
  assert.notEqual(searches[0]?.headers.traceparent, searches[1]?.headers.traceparent)
  assert.notEqual(first, other)
  for (const asked of peer.asked) {
    assert.ok(traceIn(asked), `${asked.target} has no trace`)
    const text = JSON.stringify(asked)
    for (const private_ of [TRACE, 'tracestate', 'baggage', 'secret', 'jane']) {
      assert.ok(!text.includes(private_), `${private_} in ${text}`)
    }
  }

  const lines = await readLog()
  const served = lines.filter(
    ({ msg, route }) => msg === 'request served' && route === '/api/v1/discovery/agents',
  )
  assert.deepEqual(
    served.map(({ trace_id: trace }) => trace),
    [TRACE, TRACE, TRACE, TRACE, undefined, undefined],
  )
  assert.deepEqual(
    lines.filter(({ msg }) => msg === 'peer answered').map(({ trace_id: trace }) => trace),
    [first, other],
  )
})
