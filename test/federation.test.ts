/** Registries that know each other, by the calls their operators make: tokens given, peers added, requests signed. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type EngineUnderTest, forEachEngine } from './conformance/engines.ts'
import { PATIENT_CLOCK } from './support/clocks.ts'
import { startCounted } from './support/counting-proxy.ts'
import { signedBy } from './support/peer-request.ts'
import { discover, namesOf, publish, rowOf, statsOf } from './support/records.ts'
import { befriend, enrol, type StartOptions, startRegistry } from './support/registry.ts'

/** Harbor, which has Lumen and Meridian for peers. @param ofHarbor what Harbor alone is started with. */
async function startThree(
  t: TestContext,
  databases: readonly EngineUnderTest[] = [],
  ofHarbor: Pick<StartOptions, 'overrides'> = {},
) {
  const start = (name: string, index: number, options: StartOptions = {}) =>
    startRegistry(t, {
      ...{ name, ...options },
      ...(databases[index] !== undefined && { database: databases[index] }),
    })
  const [harbor, lumen, meridian] = await Promise.all([
    start('Harbor', 0, ofHarbor),
    start('Lumen', 1),
    start('Meridian', 2),
  ])
  // One after the other: the account lists peers in the order they were added.
  await enrol(harbor, lumen)
  await enrol(harbor, meridian)
  return { harbor, lumen, meridian }
}

const TRANSLATION = { description: 'Translates contracts between languages.', tags: ['nlp'] }

await forEachEngine('a federated search', (createDatabase) => {
  test('asks every peer and merges what all know into one ranked answer with an account', async (t) => {
    const databases: EngineUnderTest[] = []
    for (let index = 0; index < 3; index += 1) databases.push(await createDatabase())
    const { harbor, lumen, meridian } = await startThree(t, databases)
    t.after(async () => {
      for (const database of databases) await database.dispose()
    })
    await publish(harbor, { name: 'Contract Translator', ...TRANSLATION })
    await publish(lumen, { name: 'Legal Translator', ...TRANSLATION, visibility: 'federated' })
    await publish(lumen, { name: 'Weather', description: 'Forecasts rain.' })
    await publish(meridian, { name: 'Translator of Poems', description: 'Translates poems.' })
    await publish(meridian, { name: 'Draft', ...TRANSLATION, visibility: 'local' })

    const answer = await discover(harbor, 'search=translate%20contracts')
    assert.deepEqual(namesOf(answer).toSorted(), [
      'Contract Translator',
      'Legal Translator',
      'Translator of Poems',
    ])
    const scores = answer.agents.map(({ score }) => score ?? Number.NaN)
    assert.deepEqual(
      scores,
      scores.toSorted((one, other) => other - one),
    )
    assert.equal(answer.agents.at(-1)?.name, 'Translator of Poems')

    const { peers, duration_ms: durationMs, ...figures } = statsOf(answer)
    assert.deepEqual(figures, {
      queried_registries: 2,
      successful_queries: 2,
      failed_queries: 0,
      skipped_registries: 0,
      total_federated_results: 2,
      cache_hits: 0,
      complete: true,
    })
    assert.ok(durationMs >= 0)
    assert.deepEqual(
      peers.map(({ name, outcome, results, cache }) => ({ name, outcome, results, cache })),
      [
        { name: 'Lumen', outcome: 'answered', results: 1, cache: 'miss' },
        { name: 'Meridian', outcome: 'answered', results: 1, cache: 'miss' },
      ],
    )
  })
})

test('every result says which registry it comes from, how, and how old it is', async (t) => {
  const { harbor, lumen } = await startThree(t)
  await publish(harbor, { name: 'Ours', description: 'Sails ships.' })
  const theirs = await publish(lumen, { name: 'Theirs', description: 'Sails ships.' })
  const answer = await discover(harbor, 'search=sails')
  const [ours, found] = ['Ours', 'Theirs'].map((name) => answer.agents.find((agent) => agent.name === name))
  assert.deepEqual(
    [ours?.is_federated, ours?.registry_name, ours?.registry_url],
    [false, 'Harbor', harbor.url],
  )
  assert.equal(ours?.provenance.origin, harbor.url)
  assert.equal(ours?.provenance.peer_id, undefined)
  assert.deepEqual(
    [found?.is_federated, found?.registry_name, found?.registry_url, found?.did],
    [true, 'Lumen', lumen.url, theirs.did],
  )
  const { fetched_at: fetchedAt, age_seconds: ageSeconds, ...provenance } = found?.provenance ?? {}
  assert.deepEqual(provenance, {
    origin: lumen.url,
    peer_id: rowOf(answer, 'Lumen').peer_id,
    stale: false,
    verification: 'unverified',
  })
  assert.ok(Math.abs(Date.parse(fetchedAt ?? '') - Date.now()) < 10_000)
  assert.ok((ageSeconds ?? 99) <= 10)
})

test('one agent in several registries is one result; the other places are in also_in', async (t) => {
  const { harbor, lumen, meridian } = await startThree(t)
  const agent = {
    description: 'Summarizes minutes.',
    endpoints: [{ url: 'https://agents.example/minutes', protocol: 'a2a' }],
  }
  const atLumen = await publish(lumen, { name: 'Minutes at Lumen', ...agent })
  await publish(meridian, { name: 'Minutes at Meridian', ...agent })
  const foreign = await discover(harbor, 'search=minutes')
  assert.equal(foreign.agents.length, 1)
  assert.equal(foreign.agents[0]?.also_in.length, 1)
  // Both gave a result before they were found to be one.
  assert.equal(statsOf(foreign).total_federated_results, 2)

  await publish(harbor, { name: 'Minutes here', ...agent })
  const answer = await discover(harbor, 'search=minutes')
  assert.deepEqual(namesOf(answer), ['Minutes here'])
  assert.deepEqual(answer.agents[0]?.also_in.map(({ registry_name: name }) => name).toSorted(), [
    'Lumen',
    'Meridian',
  ])
  assert.ok(
    answer.agents[0]?.also_in.some(({ id, registry_url: url }) => id === atLumen.id && url === lumen.url),
  )
})

test('peers= asks these alone, by name or id; the others are accounted for as not selected', async (t) => {
  const { harbor, lumen, meridian } = await startThree(t)
  await publish(lumen, { name: 'Pilot of Lumen' })
  await publish(meridian, { name: 'Pilot of Meridian' })
  const byName = await discover(harbor, 'search=pilot&peers=lumen')
  assert.deepEqual(namesOf(byName), ['Pilot of Lumen'])
  const { queried_registries: queried, skipped_registries: skipped, complete } = statsOf(byName)
  assert.deepEqual({ queried, skipped, complete }, { queried: 1, skipped: 1, complete: false })
  const { outcome, reason, results } = rowOf(byName, 'Meridian')
  assert.deepEqual(
    { outcome, reason, results },
    { outcome: 'skipped', reason: 'not-selected', results: undefined },
  )
  const byId = await discover(harbor, `search=pilot&peers=${rowOf(byName, 'Meridian').peer_id}&peers=LUMEN`)
  assert.equal(statsOf(byId).queried_registries, 2)

  for (const options of [{}, { key: null }]) {
    const unknown = await harbor.call(
      'GET',
      '/discovery/agents?include_federated=true&peers=Nowhere',
      options,
    )
    assert.equal(unknown.status, 400)
    assert.equal(unknown.body.code, 'invalid-parameter')
    assert.match(unknown.body.detail, /"Nowhere"/)
  }
})

test('include_local=false leaves our own records out, not the peers', async (t) => {
  const { harbor, lumen } = await startThree(t)
  await publish(harbor, { name: 'Helm here' })
  await publish(lumen, { name: 'Helm there' })
  assert.deepEqual(namesOf(await discover(harbor, 'search=helm&include_local=false')), ['Helm there'])
  assert.deepEqual(namesOf(await discover(harbor, 'include_local=false')), ['Helm there'])
  assert.equal((await discover(harbor, 'search=helm')).agents.length, 2)
})

test('without a search, all registries’ newest come first', async (t) => {
  const { harbor, lumen, meridian } = await startThree(t)
  const names = ['First', 'Second', 'Third', 'Fourth']
  for (const [index, registry] of [lumen, harbor, meridian, lumen].entries()) {
    await publish(registry, { name: names[index] ?? '' })
    await new Promise((resolve) => setTimeout(resolve, 3)) // times have milliseconds
  }
  const answer = await discover(harbor, 'limit=3')
  assert.deepEqual(namesOf(answer), ['Fourth', 'Third', 'Second'])
  assert.equal(statsOf(answer).complete, true)
})

test('a disabled peer is neither asked nor shown from that moment on, though its answers were cached', async (t) => {
  const { harbor, lumen } = await startThree(t)
  await publish(lumen, { name: 'Lantern' })
  const before = await discover(harbor, 'search=lantern')
  assert.deepEqual(namesOf(before), ['Lantern'])
  const id = rowOf(before, 'Lumen').peer_id
  await harbor.succeed('PUT', `/federation/peers/${id}`, { body: { is_active: false } })
  const during = await discover(harbor, 'search=lantern')
  assert.deepEqual(during.agents, [])
  assert.deepEqual(
    statsOf(during).peers.map(({ name }) => name),
    ['Meridian'],
  )
  assert.equal(statsOf(during).complete, true)
  const named = await harbor.call('GET', '/discovery/agents?include_federated=true&peers=Lumen')
  assert.equal(named.status, 400)
  await harbor.succeed('PUT', `/federation/peers/${id}`, { body: { is_active: true } })
  const again = await discover(harbor, 'search=lantern')
  assert.deepEqual(namesOf(again), ['Lantern'])
  assert.equal(rowOf(again, 'Lumen').cache, 'miss')
})

test('a revoked token, and a peer that may no longer ask, are refused at once and the account says so', async (t) => {
  // Lumen has failed when it is asked for the last time, and is hardly waited for once Meridian has answered.
  const { harbor, lumen } = await startThree(t, [], { overrides: { clock: PATIENT_CLOCK } })
  await publish(lumen, { name: 'Compass' })
  assert.deepEqual(namesOf(await discover(harbor, 'search=compass')), ['Compass'])
  const { peers } = await lumen.succeed<{ peers: { id: string }[] }>('GET', '/federation/peers')
  const path = `/federation/peers/${peers[0]?.id}`
  await lumen.succeed('PUT', path, { body: { inbound_active: false } })
  const switchedOff = await discover(harbor, 'search=compass&force_refresh=true')
  assert.deepEqual(switchedOff.agents, [])
  assert.equal(rowOf(switchedOff, 'Lumen').outcome, 'refused')
  assert.match(rowOf(switchedOff, 'Lumen').error ?? '', /does not answer Harbor/)
  await lumen.succeed('PUT', path, { body: { inbound_active: true } })
  const { tokens } = await lumen.succeed<{ tokens: { id: string }[] }>('GET', '/federation/tokens')
  await lumen.succeed('DELETE', `/federation/tokens/${tokens[0]?.id}`)
  const revoked = await discover(harbor, 'search=compass&force_refresh=true')
  assert.equal(rowOf(revoked, 'Lumen').outcome, 'refused')
  assert.match(rowOf(revoked, 'Lumen').error ?? '', /revoked/)
})

test('removing a peer revokes its tokens and takes it out of every answer', async (t) => {
  const [harbor, lumen] = await Promise.all([
    startRegistry(t, { name: 'Harbor' }),
    startRegistry(t, { name: 'Lumen' }),
  ])
  await befriend(harbor, lumen)
  await publish(lumen, { name: 'Sextant' })
  await publish(harbor, { name: 'Anchor' })
  const { peer_id: id } = rowOf(await discover(harbor, 'search=sextant'), 'Lumen')
  const removed = await harbor.succeed<{ revoked_tokens: number }>('DELETE', `/federation/peers/${id}`)
  assert.equal(removed.revoked_tokens, 1)
  const after = await discover(harbor, 'search=sextant')
  assert.deepEqual([after.agents, statsOf(after).peers, statsOf(after).complete], [[], [], true])
  assert.equal(rowOf(await discover(lumen, 'search=anchor'), 'Harbor').outcome, 'refused')
})

test('what a peer asks is answered from own records alone: no question runs in circles', async (t) => {
  const names = ['Amber', 'Basalt', 'Cobalt']
  const ring = await Promise.all(names.map((name) => startCounted(t, { name })))
  const [amber, basalt, cobalt] = ring
  assert.ok(amber && basalt && cobalt)
  await befriend(amber, basalt)
  await befriend(basalt, cobalt)
  await befriend(cobalt, amber)
  for (const registry of ring) await publish(registry, { name: `Stone of ${registry.name}` })
  for (const registry of ring) registry.passed.length = 0

  const answer = await discover(amber, 'search=stone')
  assert.deepEqual(namesOf(answer).toSorted(), ['Stone of Amber', 'Stone of Basalt', 'Stone of Cobalt'])
  assert.equal(statsOf(answer).complete, true)
  // Late requests would show by now: every registry has answered.
  const cameBy = ring.map(({ passed }) => passed.map(({ method, target, from }) => [method, target, from]))
  // Amber was asked by this test.
  assert.equal(cameBy[0]?.length, 1)
  for (const passed of cameBy.slice(1)) {
    assert.equal(passed.length, 1)
    assert.match(String(passed[0]?.[1]), /^\/api\/v1\/agents\?search=stone&/)
    assert.equal(passed[0]?.[2], amber.url)
  }
})

test('who carries a federation token or X-Federation-Registry gets no fan-out on any surface', async (t) => {
  const { harbor, lumen } = await startThree(t)
  const partner = await startRegistry(t, { name: 'Partner' })
  const { token, signingSecret } = await enrol(partner, harbor)
  await publish(lumen, { name: 'Beacon', visibility: 'federated' })
  const asPeer = (target: string) =>
    harbor.send<{ agents?: unknown[]; code?: string }>('GET', target, {
      key: token,
      headers: signedBy({ registry: partner.url, secret: signingSecret }, target),
    })
  const search = await asPeer('/api/v1/discovery/agents?search=beacon&include_federated=true')
  assert.deepEqual([search.status, search.body.code], [403, 'forbidden'])
  const listed = await asPeer('/api/v1/agents?search=beacon')
  assert.deepEqual([listed.status, listed.body.agents], [200, []])
  const asked = await asPeer('/api/v1/agents?search=beacon&include_federated=true')
  assert.deepEqual([asked.status, asked.body.code], [400, 'invalid-parameter'])
  for (const key of [null, harbor.adminKey]) {
    const marked = await harbor.call('GET', '/discovery/agents?search=beacon&include_federated=true', {
      key,
      headers: { 'x-federation-registry': partner.url },
    })
    assert.deepEqual([marked.status, marked.body.code], [403, 'forbidden'])
  }
})

test('with FEDERATION_ENABLED=false a federated search gives local results and a warning, and peers are refused', async (t) => {
  const harbor = await startRegistry(t, { name: 'Harbor', env: { FEDERATION_ENABLED: 'false' } })
  const lumen = await startRegistry(t, { name: 'Lumen' })
  const { probe } = await enrol(lumen, harbor)
  assert.match(probe.problem ?? '', /switched off/)
  await publish(harbor, { name: 'Mast' })
  for (const query of ['search=mast', 'search=mast&peers=Nowhere']) {
    const answer = await discover(harbor, query)
    assert.deepEqual(namesOf(answer), ['Mast'])
    assert.equal(answer.federation_stats, undefined)
    assert.match(answer.warnings?.join(' ') ?? '', /switched off/)
  }
  const health = await harbor.succeed<{ overall_status: string }>('GET', '/federation/health')
  assert.equal(health.overall_status, 'disabled')
  const asked = await discover(lumen, 'search=mast')
  assert.notEqual(rowOf(asked, 'Harbor').outcome, 'answered')
})
