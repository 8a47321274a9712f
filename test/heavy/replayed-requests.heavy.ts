/**
 * A thousand signed requests, each in ten copies at once, to three replicas in processes of their own; half-way Redis is
 * killed. Each request is answered exactly once.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKeyRing, formatKeyRing } from '../../src/security/key-ring.ts'
import { mintToken } from '../../src/security/tokens.ts'
import { createPostgresDatabase } from '../conformance/engines.ts'
import { publish } from '../support/records.ts'
import { hasRedisServer, startRedis } from '../support/redis.ts'
import { findFreePort, type RunningRegistry, type Settings, settingsFor } from '../support/registry.ts'
import { startRegistryProcess } from '../support/registry-process.ts'
import { replaySigned } from '../support/replay-signed.ts'
import { hasPostgres } from '../support/replicas.ts'
import { enrolSignedAsker } from '../support/signed-asker.ts'

const REQUESTS = 1_000
const COPIES = 10
const REPLICAS = 3

const skip =
  hasRedisServer('a thousand replays') && (await hasPostgres('a thousand replays'))
    ? false
    : 'redis-server or PostgreSQL is missing'

test('of a thousand signed requests in ten copies each, each is answered once', { skip }, async (t) => {
  const redis = await startRedis(t)
  const database = await createPostgresDatabase()
  t.after(() => database.dispose())
  const ports = await Promise.all(Array.from({ length: REPLICAS }, () => findFreePort()))
  const shared: Settings = {
    ...settingsFor({ name: 'Harbor', adminKey: mintToken('ava'), database }),
    REGISTRY_KEYS: formatKeyRing(createKeyRing()),
    REGISTRY_PUBLIC_URL: `http://localhost:${ports[0]}`,
    REDIS_URL: redis.url,
  }
  const replicas: RunningRegistry[] = []
  for (const port of ports) {
    replicas.push(await startRegistryProcess(t, { ...shared, REGISTRY_PORT: String(port) }))
  }
  const [one] = replicas
  assert.ok(one)
  await publish(one, { name: 'Treasure', visibility: 'federated' })
  const asker = await enrolSignedAsker(one)
  const startedAt = performance.now()
  const { answered, refused } = await replaySigned(asker, replicas, {
    ...{ requests: REQUESTS, copies: COPIES, atOnce: 4 },
    beforeRequest: async (number) => {
      if (number === REQUESTS / 2) await redis.kill()
    },
  })
  const twice = answered.filter((count) => count > 1).length
  const never = answered.filter((count) => count === 0).length
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0)
  t.diagnostic(
    `${REQUESTS} requests in ${COPIES} copies: ${twice} answered twice, ${never} never, ${seconds} s`,
  )
  assert.deepEqual([twice, never, refused], [0, 0, REQUESTS * (COPIES - 1)])
})
