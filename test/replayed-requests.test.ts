/** What was asked once is not asked again: over replicas, with and without Redis; and what an HMAC cannot tell apart. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signedBy } from './support/peer-request.ts'
import { publish } from './support/records.ts'
import { hasRedisServer, startRedis } from './support/redis.ts'
import { ask, startRegistry } from './support/registry.ts'
import { replaySigned } from './support/replay-signed.ts'
import { hasPostgres, startReplicas } from './support/replicas.ts'
import { enrolSignedAsker } from './support/signed-asker.ts'

const REQUESTS = 30
const COPIES = 10

if (hasRedisServer('replayed requests') && (await hasPostgres('replayed requests'))) {
  test('each signed request is answered once by all replicas together, also when Redis dies', async (t) => {
    const redis = await startRedis(t)
    const env = { REDIS_URL: redis.url }
    const { all } = await startReplicas(t, [{ env }, { env }, { env }])
    const [one] = all
    assert.ok(one)
    await publish(one, { name: 'Treasure', visibility: 'federated' })
    const asker = await enrolSignedAsker(one)
    const { answered, refused } = await replaySigned(asker, all, {
      ...{ requests: REQUESTS, copies: COPIES, atOnce: 3 },
      beforeRequest: async (number) => {
        if (number === REQUESTS / 2) await redis.kill()
      },
    })
    assert.deepEqual(
      answered,
      answered.map(() => 1),
    )
    assert.equal(refused, REQUESTS * (COPIES - 1))
  })
}

test('two honest requests that are the same in the same second both pass under HMAC', async (t) => {
  const lumen = await startRegistry(t, { name: 'Lumen' })
  const { token, signing_secret: secret } = await lumen.succeed<{ token: string; signing_secret: string }>(
    'POST',
    '/federation/tokens',
    { body: { name: 'Asker', registry_url: 'https://asker.example' } },
  )
  const target = '/api/v1/agents?search=treasure'
  const headers = signedBy({ registry: 'https://asker.example', secret, at: Date.now() }, target)
  const answers = await Promise.all(
    [1, 2].map(() => ask('GET', `${lumen.url}${target}`, { key: token, headers })),
  )
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  )
})
