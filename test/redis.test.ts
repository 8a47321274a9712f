/** Registries with a Redis in their settings: what they share, and that they need none of it. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { mintToken } from '../src/security/tokens.ts'
import { PATIENT_CLOCK } from './support/clocks.ts'
import { createManualClock } from './support/federation.ts'
import { discover, publish, rowOf } from './support/records.ts'
import {
  eventually,
  hasRedis,
  hasRedisServer,
  removeKeysAfter,
  startRedis,
  TEST_REDIS_URL,
  usingRedis,
} from './support/redis.ts'
import {
  ask,
  enrol,
  findFreePort,
  openRegistry,
  type Settings,
  settingsFor,
  startRegistry,
  temporaryFolder,
} from './support/registry.ts'
import { hasPostgres, startReplicas } from './support/replicas.ts'
import { startServe, stopServe } from './support/serve-process.ts'

const skip = (await hasRedis('registries with Redis')) ? false : 'Redis does not answer'
const skipOwn = hasRedisServer('registries with a Redis that breaks')
  ? false
  : 'redis-server is not installed'
const skipReplicas = (await hasPostgres('replicas with Redis')) ? false : 'PostgreSQL does not answer'

async function settings(t: TestContext): Promise<Settings> {
  const path = join(await temporaryFolder(t), 'registry.db')
  const database = { kind: 'sqlite', address: path } as const
  return settingsFor({ name: 'Harbor', adminKey: mintToken('ava'), database })
}

/** A replica on a port of its own, behind one address for all. */
async function startReplica(t: TestContext, publicUrl: string): Promise<string> {
  const port = await findFreePort()
  const env = {
    ...(await settings(t)),
    REGISTRY_PORT: String(port),
    REGISTRY_PUBLIC_URL: publicUrl,
    REGISTRY_RATE_ANONYMOUS: '30',
    REDIS_URL: TEST_REDIS_URL,
  }
  const registry = await openRegistry(env, { clock: PATIENT_CLOCK })
  t.after(() => registry[Symbol.asyncDispose]())
  await registry.listen()
  return `http://127.0.0.1:${port}`
}

async function statuses(url: string, times: number): Promise<number[]> {
  const answered: number[] = []
  for (let time = 0; time < times; time += 1) {
    answered.push((await ask('GET', `${url}/api/v1/agents`)).status)
  }
  return answered
}

test('replicas of one registry hold a caller to one limit; another registry on the same Redis counts for itself', {
  skip,
}, async (t) => {
  const publicUrl = `https://${randomBytes(8).toString('hex')}.example`
  removeKeysAfter(t, `agentvault:${publicUrl}`)
  const [one, other, stranger] = await Promise.all([
    startReplica(t, publicUrl),
    startReplica(t, publicUrl),
    startReplica(t, `${publicUrl}/other`),
  ])
  assert.deepEqual(new Set(await statuses(one, 20)), new Set([200]))
  const later = await statuses(other, 20)
  assert.deepEqual(later, [...Array(10).fill(200), ...Array(10).fill(429)])
  assert.deepEqual(new Set(await statuses(stranger, 10)), new Set([200]))
})

test('without the Redis of its settings a registry starts and serves, and says so in one line', async (t) => {
  const url = `redis://:hunter2@127.0.0.1:${await findFreePort()}`
  const serving = startServe(t, { ...(await settings(t)), REDIS_URL: url, REGISTRY_LOG_LEVEL: 'info' })
  const registry = await serving.listening
  assert.equal((await ask('GET', `${registry}/readyz`)).status, 200)
  assert.equal((await ask('GET', `${registry}/api/v1/agents`)).status, 200)
  assert.match((await ask<string>('GET', `${registry}/metrics`)).text, /^registry_redis_up 0$/m)
  const { out, err, code } = await stopServe(serving)
  assert.equal(code, 0)
  const lines = `${out}${err}`.split('\n').filter((line) => /redis/i.test(line))
  assert.equal(lines.length, 1, lines.join('\n'))
  assert.match(
    lines[0] ?? '',
    /"level":"warn".*"fault":"unreachable".*ECONNREFUSED.*Redis is down, each replica goes on alone/,
  )
  assert.doesNotMatch(out + err, /hunter2/)
})

test('Redis killed under a serving registry costs no request its answer, hung neither', {
  skip: skipOwn,
}, async (t) => {
  const redis = await startRedis(t)
  const registry = await startRegistry(t, { env: { REDIS_URL: redis.url } })
  const serveMany = async () => {
    const startedAt = performance.now()
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => registry.call('GET', '/agents', { key: null })),
    )
    for (const { status } of answers) assert.equal(status, 200)
    return performance.now() - startedAt
  }
  await serveMany()
  redis.pause()
  const paused = await serveMany()
  redis.resume()
  await serveMany()
  await redis.kill()
  const killed = await serveMany()
  assert.ok(Math.max(paused, killed) < 2_000, `${paused} ms, ${killed} ms`)
})

test('a peer’s answer that was spoiled in Redis is asked for anew, and counted', {
  skip: skipOwn || skipReplicas,
}, async (t) => {
  const redis = await startRedis(t)
  const clock = createManualClock()
  const replica = { env: { REDIS_URL: redis.url }, overrides: { clock } }
  const { all } = await startReplicas(t, [replica, replica])
  const [one, other] = all
  assert.ok(one && other)
  const lumen = await startRegistry(t, { name: 'Lumen', overrides: { clock } })
  await enrol(one, lumen)
  await publish(lumen, { name: 'Lantern' })
  // The other reads its peers every second.
  clock.advance(2_000)
  const keysAfter = async (query: string, count: number): Promise<string[]> => {
    await discover(one, query)
    let keys: string[] = []
    await eventually('the answer is kept', async () => {
      keys = await usingRedis(redis.url, async (send) => (await send('KEYS', '*federation:*')) as string[])
      return keys.length === count
    })
    return keys
  }
  const cacheOf = async (query: string) => rowOf(await discover(other, query), 'Lumen').cache
  const spoilt = await keysAfter('search=lantern', 1)
  await usingRedis(redis.url, async (send) => {
    for (const key of spoilt) await send('SETRANGE', key, '60', 'poison')
  })
  await keysAfter('search=lantern+good', 2)
  assert.equal(await cacheOf('search=lantern+good'), 'hit', 'what one replica was answered, the other has')
  assert.equal(await cacheOf('search=lantern'), 'miss')
  const { text } = await other.send<string>('GET', '/metrics')
  assert.match(text, /^registry_redis_errors_total\{operation="get",reason="corrupt"\} 1$/m)
})
