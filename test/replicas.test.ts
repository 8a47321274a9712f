/** What an operator changes at one replica, and when the others show it: within two seconds, with Redis and without. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createManualClock, sendJson, serve, wireAgent } from './support/federation.ts'
import { discover, namesOf, statsOf } from './support/records.ts'
import { hasRedis, removeKeysAfter, TEST_REDIS_URL } from './support/redis.ts'
import { hasPostgres, startReplicas } from './support/replicas.ts'

/** A replica reads its peers every second, and shows an answer made of them for up to a second more. */
const SEEN_AFTER_MS = 2_000
/** Just before it reads its peers anew: what it now makes ready is shown longest. */
const LATE_MS = 950

const skipAll = (await hasPostgres('changes at one of two replicas')) ? false : 'PostgreSQL does not answer'
const skipShared =
  skipAll || ((await hasRedis('changes at one of two replicas')) ? false : 'Redis does not answer')

/** Two replicas that have just shown the peer's one record, made ready for whoever asks the same. */
async function startShowing(t: TestContext, settings: Readonly<Record<string, string>>) {
  const clock = createManualClock()
  const replica = { env: settings, overrides: { clock } }
  const { all } = await startReplicas(t, [replica, replica])
  const [one, other] = all
  assert.ok(one && other)
  if (settings.REDIS_URL !== undefined) removeKeysAfter(t, `agentvault:${one.url}`)
  const shown = { name: 'Auk', searches: 0 }
  const peer = await serve((request, response) => {
    if (request.url?.endsWith('/health')) return sendJson(response, { status: 'healthy', agent_count: 1 })
    if (!request.url?.includes('/agents?')) return sendJson(response, { status: 404 }, 404)
    shown.searches += 1
    const agents = [wireAgent(`http://${request.headers.host}`, 'auk', { name: shown.name })]
    sendJson(response, { agents, next_cursor: null })
  })
  t.after(() => peer[Symbol.asyncDispose]())
  const body = { name: 'Peer', registry_url: peer.url }
  const { id } = await one.succeed<{ id: string }>('POST', '/federation/peers', { body })
  clock.advance(SEEN_AFTER_MS)
  let did = ''
  for (const replica of [one, other, one, other]) {
    const answer = await discover(replica, 'search=auk')
    assert.deepEqual(namesOf(answer), ['Auk'])
    did = answer.agents[0]?.did ?? ''
  }
  return { one, other, clock, shown, peerPath: `/federation/peers/${id}`, did }
}

for (const [how, settings, skip] of [
  ['with Redis', { REDIS_URL: TEST_REDIS_URL }, skipShared],
  ['without Redis', {}, skipAll],
] as const) {
  test(`a peer’s cache cleared at one replica: the other shows nothing of before, ${how}`, {
    skip,
  }, async (t) => {
    const { one, other, clock, shown, peerPath } = await startShowing(t, settings)
    const before = shown.searches
    shown.name = 'Great Auk'
    await one.succeed('DELETE', `${peerPath}/cache`)
    assert.deepEqual(namesOf(await discover(one, 'search=auk')), ['Great Auk'])
    clock.advance(LATE_MS)
    await discover(other, 'search=auk')
    clock.advance(SEEN_AFTER_MS - LATE_MS)
    assert.deepEqual(namesOf(await discover(other, 'search=auk')), ['Great Auk'])
    assert.ok(shown.searches > before)
  })

  test(`a peer removed at one replica is not asked nor shown by the other, ${how}`, { skip }, async (t) => {
    const { one, other, clock, shown, peerPath, did } = await startShowing(t, settings)
    const before = shown.searches
    await one.succeed('DELETE', peerPath)
    clock.advance(LATE_MS)
    await discover(other, 'search=auk')
    clock.advance(SEEN_AFTER_MS - LATE_MS)
    for (const replica of [one, other]) {
      for (const search of ['auk', 'great+auk']) {
        const answer = await discover(replica, `search=${search}`)
        assert.deepEqual([namesOf(answer), statsOf(answer).peers], [[], []])
      }
      assert.equal((await replica.call('GET', `/discovery/agents/${did}`)).status, 404)
    }
    assert.equal(shown.searches, before)
  })
}
