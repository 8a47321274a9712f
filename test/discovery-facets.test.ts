/** Facets: how what a search would find is spread, as ranges that hold the true number whatever peers do. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { WireFederationStats } from '../src/wire/discovery.ts'
import { createLaterClock } from './support/clocks.ts'
import { createRandom } from './support/random.ts'
import { publish } from './support/records.ts'
import { type CallOptions, enrol, type RunningRegistry, startRegistry } from './support/registry.ts'

type Range = { readonly at_least: number; readonly at_most: number | null }
type Value = Range & { readonly value: string }
type Registry = Range & {
  readonly peer_id: string | null
  readonly name: string
  readonly registry_url: string
}
type Facets = {
  readonly facets: {
    readonly agent_type: readonly Value[]
    readonly tags: readonly Value[]
    readonly provider: readonly Value[]
    readonly registry: readonly Registry[]
  }
  readonly federation_stats?: WireFederationStats
  readonly warnings?: readonly string[]
}

const facets = (registry: RunningRegistry, query: string, options: CallOptions = {}): Promise<Facets> =>
  registry.succeed('GET', `/discovery/facets?${query}`, options)

const FEDERATED = 'include_federated=true&search=boat'

/** `[least, most]` by name. */
const ranges = (values: readonly (Value | Registry)[]) =>
  Object.fromEntries(
    values.map((one) => ['value' in one ? one.value : one.name, [one.at_least, one.at_most] as const]),
  )

type Line = {
  readonly name: string
  readonly agent_type: string
  readonly tags: readonly string[]
  readonly provider?: { readonly organization: string }
}

async function importAll(registry: RunningRegistry, lines: readonly Line[]): Promise<void> {
  const body = lines.map((line) => JSON.stringify({ visibility: 'public', ...line })).join('\n')
  const headers = { 'content-type': 'application/x-ndjson' }
  const { created } = await registry.succeed<{ created: number }>('POST', '/agents/import', { body, headers })
  assert.equal(created, lines.length)
}

async function startThree(t: TestContext) {
  const clock = createLaterClock()
  const [harbor, lumen, quay] = await Promise.all(
    ['Harbor', 'Lumen', 'Quay'].map((name) => startRegistry(t, { name, overrides: { clock } })),
  )
  assert.ok(harbor && lumen && quay)
  await enrol(harbor, lumen)
  await enrol(harbor, quay)
  return { harbor, lumen, quay, clock }
}

test('every agent counts once among types, tags and providers, and in each registry that has it', async (t) => {
  const { harbor, lumen, quay } = await startThree(t)
  const acme = { provider: { organization: 'Acme' } }
  const endpoints = [{ url: 'https://boats.example/a', protocol: 'a2a' }]
  await publish(harbor, { name: 'Boat', tags: ['Sail', 'wood'], ...acme, endpoints })
  await publish(harbor, { name: 'Train' })
  await publish(lumen, { name: 'Boat', tags: ['sail'], endpoints })
  await publish(lumen, {
    name: 'Boat',
    agent_type: 'api',
    tags: ['sail'],
    provider: { organization: 'ACME' },
  })
  await publish(quay, { name: 'Boat', visibility: 'federated', agent_type: 'api' })

  const all = await facets(harbor, FEDERATED)
  assert.deepEqual(ranges(all.facets.agent_type), { api: [2, 2], a2a: [1, 1] })
  assert.deepEqual(Object.entries(ranges(all.facets.tags))[0]?.[1], [2, 2])
  assert.deepEqual(ranges(all.facets.registry), { Harbor: [1, 1], Lumen: [2, 2], Quay: [1, 1] })
  assert.deepEqual(
    all.facets.provider.map(({ value, at_least: count }) => [value.toLowerCase(), count]),
    [['acme', 2]],
  )
  const [own, ...peers] = all.facets.registry
  assert.deepEqual([own?.peer_id, own?.registry_url], [null, harbor.url])
  assert.deepEqual(peers.map(({ registry_url: url }) => url).toSorted(), [lumen.url, quay.url].toSorted())
  assert.equal(all.federation_stats?.complete, true)

  const nobody = await facets(harbor, FEDERATED, { key: null })
  assert.deepEqual(ranges(nobody.facets.registry), { Harbor: [1, 1], Lumen: [2, 2], Quay: [0, 0] })
  const typed = await facets(harbor, `${FEDERATED}&agent_type=API&tags=SAIL`)
  assert.deepEqual(ranges(typed.facets.agent_type), { api: [1, 1] })
  const one = await facets(harbor, `${FEDERATED}&peers=Quay&include_local=false`)
  assert.deepEqual(ranges(one.facets.registry), { Quay: [1, 1] })
  const here = await facets(harbor, 'search=boat')
  assert.deepEqual(ranges(here.facets.registry), { Harbor: [1, 1] })
  assert.equal(here.federation_stats, undefined)
})

test('where registries have more than they send, the true number lies within every range', async (t) => {
  const { harbor, lumen, quay } = await startThree(t)
  const random = createRandom(11)
  const truth = new Map<string, number>()
  const count = (key: string) => truth.set(key, (truth.get(key) ?? 0) + 1)
  for (const [registry, size] of [
    [harbor, 600],
    [lumen, 130],
    [quay, 20],
  ] as const) {
    const lines = Array.from({ length: size }, (_, place): Line => {
      const isBoat = random.chance(0.9)
      const agent_type = random.pick(['a2a', 'api', 'mcp-server'])
      const tags = ['sail', 'steam', 'oar'].filter(() => random.chance(0.4))
      if (isBoat) for (const key of [registry.name, agent_type, ...tags]) count(key)
      return { name: `${isBoat ? 'Boat' : 'Train'} ${registry.name} ${place}`, agent_type, tags }
    })
    await importAll(registry, lines)
  }
  // The space says that the word is complete: of one that may go on, more can match.
  const { facets: found, federation_stats: stats } = await facets(harbor, `${FEDERATED}+`)
  assert.equal(stats?.peers.find(({ name }) => name === 'Lumen')?.more, true)
  const told = { ...ranges(found.registry), ...ranges(found.agent_type), ...ranges(found.tags) }
  assert.deepEqual(Object.keys(told).toSorted(), [...truth.keys()].toSorted())
  for (const [key, [least, most]] of Object.entries(told)) {
    const real = truth.get(key) ?? 0
    assert.ok(most !== null && least <= real && real <= most, `${key}: ${least} ≤ ${real} ≤ ${most}`)
  }
  assert.deepEqual(told.Quay, [truth.get('Quay'), truth.get('Quay')], 'who sent all it has is known exactly')
  assert.deepEqual(told.Lumen, [50, truth.get('Lumen')], 'how often the word occurs there bounds the rest')
  const all = await facets(harbor, 'include_federated=true')
  assert.deepEqual(ranges(all.facets.registry).Lumen, [50, null], 'without a search no figure bounds it')
})

test('a registry that does not answer makes the upper ends unknown, and is not taken for an empty one', async (t) => {
  const { harbor, lumen, quay, clock } = await startThree(t)
  await publish(harbor, { name: 'Boat here' })
  await publish(lumen, { name: 'Boat there' })
  await publish(quay, { name: 'Boat over there', agent_type: 'api' })
  await quay.stop()
  const found = await facets(harbor, FEDERATED)
  assert.deepEqual(ranges(found.facets.registry), { Harbor: [1, 1], Lumen: [1, 1], Quay: [0, null] })
  assert.deepEqual(ranges(found.facets.agent_type), { a2a: [2, null] })
  assert.equal(found.federation_stats?.complete, false)
  assert.equal(found.federation_stats?.peers.find(({ name }) => name === 'Quay')?.outcome, 'unreachable')
  const without = await facets(harbor, `${FEDERATED}&peers=Lumen`)
  assert.deepEqual(
    ranges(without.facets.agent_type),
    { a2a: [2, 2] },
    'who was not to be asked takes nothing away',
  )

  await lumen.stop()
  clock.advance(3_600_000)
  const copied = await facets(harbor, FEDERATED)
  const lumens = copied.federation_stats?.peers.find(({ name }) => name === 'Lumen')
  assert.equal(lumens?.outcome, 'stale')
  assert.deepEqual(ranges(copied.facets.registry).Lumen, [1, null], 'a copy is not all there is')
})

test('of many values the most frequent hundred are told, in one order each time', async (t) => {
  const harbor = await startRegistry(t, { name: 'Harbor' })
  const lines = Array.from({ length: 130 }, (_, place): Line => {
    const own = `tag-${String(place).padStart(3, '0')}`
    return { name: `Boat ${place}`, agent_type: 'api', tags: place < 3 ? [own, 'common'] : [own] }
  })
  await importAll(harbor, lines)
  const first = await facets(harbor, 'search=boat')
  assert.equal(first.facets.tags.length, 100)
  assert.deepEqual(
    first.facets.tags.slice(0, 3).map(({ value, at_least: count }) => [value, count]),
    [
      ['common', 3],
      ['tag-000', 1],
      ['tag-001', 1],
    ],
  )
  assert.deepEqual(await facets(harbor, 'search=boat'), first)
})

test('with FEDERATION_ENABLED=false facets are those of local records, and say so', async (t) => {
  const harbor = await startRegistry(t, { name: 'Harbor', env: { FEDERATION_ENABLED: 'false' } })
  await publish(harbor, { name: 'Boat' })
  const federated = await facets(harbor, FEDERATED)
  assert.deepEqual(ranges(federated.facets.registry), { Harbor: [1, 1] })
  assert.equal(federated.federation_stats, undefined)
  assert.match(federated.warnings?.join(' ') ?? '', /switched off/)
  assert.equal((await facets(harbor, 'search=boat')).warnings, undefined)
})

test('facets take what a search takes, but for its pages', async (t) => {
  const harbor = await startRegistry(t, { name: 'Harbor', env: { REGISTRY_ANONYMOUS_FEDERATED: 'false' } })
  const wrong = ['limit=5', 'cursor=a', 'peers=Nobody&include_federated=true', 'search=%00', 'timeout=-1']
  for (const query of wrong) {
    const { status, body } = await harbor.call('GET', `/discovery/facets?${query}`)
    assert.deepEqual([status, body.code], [400, 'invalid-parameter'], query)
  }
  const refused = await harbor.call('GET', `/discovery/facets?${FEDERATED}`, { key: null })
  assert.deepEqual([refused.status, refused.body.code], [401, 'unauthenticated'])
  assert.equal((await harbor.call('GET', '/discovery/facets?search=boat', { key: null })).status, 200)
})
