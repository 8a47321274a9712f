/** Limits as callers meet them: what is told with each answer, who is refused, and who goes on. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createLaterClock } from './support/clocks.ts'
import { addAsker } from './support/peer-asker.ts'
import { type Answer, findFreePort, type RunningRegistry, startRegistry } from './support/registry.ts'

const MINUTE_MS = 60_000

async function startLimited(t: TestContext, env: Readonly<Record<string, string>>) {
  const clock = createLaterClock()
  return { registry: await startRegistry(t, { env, overrides: { clock } }), clock }
}

function makeKey(registry: RunningRegistry): Promise<{ readonly key: string }> {
  return registry.succeed('POST', '/keys', { body: { name: 'Reader', role: 'viewer' } })
}

/** Each answer's status and what it says is left. */
function tell({ status, headers }: Answer<unknown>): string {
  const told = /^"([a-z-]+)";r=(\d+);t=([1-9]\d?)$/.exec(headers.get('ratelimit') ?? '')
  return `${status} ${told?.[1]} ${told?.[2]}`
}

function assertTimeToWait({ headers, body }: Answer<{ readonly code: string }>): void {
  assert.match(headers.get('retry-after') ?? '', /^([1-9]|[1-5]\d|60)$/)
  assert.equal(body.code, 'rate-limited')
}

test('a peer is told what it has left, refused beyond it, and heard again a minute later; another is not touched', async (t) => {
  const { registry, clock } = await startLimited(t, { REGISTRY_RATE_PEER: '3' })
  const now = () => clock.now()
  const [one, other] = [
    await addAsker(registry, { name: 'One', now }),
    await addAsker(registry, { name: 'Other', now }),
  ]
  const told: string[] = []
  for (let times = 0; times < 3; times += 1) {
    const answer = await one.ask('/agents')
    assert.equal(answer.headers.get('ratelimit-policy'), '"peer";q=3;w=60')
    told.push(tell(answer))
  }
  assert.deepEqual(told, ['200 peer 2', '200 peer 1', '200 peer 0'])
  const refused = await one.ask('/agents')
  assert.equal(tell(refused), '429 peer 0')
  assertTimeToWait(refused)
  assert.equal(tell(await other.ask('/agents')), '200 peer 2')
  clock.advance(MINUTE_MS)
  assert.equal(tell(await one.ask('/agents')), '200 peer 2')
})

test('what a token never does is held to the limit of an address, and costs its peer nothing', async (t) => {
  const { registry, clock } = await startLimited(t, { REGISTRY_RATE_PEER: '3', REGISTRY_RATE_ANONYMOUS: '2' })
  const peer = await addAsker(registry, { now: () => clock.now() })
  const { token } = await registry.succeed<{ token: string }>('POST', '/federation/tokens', {
    body: { peer_id: peer.id },
  })
  const told: string[] = []
  for (let times = 0; times < 3; times += 1) {
    told.push(tell(await registry.call('POST', '/agents', { key: token, body: {} })))
  }
  assert.deepEqual(told, ['403 anonymous 1', '403 anonymous 0', '429 anonymous 0'])
  assert.equal(tell(await peer.ask('/agents')), '200 peer 2')
})

test('every answer to a key counts: reads, writes, refusals, and addresses where nothing is', async (t) => {
  const { registry } = await startLimited(t, { REGISTRY_RATE_KEY: '5' })
  const { key } = await makeKey(registry)
  const told = [
    await registry.call('GET', '/me', { key }),
    await registry.call('HEAD', '/me', { key }),
    await registry.call('POST', '/agents', { key, body: {} }),
    await registry.call('GET', '/agents/0199d2f0-0000-7000-8000-000000000000', { key }),
    await registry.call('GET', '/discovery/agents', { key }),
    await registry.call('GET', '/discovery/agents', { key }),
  ]
  assert.deepEqual(told.map(tell), [
    ...['200 key 4', '200 key 3', '403 key 2', '404 key 1', '200 key 0'],
    '429 key 0',
  ])
  assert.equal(tell(await registry.call('GET', '/nowhere', { key: null })), '404 anonymous 99999')
})

test('who fails to authenticate too often is refused for a minute, by key, by form or by signature; known keys go on', async (t) => {
  const { registry, clock } = await startLimited(t, { REGISTRY_RATE_AUTH_FAILURES: '3' })
  const [known, unseen] = [await makeKey(registry), await makeKey(registry)]
  const askMe = async ({ key }: { readonly key: string }) => registry.call('GET', '/me', { key })
  assert.equal((await askMe(known)).status, 200)
  const peer = await addAsker(registry, { now: () => clock.now() })
  const unsigned = await peer.ask('/agents', { 'x-federation-signature': `1.${'0'.repeat(64)}` })
  const failures = [unsigned, await askMe({ key: 'nonsense' }), await askMe({ key: `ava_${'0'.repeat(49)}` })]
  assert.deepEqual(
    failures.map(({ status }) => status),
    [401, 401, 401],
  )
  for (const key of ['nonsense', `ava_${'0'.repeat(49)}`, unseen.key]) {
    const refused = await askMe({ key })
    assert.equal(tell(refused), '429 auth-failures 0')
    assert.equal(refused.headers.get('ratelimit-policy'), '"auth-failures";q=3;w=60')
    assertTimeToWait(refused)
  }
  assert.equal((await askMe(known)).status, 200)
  assert.equal((await registry.call('GET', '/agents', { key: null })).status, 200)
  clock.advance(MINUTE_MS)
  assert.equal((await askMe(unseen)).status, 200)
})

test('with a Redis that does not answer all limits hold', async (t) => {
  const { registry } = await startLimited(t, {
    ...{ REGISTRY_RATE_KEY: '2', REGISTRY_RATE_ANONYMOUS: '2', REGISTRY_RATE_AUTH_FAILURES: '2' },
    REDIS_URL: `redis://127.0.0.1:${await findFreePort()}`,
  })
  const { key } = await makeKey(registry)
  const thrice = async (asked: string | null) => {
    const statuses: number[] = []
    for (let times = 0; times < 3; times += 1) {
      statuses.push((await registry.call('GET', '/agents', { key: asked })).status)
    }
    return statuses
  }
  assert.deepEqual(await thrice(key), [200, 200, 429])
  assert.deepEqual(await thrice(null), [200, 200, 429])
  assert.deepEqual(await thrice('nonsense'), [401, 401, 429])
})
