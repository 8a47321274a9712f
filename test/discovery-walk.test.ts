/** Walking a merged answer page by page, over real registries: all of it, once, in the one order. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { WireDiscoveryAnswer } from '../src/wire/discovery.ts'
import { createLaterClock } from './support/clocks.ts'
import { FERRIES, publishFerries, startPeers } from './support/fleet.ts'
import { discover, namesOf, rowOf, statsOf } from './support/records.ts'
import { eventually } from './support/redis.ts'
import {
  findFreePort,
  type RunningRegistry,
  type StartOptions,
  startRegistry,
  temporaryFolder,
} from './support/registry.ts'
import { hasPostgres, startReplicas } from './support/replicas.ts'

const skip = (await hasPostgres('walks over replicas')) ? false : 'PostgreSQL does not answer'

const OWN = 12

/** Settings under which a registry is the same one after it was stopped. */
async function lasting(t: TestContext, name: string): Promise<StartOptions & { readonly env: object }> {
  const database = { kind: 'sqlite', address: join(await temporaryFolder(t), 'registry.db') } as const
  return { name, database, env: { REGISTRY_PORT: String(await findFreePort()) } }
}

/**
 * Harbor with four peers, and what it answers in one piece. It takes everything a peer has at once for that, and is
 * started anew to take as little as it may, so that a walk has to ask peers for more.
 */
async function startWalk(t: TestContext, sizes: readonly number[]) {
  const clock = createLaterClock()
  const options = await lasting(t, 'Harbor')
  const peerOptions = { ...(await lasting(t, 'Peer 0')), overrides: { clock } }
  const starting = (perPeer: string): Promise<RunningRegistry> =>
    startRegistry(t, {
      ...{ ...options, overrides: { clock } },
      env: { ...options.env, FEDERATION_MAX_RESULTS_PER_PEER: perPeer },
    })
  const first = await starting('100')
  await publishFerries(first, OWN, 100)
  const peers = await startPeers(t, first, { sizes, peers: [peerOptions] })
  const whole = await discover(first, `${FERRIES}&limit=100`)
  assert.deepEqual([whole.next_cursor, statsOf(whole).complete], [null, true])
  await first.stop()
  const restartPeer = () => startRegistry(t, peerOptions)
  return { harbor: await starting('20'), peers, whole, restartPeer, clock }
}

/** The page at `cursor` and all after it, at most `most`; `at` says whom to ask for each. */
async function walk(
  at: (page: number) => RunningRegistry,
  { cursor = null, most = 100 }: { readonly cursor?: string | null; readonly most?: number } = {},
): Promise<WireDiscoveryAnswer[]> {
  const pages: WireDiscoveryAnswer[] = []
  let next = cursor
  do {
    const query = `${FERRIES}&limit=5${next === null ? '' : `&cursor=${next}`}`
    const page = await discover(at(pages.length), query)
    assertAddsUp(page)
    pages.push(page)
    next = page.next_cursor
  } while (next !== null && pages.length < most)
  return pages
}

const allNames = (pages: readonly WireDiscoveryAnswer[]): string[] => pages.flatMap(namesOf)

function assertAddsUp(page: WireDiscoveryAnswer): void {
  const stats = statsOf(page)
  const { queried_registries: queried, skipped_registries: skipped, peers } = stats
  assert.equal(peers.length, 4, 'a row for every peer')
  assert.equal(queried + skipped, 4)
  assert.equal(stats.successful_queries + stats.failed_queries, queried)
  assert.equal(
    stats.complete,
    peers.every(({ outcome }) => outcome === 'answered'),
  )
}

test('20 pages over five registries are the answer in one piece: nothing left out, nothing twice, in its order', async (t) => {
  const { harbor, whole } = await startWalk(t, [45, 25, 12, 6])
  const pages = await walk(() => harbor)
  assert.equal(pages.length, 20)
  const [first] = pages
  assert.ok(first)
  assert.equal(rowOf(first, 'Peer 0').more, true, 'peers have more than their first page')
  assert.equal(whole.agents.length, 96, 'the one that all five have is one result')
  assert.deepEqual(allNames(pages), namesOf(whole))
  assert.deepEqual(
    pages.flatMap(({ agents }) => agents.map(({ score }) => score)),
    whole.agents.map(({ score }) => score),
  )
  assert.ok(pages.every((page) => statsOf(page).complete))
  const common = pages.flatMap(({ agents }) => agents.filter(({ also_in: others }) => others.length > 0))
  assert.deepEqual(
    namesOf({ agents: common }),
    ['Ferry Harbor 0'],
    'copies that come later are no new agents',
  )
})

test('a registry that dies on the way is told of on every page that lacks it; when it is back its records follow', async (t) => {
  const { harbor, peers, whole, restartPeer, clock } = await startWalk(t, [50, 4, 3, 2])
  const [before] = await walk(() => harbor, { most: 1 })
  await peers[0]?.stop()

  const during: WireDiscoveryAnswer[] = []
  let next = before?.next_cursor ?? null
  do {
    const [page] = await walk(() => harbor, { cursor: next, most: 1 })
    assert.ok(page?.next_cursor, 'who failed may have more')
    during.push(page)
    next = page.next_cursor
  } while (during.at(-1)?.agents.length === 5)
  const lacking = during.filter((page) => !statsOf(page).complete)
  assert.ok(lacking.length > 0)
  assert.deepEqual(lacking, during.slice(-lacking.length), 'from the first page that lacks it to the last')
  for (const page of lacking) {
    const { outcome, error, retry_at: retryAt } = rowOf(page, 'Peer 0')
    assert.notEqual(outcome, 'answered')
    assert.ok(error ?? retryAt, `${outcome} says why, or until when`)
    assert.equal(statsOf(page).successful_queries, 3, 'the others go on')
  }

  await restartPeer()
  clock.advance(31_000) // it is left alone so long at most after it failed some times
  const after = await walk(() => harbor, { cursor: next })
  assert.equal(after.at(-1)?.federation_stats?.complete, true)
  const names = allNames([before ?? assert.fail(), ...during, ...after])
  assert.deepEqual(names.toSorted(), namesOf(whole).toSorted(), 'all of it, nothing twice')
  const ofOthers = (all: readonly string[]) => all.filter((name) => !name.startsWith('Ferry Peer 0'))
  assert.deepEqual(ofOthers(names), ofOthers(namesOf(whole)), 'the order of the others is what it was')
})

test('a walk ends though a registry stays dead, and says on its last page that this one is missing', async (t) => {
  const { harbor, peers, whole } = await startWalk(t, [40, 10, 8, 5])
  const [first] = await walk(() => harbor, { most: 1 })
  await peers[0]?.stop()
  const rest = await walk(() => harbor, { cursor: first?.next_cursor ?? null })
  const last = rest.at(-1)
  assert.ok(first && last)
  assert.deepEqual([last.agents.length, last.next_cursor], [0, null])
  assert.notEqual(rowOf(last, 'Peer 0').outcome, 'answered')
  assert.equal(statsOf(last).complete, false)
  const names = allNames([first, ...rest])
  assert.equal(new Set(names).size, names.length, 'nothing twice')
  const missing = new Set(namesOf(whole)).difference(new Set(names))
  assert.ok(missing.size > 0)
  assert.ok(
    [...missing].every((name) => name.startsWith('Ferry Peer 0')),
    `${[...missing]}`,
  )
  assert.deepEqual(
    names,
    namesOf(whole).filter((name) => !missing.has(name)),
    'in the order of the whole',
  )
})

test('replicas take turns at one walk: short cursors carry their state, long ones find it in the database', {
  skip,
}, async (t) => {
  const { all, database } = await startReplicas(t, [{}, {}])
  const [one, other] = all
  assert.ok(one && other)
  await publishFerries(one, OWN, 100)
  await startPeers(t, one, { sizes: [45, 25, 12, 6] })
  const whole = await discover(one, `${FERRIES}&limit=100`)
  assert.equal(whole.next_cursor, null)

  await eventually('the other has read its peers, as it does every second', async () => {
    const { peers } = statsOf(await discover(other, 'search=nothing'))
    return peers.length === 4
  })
  const { db } = database.openBare()
  const kept = async (): Promise<number> =>
    (await db.selectFrom('discovery_snapshots').select('id').execute()).length
  const inTurn = (page: number) => (page % 2 === 0 ? one : other)
  const start = await walk(inTurn, { most: 4 })
  assert.equal(await kept(), 0, 'nothing is kept for a walk that has just begun')
  const rest = await walk(inTurn, { cursor: start.at(-1)?.next_cursor ?? null })
  assert.ok((await kept()) > 1)
  const pages = [...start, ...rest]
  assert.equal(pages.length, 20)
  assert.deepEqual(allNames(pages), namesOf(whole))
  for (const page of pages) assert.ok((page.next_cursor ?? '').length < 4_096)

  const long = rest.at(-3)?.next_cursor
  assert.ok(long)
  const again = await walk(() => other, { cursor: long })
  assert.deepEqual(allNames(again), namesOf(whole).slice(-6), 'a cursor can be used again')
  await db.deleteFrom('discovery_snapshots').execute()
  const anew = `include_federated=true&${FERRIES}&limit=7&cursor=${long}` // of a limit that no ready answer has
  const gone = await other.call('GET', `/discovery/agents?${anew}`)
  assert.deepEqual([gone.status, gone.body.code], [410, 'cursor-expired'])
})
