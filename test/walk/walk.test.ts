/**
 * Walks over the pages of a merged answer, drawn from seeds. `WALK_SEEDS` says how many, `WALK_SEED` runs one alone.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Did } from '../../src/domain/agent.ts'
import type { DiscoveryAnswer } from '../../src/domain/discovery.ts'
import { scorable } from '../../src/federation/record-facts.ts'
import { countStatistics } from '../../src/search/exact-search.ts'
import { type Statistics, scoreTerms } from '../../src/search/score.ts'
import { boundStatistics, sumStatistics } from '../../src/search/statistics.ts'
import { parseQuery } from '../../src/search/tokenize.ts'
import { makeAgent, NOW } from '../support/federation.ts'
import type { FakeRegistry } from './fake-registry.ts'
import { addressOf, assertAccounts, assertNothingTwice, wholeAnswer } from './walk-checks.ts'
import { createWalkWorld, type WalkWorld, walk } from './walk-world.ts'

const ONE = process.env.WALK_SEED
const SEEDS =
  ONE === undefined
    ? Array.from({ length: Number(process.env.WALK_SEEDS ?? 12) }, (_, place) => place + 1)
    : [Number(ONE)]

/** Runs a check for every seed; a failure names its seed. */
function forSeeds(name: string, check: (world: WalkWorld) => Promise<void>): void {
  test(name, async () => {
    for (const seed of SEEDS) {
      try {
        await check(createWalkWorld(seed))
      } catch (error) {
        throw new Error(`seed ${seed}: run it alone with WALK_SEED=${seed}`, { cause: error })
      }
    }
  })
}

/** What the first page of a walk over all registries is scored with. */
function statisticsOf({ query, registries, own }: WalkWorld): Statistics | null {
  if (query.search === null) return null
  const parsed = parseQuery(query.search)
  const all = [own, ...registries.map(({ agents }) => agents)].map((agents, place) => ({
    id: `${place}`,
    statistics: countStatistics(
      agents.map((agent) => ({ did: agent.did, impacts: scoreTerms(scorable(agent)) })),
      parsed,
    ),
    isSizeConfirmed: place === 0,
  }))
  return sumStatistics(boundStatistics(all))
}

function hasFailed(stats: DiscoveryAnswer['stats'], name: string): boolean {
  return stats?.peers.some((row) => row.name === name && row.outcome !== 'answered') ?? false
}

function addresses(pages: readonly DiscoveryAnswer[]): string[] {
  return pages.flatMap(({ agents }) => agents.map(addressOf))
}

/** The first page is the best of what came at once; all others are in order of all that was not shown before them. */
function assertOrder(pages: readonly DiscoveryAnswer[], expected: readonly string[]): void {
  const first = new Set(addresses(pages.slice(0, 1)))
  const rest = expected.filter((address) => !first.has(address))
  assert.deepEqual(addresses(pages.slice(1)), rest)
  assert.deepEqual([...first].sort(), expected.filter((address) => first.has(address)).sort())
}

forSeeds('a walk shows everything, once, in the order of one answer', async (world) => {
  const pages = await walk([world.replica()], world)
  assertNothingTwice(pages)
  assertAccounts(pages, world)
  assertOrder(pages, wholeAnswer(world, statisticsOf(world)).map(addressOf))
  assert.ok(pages.slice(0, -1).every(({ agents }) => agents.length === world.query.limit))
})

forSeeds('the replicas of a registry take turns and show the same', async (world) => {
  const alone = await walk([world.replica()], world)
  const inTurns = await walk([world.replica(), world.replica(), world.replica()], world)
  assert.deepEqual(addresses(inTurns), addresses(alone))
})

forSeeds('a registry that dies on the way costs what it had not sent, and is reported', async (world) => {
  const statistics = statisticsOf(world)
  const dying = world.random.between(0, world.registries.length - 1)
  const lastPage = world.random.between(1, 20)
  const registry = world.registries[dying] ?? assert.fail()
  const pages = await walk([world.replica()], world, (page) => {
    if (page === lastPage) registry.isDown = true
  })
  assertNothingTwice(pages)
  assertAccounts(pages, world)
  const isThere = (agent: { readonly id: string }, place: number) =>
    place !== dying || registry.sent.has(agent.id)
  const expected = wholeAnswer(world, statistics, isThere)
  assertOrder(pages, expected.map(addressOf))
  const missing = wholeAnswer(world, statistics).length - expected.length
  const isReported = pages.some(({ stats }) => hasFailed(stats, `Registry ${dying}`))
  if (missing > 0) assert.ok(isReported, `${missing} results are missing and nobody says so`)
  const toldOf = pages.map(({ stats }) => hasFailed(stats, `Registry ${dying}`))
  assert.ok(
    toldOf.lastIndexOf(false) < toldOf.indexOf(true) || !isReported,
    'a failure is told of to the end',
  )
})

forSeeds('a registry that comes back has lost nothing', async (world) => {
  const dying = world.random.between(0, world.registries.length - 1)
  const [gone, back] = [world.random.between(1, 5), world.random.between(2, 8)]
  const registry = world.registries[dying] ?? assert.fail()
  const pages = await walk([world.replica()], world, (page) => {
    registry.isDown = page >= gone && page < back
    // Who failed five times is left alone for half a minute, a fifth more or less.
    if (page === back) world.clock.advance(40_000)
  })
  assertNothingTwice(pages)
  if (pages.length <= back) return // it was over before
  const expected = wholeAnswer(world, statisticsOf(world)).map(addressOf)
  assert.deepEqual(addresses(pages).sort(), [...expected].sort())
})

forSeeds(
  'what changes on the way is shown once at most, and what does not change exactly once',
  async (world) => {
    const untouched = new Set(wholeAnswer(world, statisticsOf(world)).map(addressOf))
    const pages = await walk([world.replica(), world.replica()], world, () => {
      const registry = world.random.pick(world.registries)
      const agent = world.random.pick(registry.agents)
      untouched.delete(addressOf({ agent }))
      if (world.random.chance(0.4)) registry.remove(agent.id)
      else registry.put({ ...agent, description: `${agent.description} ${world.query.search ?? ''}` })
    })
    assertNothingTwice(pages)
    const shown = new Set(addresses(pages))
    for (const address of untouched) assert.ok(shown.has(address), `${address} was left out`)
  },
)

test('a copy of a registry that is down is never its end: it is told of on each page, and asked until it is back', async () => {
  const world = createWalkWorld(1)
  const [down] = world.registries as [FakeRegistry]
  const put = (id: string) => {
    const did = `did:web:${new URL(down.url).host}:agents:${id}` as Did
    down.put(makeAgent(id, { did, createdAt: NOW })) // the newest are shown first
  }
  for (const { id } of down.agents) down.remove(id)
  put('old')
  const query = { ...world.query, search: null, limit: 5 }
  const replica = world.replica()
  await walk([replica], { ...world, query: { ...query, limit: 100 } })
  world.clock.advance(3_600_000)
  down.isDown = true
  const cameBackAt = 6
  const pages = await walk([replica], { ...world, query }, (page) => {
    if (page !== cameBackAt) return
    put('new')
    down.isDown = false
    world.clock.advance(40_000) // who failed five times is left alone for half a minute
  })
  const during = pages.slice(0, cameBackAt)
  assert.equal(during.length, cameBackAt)
  for (const { stats } of during) assert.ok(hasFailed(stats, 'Registry 0') && stats?.isComplete === false)
  assert.ok(pages.some(({ agents }) => agents.some(({ agent }) => agent.id === 'new')))
  assert.equal(pages.at(-1)?.stats?.isComplete, true)
})

test('records of a time to come stand behind all others, on every page', async () => {
  const world = createWalkWorld(1)
  const [honest, liar] = world.registries as [FakeRegistry, FakeRegistry]
  for (const registry of world.registries) for (const { id } of registry.agents) registry.remove(id)
  const put = (registry: FakeRegistry, id: string, createdAt: number) => {
    const did = `did:web:${new URL(registry.url).host}:agents:${id}` as Did
    registry.put(makeAgent(id, { did, createdAt }))
  }
  for (let place = 0; place < 60; place += 1) {
    put(honest, `honest-${place}`, NOW - place * 60_000)
    put(liar, `liar-${place}`, NOW + (place + 1) * 60_000)
  }
  const query = { ...world.query, search: null, includeLocal: false, limit: 15 }
  const pages = await walk([world.replica()], { ...world, query })
  const shown = pages.flatMap(({ agents }) => agents.map(({ agent }) => agent.id.split('-')[0]))
  assert.deepEqual(shown, [...Array(60).fill('honest'), ...Array(60).fill('liar')])
})
