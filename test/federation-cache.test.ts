/** Answers of peers that are kept: how long, for whom, and which never. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createManualClock, sendJson, serve, type TestServer, wireAgent } from './support/federation.ts'
import { discover, namesOf, publish, rowOf, statsOf } from './support/records.ts'
import { enrol, type RunningRegistry, startRegistry } from './support/registry.ts'

const searchesOf = ({ requests }: TestServer) =>
  requests.filter(({ url }) => url?.includes('/agents?')).length

/** Harbor with one peer, whose searches the test answers and counts. */
async function startWithPeer(
  t: TestContext,
  answer: (call: number, url: string) => { readonly status?: number; readonly agents: readonly unknown[] },
) {
  const clock = createManualClock()
  const harbor = await startRegistry(t, { name: 'Harbor', overrides: { clock } })
  let calls = 0
  const peer = await serve((request, response) => {
    if (request.url?.endsWith('/health')) return sendJson(response, { status: 'healthy', agent_count: 1 })
    calls += 1
    const { status = 200, agents } = answer(calls, `http://${request.headers.host}`)
    sendJson(response, { agents, next_cursor: null }, status)
  })
  t.after(() => peer[Symbol.asyncDispose]())
  await harbor.succeed('POST', '/federation/peers', { body: { name: 'Peer', registry_url: peer.url } })
  return { harbor, peer, clock }
}

test('the same question again comes from the cache, and says how old the answer is', async (t) => {
  const { harbor, peer, clock } = await startWithPeer(t, (_, url) => ({ agents: [wireAgent(url, 'gull')] }))
  const first = await discover(harbor, 'search=gull')
  assert.equal(rowOf(first, 'Peer').cache, 'miss')
  assert.equal(statsOf(first).cache_hits, 0)
  clock.advance(42_000)
  const second = await discover(harbor, 'search=gull')
  const { outcome, cache, age_seconds: age, results } = rowOf(second, 'Peer')
  assert.deepEqual(
    { outcome, cache, age, results },
    { outcome: 'answered', cache: 'hit', age: 42, results: 1 },
  )
  assert.equal(second.agents[0]?.provenance.age_seconds, 42)
  assert.equal(statsOf(second).cache_hits, 1)
  assert.equal(searchesOf(peer), 1)

  await discover(harbor, 'search=gull&max_age=60')
  assert.equal(searchesOf(peer), 1)
  await discover(harbor, 'search=gull&max_age=41')
  assert.equal(searchesOf(peer), 2)
  clock.advance(301_000)
  const older = await discover(harbor, 'search=gull')
  assert.equal(rowOf(older, 'Peer').cache, 'revalidating')
  assert.equal(rowOf(older, 'Peer').outcome, 'answered')
  assert.equal(older.agents[0]?.provenance.stale, true)
  await until(() => searchesOf(peer) === 3)
  clock.advance(86_000_000)
  assert.equal(rowOf(await discover(harbor, 'search=gull'), 'Peer').cache, 'miss')
})

test('a copy is shown of a peer that fails, marked, and counted as a failure', async (t) => {
  const { harbor, clock } = await startWithPeer(t, (call, url) =>
    call === 1 ? { agents: [wireAgent(url, 'heron')] } : { status: 500, agents: [] },
  )
  await discover(harbor, 'search=heron')
  clock.advance(3_600_000)
  const answer = await discover(harbor, 'search=heron')
  const row = rowOf(answer, 'Peer')
  assert.deepEqual([row.outcome, row.results, row.age_seconds], ['stale', 1, 3_600])
  assert.match(row.error ?? '', /answered 500/)
  assert.deepEqual(namesOf(answer), ['heron'])
  assert.equal(answer.agents[0]?.provenance.stale, true)
  const { queried_registries: queried, failed_queries: failed, complete } = statsOf(answer)
  assert.deepEqual([queried, failed, complete], [1, 1, false])
})

test('an empty answer is an answer and is kept for half a minute', async (t) => {
  const { harbor, peer, clock } = await startWithPeer(t, () => ({ agents: [] }))
  for (const cache of ['miss', 'hit']) {
    const row = rowOf(await discover(harbor, 'search=auk'), 'Peer')
    assert.deepEqual([row.outcome, row.results, row.cache], ['answered', 0, cache])
  }
  clock.advance(31_000)
  assert.equal(rowOf(await discover(harbor, 'search=auk'), 'Peer').cache, 'revalidating')
  await until(() => searchesOf(peer) === 2)
})

test('a failure is never kept: the next question is asked anew', async (t) => {
  const { harbor, peer } = await startWithPeer(t, (call, url) =>
    call === 1 ? { status: 500, agents: [] } : { agents: [wireAgent(url, 'tern')] },
  )
  const failed = rowOf(await discover(harbor, 'search=tern'), 'Peer')
  assert.deepEqual([failed.outcome, failed.results, failed.cache], ['bad-response', 0, undefined])
  const second = await discover(harbor, 'search=tern')
  assert.deepEqual(namesOf(second), ['tern'])
  assert.deepEqual([rowOf(second, 'Peer').cache, searchesOf(peer)], ['miss', 2])
})

test('many who ask the same at once cost the peer one question', async (t) => {
  const { harbor, peer } = await startWithPeer(t, (_, url) => ({ agents: [wireAgent(url, 'skua')] }))
  const answers = await Promise.all(Array.from({ length: 20 }, () => discover(harbor, 'search=skua')))
  assert.ok(answers.every((answer) => namesOf(answer)[0] === 'skua'))
  assert.equal(searchesOf(peer), 1)
})

test('force_refresh passes the cache, needs a key, and has an allowance of its own', async (t) => {
  const { harbor, peer } = await startWithPeer(t, (_, url) => ({ agents: [wireAgent(url, 'puffin')] }))
  await discover(harbor, 'search=puffin')
  const query = '/discovery/agents?include_federated=true&search=puffin&force_refresh=true'
  const refused = await harbor.call('GET', query, { key: null })
  assert.deepEqual([refused.status, refused.body.code], [401, 'unauthenticated'])
  assert.match(refused.body.detail, /force_refresh/)
  assert.equal(searchesOf(peer), 1)
  const forced = await discover(harbor, 'search=puffin&force_refresh=true')
  assert.equal(rowOf(forced, 'Peer').cache, 'miss')
  assert.equal(searchesOf(peer), 2)
  const statuses: number[] = []
  for (let attempt = 0; attempt < 12; attempt += 1) statuses.push((await harbor.call('GET', query)).status)
  assert.equal(statuses.at(0), 200)
  assert.equal(statuses.at(-1), 429)
})

const KEY_ONLY = 'Crown Jewels Valuer'

async function startWithSecrets(t: TestContext): Promise<RunningRegistry> {
  const [harbor, lumen] = await Promise.all([
    startRegistry(t, { name: 'Harbor' }),
    startRegistry(t, { name: 'Lumen' }),
  ])
  await enrol(harbor, lumen)
  await publish(lumen, { name: KEY_ONLY, visibility: 'federated' })
  await publish(lumen, { name: 'Jewels for everyone', visibility: 'public' })
  await publish(lumen, { name: 'Jewels of the house', visibility: 'local' })
  await publish(lumen, { name: 'Jewels of nobody', visibility: 'private' })
  return harbor
}

for (const order of [
  ['anonymous', 'key'],
  ['key', 'anonymous'],
] as const) {
  test(`a peer’s federated records reach key holders alone, the ${order[0]} asking first`, async (t) => {
    const harbor = await startWithSecrets(t)
    const viewer = await harbor.succeed<{ key: string }>('POST', '/keys', {
      body: { name: 'viewer', role: 'viewer' },
    })
    const queries = ['search=jewels', '', 'search=jewels&limit=1', 'search=valuer']
    // Twice, so that the second round is answered from the cache.
    for (const round of [1, 2]) {
      for (const who of order) {
        for (const query of queries) {
          const answer = await discover(harbor, query, { key: who === 'key' ? viewer.key : null })
          const text = JSON.stringify(answer)
          assert.doesNotMatch(text, /of the house|of nobody/, `${who}, ${query}`)
          if (who === 'anonymous') assert.doesNotMatch(text, /Crown/, `${query}, round ${round}`)
          else if (query !== 'search=jewels&limit=1') assert.match(text, /Crown/, `${query}, round ${round}`)
          if (round === 2) assert.equal(rowOf(answer, 'Lumen').cache, 'hit')
        }
      }
    }
    const anonymous = await discover(harbor, 'search=valuer', { key: null })
    const { results, more } = rowOf(anonymous, 'Lumen')
    assert.deepEqual({ results, more }, { results: 0, more: false })
  })
}

test('anonymous callers search the federation only where the operator lets them', async (t) => {
  const harbor = await startRegistry(t, { name: 'Harbor', env: { REGISTRY_ANONYMOUS_FEDERATED: 'false' } })
  await publish(harbor, { name: 'Pelican' })
  const refused = await harbor.call('GET', '/discovery/agents?include_federated=true&search=pelican', {
    key: null,
  })
  assert.equal(refused.status, 401)
  assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer/)
  const local = await harbor.call<{ agents: { name: string }[] }>('GET', '/discovery/agents?search=pelican', {
    key: null,
  })
  assert.deepEqual([local.status, namesOf(local.body)], [200, ['Pelican']])
  assert.equal('federation_stats' in local.body, false)
})

/** What is done in the background is waited for, but not for ever. */
async function until(isDone: () => boolean): Promise<void> {
  for (let waited = 0; !isDone(); waited += 5) {
    assert.ok(waited < 2_000, 'it does not happen')
    await sleep(5)
  }
}
