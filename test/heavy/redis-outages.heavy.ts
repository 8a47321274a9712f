/**
 * Redis comes and goes every two seconds, killed or hanging, under two replicas of a registry and their users: every
 * answer is right all the time, and what is changed at one replica shows at the other.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createKeyRing, formatKeyRing } from '../../src/security/key-ring.ts'
import { mintToken } from '../../src/security/tokens.ts'
import { createPostgresDatabase } from '../conformance/engines.ts'
import { createRandom } from '../support/random.ts'
import { discover, namesOf, publish } from '../support/records.ts'
import { eventually, hasRedisServer, type RedisServer, startRedis } from '../support/redis.ts'
import {
  enrol,
  findFreePort,
  type RunningRegistry,
  type Settings,
  settingsFor,
  temporaryFolder,
} from '../support/registry.ts'
import { startRegistryProcess } from '../support/registry-process.ts'
import { hasPostgres } from '../support/replicas.ts'
import { ask, createTally, stock, type Tally, type World } from './outage-load.ts'

const SECONDS = Number(process.env.OUTAGE_SECONDS ?? 60)
const EACH_STATE_MS = 2_000
const CALLERS = 12
const KEYS = 80 // callers pause for 20 ms, so that even if answers took no time none would use up its allowance
const FLOODERS = 4
const WITHIN_ONE_WINDOW_MS = 55_000
const ALLOWANCE = 600 // ten are taken in advance, so that Redis is asked all the time
const SEEN_WITHIN_MS = 2_000

const skip =
  hasRedisServer('Redis that comes and goes') && (await hasPostgres('Redis that comes and goes'))
    ? false
    : 'redis-server or PostgreSQL is missing'

test(`Redis comes and goes for ${SECONDS} s: no answer is wrong, and none fails`, { skip }, async (t) => {
  const redis = await startRedis(t)
  const world = await startWorld(t, redis)
  const { tally } = world
  const over = new AbortController()
  const { signal } = over
  const end = setTimeout(() => over.abort(), SECONDS * 1_000)
  t.after(() => clearTimeout(end))
  const flooder = await makeKey(world.replicas, 'flooder')
  const all = [
    breakAgainAndAgain(redis, world, signal),
    ...Array.from({ length: CALLERS }, () => ask(world, { signal })),
    flood(world, flooder, signal),
    publishAgainAndAgain(world, signal),
    purgeAgainAndAgain(world, signal),
  ]
  try {
    await Promise.all(all)
    for (const replica of world.replicas) await eventually('they share again', () => knowsRedis(replica))
  } finally {
    over.abort()
    await Promise.allSettled(all)
    t.diagnostic(`${tally}`)
  }
})

async function startWorld(t: TestContext, redis: RedisServer): Promise<World> {
  const database = await createPostgresDatabase()
  const adminKey = mintToken('ava')
  const ports = [await findFreePort(), await findFreePort()]
  const shared: Settings = {
    ...settingsFor({ name: 'Harbor', adminKey, database }),
    REGISTRY_KEYS: formatKeyRing(createKeyRing()),
    REGISTRY_PUBLIC_URL: `http://localhost:${ports[0]}`,
    REGISTRY_RATE_KEY: String(ALLOWANCE),
    FEDERATION_OUTBOUND_RATE: '100000',
    REDIS_URL: redis.url,
  }
  const replicas: RunningRegistry[] = []
  for (const port of ports) {
    replicas.push(await startRegistryProcess(t, { ...shared, REGISTRY_PORT: String(port) }))
  }
  const peers = await Promise.all(['Lumen', 'Meridian'].map((name) => startPeer(t, name)))
  t.after(() => database.dispose())
  const [one] = replicas
  assert.ok(one)
  for (const peer of peers) await enrol(one, peer)
  for (const peer of peers) await stock(peer)
  const own = await stock(one)
  const keys = await Promise.all(Array.from({ length: KEYS }, (_, at) => makeKey(replicas, `caller ${at}`)))
  return { replicas, peers, own, keys, random: createRandom(1), tally: createTally() }
}

async function startPeer(t: TestContext, name: string): Promise<RunningRegistry> {
  const database = { kind: 'sqlite', address: `${await temporaryFolder(t)}/registry.db` } as const
  return startRegistryProcess(t, settingsFor({ name, adminKey: mintToken('ava'), database }))
}

async function makeKey(replicas: readonly RunningRegistry[], name: string): Promise<string> {
  const made = await replicas[0]?.succeed<{ key: string }>('POST', '/keys', {
    body: { name, role: 'viewer' },
  })
  return made?.key ?? assert.fail()
}

/** Kills and hangs by turns. At the end of each state is noted what the replicas know of it. */
async function breakAgainAndAgain(
  redis: RedisServer,
  { replicas, tally }: World,
  signal: AbortSignal,
): Promise<void> {
  const states = [
    ['killed', redis.kill],
    ['restarted', redis.restart],
    ['hung', redis.pause],
    ['resumed', redis.resume],
  ] as const
  for (let turn = 0; !signal.aborted; turn += 1) {
    const [state, enter] = states[turn % states.length] ?? assert.fail()
    await enter()
    await sleep(EACH_STATE_MS)
    for (const replica of replicas) {
      tally.count(`Redis ${state}: ${(await knowsRedis(replica)) ? 'up' : 'down'}`)
    }
  }
  redis.resume()
  await redis.kill()
  await redis.restart()
}

async function knowsRedis(replica: RunningRegistry): Promise<boolean> {
  const { text } = await replica.send<string>('GET', '/metrics')
  return /^registry_redis_up 1$/m.test(text)
}

/** One key asks far more than it may. It gets no more than the replicas would give it if each counted for itself. */
async function flood({ replicas, tally, random }: World, key: string, signal: AbortSignal): Promise<void> {
  const counts = new Map<number, number>()
  const startedAt = performance.now()
  const one = async (): Promise<void> => {
    while (!signal.aborted && performance.now() - startedAt < WITHIN_ONE_WINDOW_MS) {
      const { status } = await random.pick(replicas).call('GET', '/agents?limit=1', { key })
      counts.set(status, (counts.get(status) ?? 0) + 1)
      tally.count(`flood ${status}`)
      await sleep(10)
    }
  }
  await Promise.all(Array.from({ length: FLOODERS }, one))
  assert.deepEqual(new Set(counts.keys()).difference(new Set([200, 429])), new Set())
  const granted = counts.get(200) ?? 0
  assert.ok(granted <= replicas.length * ALLOWANCE, `${granted} of ${ALLOWANCE}`)
}

async function publishAgainAndAgain(world: World, signal: AbortSignal): Promise<void> {
  for (let round = 0; !signal.aborted; round += 1) {
    const [here, there] = inTurn(world.replicas, round)
    const word = `yoqyuk${'abcdefghij'[round % 10]}`
    const finds = async (replica: RunningRegistry) => (await look(world, replica, word)).includes(word)
    assert.equal(await finds(there), false)
    const { id } = await publish(here, { name: word })
    assert.equal(await finds(here), true, 'whoever publishes finds it')
    await seenInTime(world.tally, 'published', () => finds(there))
    await here.succeed('DELETE', `/agents/${id}`)
    assert.equal(await finds(here), false, 'whoever deletes finds it gone')
    await seenInTime(world.tally, 'deleted', async () => !(await finds(there)))
    await sleep(500)
  }
}

/** A peer's record changes, and the peer's cache is cleared at one replica: neither shows the old one any more. */
async function purgeAgainAndAgain(world: World, signal: AbortSignal): Promise<void> {
  const [peer] = world.peers
  assert.ok(peer)
  const { id } = await publish(peer, { name: 'Aoqauk 0' })
  for (let round = 1; !signal.aborted; round += 1) {
    const [here, there] = inTurn(world.replicas, round)
    const { peers } = await here.succeed<Peers>('GET', '/federation/peers')
    const peerId = peers.find(({ name }) => name === peer.name)?.id
    for (const replica of world.replicas) await look(world, replica, 'aoqauk')
    const now = `Aoqauk ${round}`
    await peer.succeed('PUT', `/agents/${id}`, { body: { name: now } })
    await here.succeed('DELETE', `/federation/peers/${peerId}/cache`)
    const purgedAt = performance.now()
    for (const replica of [here, there]) {
      await seenInTime(world.tally, 'purged', async () =>
        (await look(world, replica, 'aoqauk')).includes(now),
      )
    }
    // What one caller sees anew, others may be shown from a ready answer a little longer.
    await sleep(Math.max(0, purgedAt + SEEN_WITHIN_MS - performance.now()))
    for (let time = 0; time < 20; time += 1) {
      const names = await look(world, world.random.pick(world.replicas), 'aoqauk')
      assert.ok(names.length === 0 || names[0] === now, `${names} after ${now}`)
    }
  }
}

/** With one of the keys: the admin's allowance is for what only an admin may do. */
async function look({ keys, random }: World, replica: RunningRegistry, word: string): Promise<string[]> {
  return namesOf(await discover(replica, `search=${word}+`, { key: random.pick(keys) }))
}

type Peers = { readonly peers: readonly { readonly id: string; readonly name: string }[] }

function inTurn(replicas: readonly RunningRegistry[], round: number): [RunningRegistry, RunningRegistry] {
  const [one, other] = round % 2 === 0 ? replicas : replicas.toReversed()
  assert.ok(one && other)
  return [one, other]
}

async function seenInTime(tally: Tally, what: string, isSeen: () => Promise<boolean>): Promise<void> {
  const startedAt = performance.now()
  while (!(await isSeen())) {
    assert.ok(performance.now() - startedAt < SEEN_WITHIN_MS, `${what}: not seen in time`)
    await sleep(20)
  }
  const ms = performance.now() - startedAt
  tally.count(`${what}, seen within ${ms < 100 ? '0.1' : ms < 1_100 ? '1.1' : '2'} s`)
}
