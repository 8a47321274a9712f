/** A registry among peers that misbehave in every way there is, with one honest peer beside. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { didRootOf } from '../../src/cards/did.ts'
import { SYSTEM_CLOCK } from '../../src/clock.ts'
import { mintTraceId } from '../../src/domain/trace-context.ts'
import { agentvault } from '../../src/federation/protocols/agentvault.ts'
import type { WireDiscoveryAnswer } from '../../src/wire/discovery.ts'
import type { ManualClock } from '../support/clocks.ts'
import { createManualClock, makePeer, openLoopback } from '../support/federation.ts'
import { discover, namesOf, publish } from '../support/records.ts'
import {
  enrol,
  type RunningRegistry,
  type StartOptions,
  startRegistry,
  temporaryFolder,
} from '../support/registry.ts'
import { buoy } from './bytes.ts'
import { assertClean, checkAnswer, checkRows } from './check-answer.ts'
import { OUR_ENDPOINT } from './claims.ts'
import { FIGURES, NO_FIGURES } from './figures.ts'
import { searchHeld } from './held-search.ts'
import { openZoo, type Zoo } from './keeper.ts'
import type { Misdeeds } from './misdeed.ts'
import { MISDEEDS } from './misdeeds.ts'
import { STATUSES } from './statuses.ts'

/** Longer than any peer is left alone, whatever it asked for. */
const PAUSE_MS = 3_700_000

type Habitat = { readonly harbor: RunningRegistry; readonly zoo: Zoo; readonly clock: ManualClock }

/** Harbor, which asks Lumen and the whole zoo. */
async function openHabitat(t: TestContext, misdeeds: Misdeeds, options: StartOptions = {}): Promise<Habitat> {
  const clock = createManualClock()
  const overrides = { clock }
  const harbor = await startRegistry(t, { name: 'Harbor', overrides, ...options })
  const lumen = await startRegistry(t, { name: 'Lumen', overrides })
  await enrol(harbor, lumen)
  await publish(harbor, { name: 'Local Buoy', endpoints: [OUR_ENDPOINT] })
  await publish(lumen, { name: 'Honest Buoy' })
  const zoo = await openZoo(t, misdeeds)
  await Promise.all(
    [...zoo.urls].map(([name, url]) =>
      harbor.succeed('POST', '/federation/peers', { body: { name, registry_url: url, api_key: SECRET } }),
    ),
  )
  return { harbor, zoo, clock }
}

const SECRET = 'key-of-another-make'

async function search(
  { harbor, clock }: Habitat,
  query: string,
  misdeeds: Misdeeds,
): Promise<WireDiscoveryAnswer> {
  const silent = Object.values(misdeeds).filter(({ outcome }) => outcome === 'timeout').length
  const prompt = Object.keys(misdeeds).length - silent + 1
  return searchHeld(harbor, { query, clock, prompt })
}

test(`${Object.keys(MISDEEDS).length} peers that misbehave, each in its own way: each has the line it deserves, and nobody else pays`, async (t) => {
  const database = { kind: 'sqlite', address: join(await temporaryFolder(t), 'registry.db') } as const
  const habitat = await openHabitat(t, MISDEEDS, { database })
  const { harbor, zoo, clock } = habitat
  // The last question is the first again: what is kept of its answers is too old to be shown without asking.
  for (const [place, word] of ['one', 'two', 'one'].entries()) {
    // Not after the last: a look at a peer's health that is under way then is signed an hour before it arrives.
    if (place > 0) clock.advance(PAUSE_MS)
    const answer = await search(habitat, `search=local+honest+buoy+${word}&limit=100`, MISDEEDS)
    checkRows(answer, MISDEEDS)
    checkAnswer(answer, { urls: zoo.urls, secret: SECRET })
    assert.ok(namesOf(answer).includes('Local Buoy') && namesOf(answer).includes('Honest Buoy'))
  }
  assert.deepEqual(zoo.canarySongs, [], 'nobody went where a peer pointed')
  for (const { headers } of zoo.askedOf('cookies to bring back'))
    assert.equal(headers.get('cookie'), undefined)
  const { peers } = await harbor.succeed<Health>('GET', '/federation/health')
  assert.equal(peers.find(({ name }) => name === 'Lumen')?.status, 'healthy')
  await harbor.stop()
  assertEachKeptAsItsOwn(database.address, zoo.urls)
})

/** What the database holds of peers is each peer's own, and clean. */
function assertEachKeptAsItsOwn(path: string, urls: Zoo['urls']): void {
  using database = new DatabaseSync(path, { readOnly: true })
  const rows = database
    .prepare(
      `select p.registry_url as url, c.agent_did as did, c.agent_data as data
       from federated_agents_cache c join federation_peers p on p.id = c.peer_id`,
    )
    .all()
  for (const { url, did, data } of rows) {
    const record = JSON.parse(String(data))
    assert.ok(String(did).startsWith(didRootOf(String(url))), `${did} is kept of ${url}`)
    assert.equal(record.did, did)
    assert.ok(record.registry_url === undefined || record.registry_url === url, `${did} of ${url}`)
    assertClean(record)
  }
  const kept = new Set(rows.map(({ url }) => url))
  const owed = [...urls].filter(([name]) => (MISDEEDS[name]?.results ?? 1) > 0 && isAnswering(name))
  assert.ok(
    owed.every(([, url]) => kept.has(url)),
    'what is right is kept',
  )
  assert.equal(kept.size, owed.length + 1, 'and of nobody else')
}

function isAnswering(name: string): boolean {
  return MISDEEDS[name]?.outcome === 'answered'
}

test('figures that cannot be, or that records disprove, move no score; those that may be true move them alike', async (t) => {
  const { harbor } = await openHabitat(t, FIGURES)
  const scores = async (name: string): Promise<unknown> => {
    const { agents } = await discover(
      harbor,
      `search=local+honest+buoy+one&peers=Lumen&peers=${encodeURIComponent(name)}`,
    )
    const honest = agents.filter(({ registry_name: registry }) =>
      ['Harbor', 'Lumen'].includes(registry ?? ''),
    )
    assert.equal(honest.length, 2, name)
    return honest.map(({ name, score }) => [name, score])
  }
  const expected = await scores(NO_FIGURES)
  for (const [name, { isPooled }] of Object.entries(FIGURES)) {
    if (isPooled) assert.deepEqual(await scores(name), expected, name)
    else assert.notDeepEqual(await scores(name), expected, name)
  }
})

type Health = { readonly peers: readonly { readonly name: string; readonly status: string }[] }

const ANSWERING: Misdeeds = Object.fromEntries(
  Object.entries(MISDEEDS).filter(([, { outcome }]) => outcome === 'answered'),
)

test('a walk over those that answer shows nothing twice and leaves nothing honest out', async (t) => {
  const { harbor, zoo } = await openHabitat(t, ANSWERING)
  const shown: string[] = []
  let cursor: string | null = null
  // A registry without end is walked for as long as its user likes.
  for (let page = 0; page < 8; page += 1) {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`
    const answer = await discover(harbor, `search=local+honest+buoy&limit=25${query}`)
    checkAnswer(answer, { urls: zoo.urls, secret: SECRET })
    shown.push(...answer.agents.map(({ registry_url: url, id }) => `${url} ${id}`))
    cursor = answer.next_cursor ?? assert.fail('there is always more')
  }
  assert.equal(new Set(shown).size, shown.length, 'nothing twice')
  assert.ok(shown.some((place) => place.startsWith(harbor.url)))
})

test('who looks for one agent among them, or counts all, is answered', async (t) => {
  const { harbor, zoo } = await openHabitat(t, { ...ANSWERING, ...STATUSES })
  const facets = await harbor.call('GET', '/discovery/facets?include_federated=true&search=buoy')
  assert.equal(facets.status, 200, facets.text)
  assertClean(facets.body)
  for (const [name, url] of zoo.urls) {
    const did = buoy({ url }, 'one').did
    const found = await harbor.call('GET', `/discovery/agents/${encodeURIComponent(did)}`)
    assert.ok([200, 404, 503].includes(found.status), `${name}: ${found.status} ${found.text}`)
    assert.ok(!found.text.includes(SECRET))
    assertClean(found.body)
  }
  assert.deepEqual(zoo.canarySongs, [])
})

test('asked for health or changes, each gives a result', async (t) => {
  const zoo = await openZoo(t, MISDEEDS)
  zoo.spoilHealth()
  await using outbound = openLoopback()
  const context = {
    ...{ outbound, clock: SYSTEM_CLOCK, publicUrl: 'http://localhost:1', deadlineMs: 500 },
    credentials: { apiKey: SECRET, signingSecret: null },
    traceId: mintTraceId(),
  }
  await Promise.all(
    [...zoo.urls].map(async ([name, url]) => {
      const peer = makePeer(url)
      const signal = AbortSignal.timeout(500) // who is silent is silent for longer
      const probe = await agentvault.probe(peer, { ...context, signal })
      assert.equal(probe.kind, 'failed', name)
      for (const since of [null, 7]) {
        const changes = await agentvault.changes(peer, since, { ...context, signal })
        assert.ok(changes.kind === 'failed' || changes.kind === 'unsupported', `${name}: ${changes.kind}`)
      }
    }),
  )
  assert.deepEqual(zoo.canarySongs, [])
})
