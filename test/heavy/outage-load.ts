/** Callers of two replicas and the records they must find, for `redis-outages.heavy.ts`. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WireDiscoveryAnswer, WirePeerRow } from '../../src/wire/discovery.ts'
import type { Random } from '../support/random.ts'
import { namesOf, statsOf } from '../support/records.ts'
import type { Answer, CallOptions, RunningRegistry } from '../support/registry.ts'

/** Words that neither begin nor stem like each other. */
export const TOPICS: readonly string[] = [...'bdfghjklmnprstvwxz'].map((letter) => `${letter}oq${letter}uk`)
const EACH = 3

export function namesAt(registry: Pick<RunningRegistry, 'name'>, topic: string): string[] {
  return Array.from({ length: EACH }, (_, place) => `${registry.name} ${topic} ${place}`)
}

/** Gives the registry its records of every topic; returns their ids by name. */
export async function stock(registry: RunningRegistry): Promise<ReadonlyMap<string, string>> {
  const names = TOPICS.flatMap((topic) => namesAt(registry, topic))
  const lines = names.map((name) => JSON.stringify({ name, agent_type: 'a2a', visibility: 'public' }))
  const headers = { 'content-type': 'application/x-ndjson' }
  await registry.succeed('POST', '/agents/import', { body: lines.join('\n'), headers })
  const byName = new Map<string, string>()
  for (const topic of TOPICS) {
    const { agents } = await registry.succeed<Page>('GET', `/agents?search=${topic}+`)
    for (const { id, name } of agents) byName.set(name, id)
  }
  assert.equal(byName.size, names.length)
  return byName
}

type Page = { readonly agents: readonly { readonly id: string; readonly name: string }[] }

/** How often what was seen. */
export type Tally = { count(what: string): void; toString(): string }

export function createTally(): Tally {
  const counts = new Map<string, number>()
  return {
    count: (what) => void counts.set(what, (counts.get(what) ?? 0) + 1),
    toString: () =>
      [...counts]
        .toSorted(([a], [b]) => a.localeCompare(b))
        .map(([what, times]) => `${what}: ${times}`)
        .join(', '),
  }
}

export type World = {
  readonly replicas: readonly RunningRegistry[]
  readonly peers: readonly RunningRegistry[]
  /** Ids of the replicas' own records by name. */
  readonly own: ReadonlyMap<string, string>
  /** Each has an allowance that the load does not use up. */
  readonly keys: readonly string[]
  readonly random: Random
  readonly tally: Tally
}

/** Asks until told to stop, and looks at every answer. @throws AssertionError at the first wrong one. */
export async function ask(world: World, { signal }: { readonly signal: AbortSignal }): Promise<void> {
  const { random, tally } = world
  while (!signal.aborted) {
    const kind = random.pick(['cached', 'cached', 'distinct', 'own', 'own search', 'stranger'] as const)
    tally.count(kind)
    await ASK[kind](world)
    await sleep(random.below(40))
  }
}

const ASK = {
  cached: (world) => searchAll(world, ''),
  distinct: (world) => searchAll(world, `q${world.random.below(1e9)}`),
  async own(world) {
    const [name, id] = world.random.pick([...world.own])
    const { status, body, text } = await call<{ name: string }>(world, `/agents/${id}`)
    assert.deepEqual([status, body.name], [200, name], text)
  },
  async 'own search'(world) {
    const topic = world.random.pick(TOPICS)
    const { status, body, text } = await call<Page>(world, `/agents?search=${topic}+`)
    assert.equal(status, 200, text)
    assert.deepEqual(namesOf(body).toSorted(), namesAt(hereOf(world), topic))
  },
  async stranger(world) {
    const key = `${world.random.pick(world.keys).slice(0, -1)}_`
    const { status, text } = await call(world, '/agents', { key })
    assert.equal(status, 401, text)
  },
} satisfies Record<string, (world: World) => Promise<void>>

function hereOf({ replicas: [one] }: World): RunningRegistry {
  assert.ok(one)
  return one
}

function call<T>(
  { replicas, keys, random }: World,
  path: string,
  options: CallOptions = {},
): Promise<Answer<T>> {
  return random.pick(replicas).call<T>('GET', path, { key: random.pick(keys), ...options })
}

async function searchAll(world: World, beside: string): Promise<void> {
  const topic = world.random.pick(TOPICS)
  const path = `/discovery/agents?include_federated=true&limit=50&search=${topic}+${beside}+`
  const { status, body, text } = await call<WireDiscoveryAnswer>(world, path)
  assert.equal(status, 200, text)
  checkAnswer(world, topic, body)
}

/** Every record of the topic that its row says is there, and nothing else. */
function checkAnswer(world: World, topic: string, answer: WireDiscoveryAnswer): void {
  const stats = statsOf(answer)
  const told = JSON.stringify(stats)
  const shown = world.peers.filter(({ name }) => {
    const row = stats.peers.find((one) => one.name === name)
    assert.ok(row, told)
    world.tally.count(`row ${row.outcome} ${row.cache ?? row.reason ?? ''}`.trim())
    assert.ok(row.results === 0 || row.results === EACH, told)
    assert.ok(row.outcome !== 'answered' || row.results === EACH, told)
    return (row.results ?? 0) > 0
  })
  const expected = [hereOf(world), ...shown].flatMap((registry) => namesAt(registry, topic))
  assert.deepEqual(namesOf(answer).toSorted(), expected.toSorted(), told)
  for (const { name, registry_name: registry } of answer.agents) assert.ok(name.startsWith(`${registry} `))
  const of = (isCounted: (row: WirePeerRow) => boolean) => stats.peers.filter(isCounted).length
  assert.deepEqual(
    [stats.successful_queries, stats.failed_queries, stats.skipped_registries, stats.total_federated_results],
    [
      of(({ outcome }) => outcome === 'answered'),
      of(({ outcome }) => outcome !== 'answered' && outcome !== 'skipped'),
      of(({ outcome }) => outcome === 'skipped'),
      stats.peers.reduce((sum, { results = 0 }) => sum + results, 0),
    ],
    told,
  )
  assert.equal(stats.queried_registries, stats.successful_queries + stats.failed_queries)
  assert.equal(stats.peers.length, world.peers.length)
}
