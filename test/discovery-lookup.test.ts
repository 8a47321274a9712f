/** One agent by its DID, anywhere in the federation: found, not there, or not to be known just now. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { WireDiscoveredAgent, WireFederationStats } from '../src/wire/discovery.ts'
import { createLaterClock, PATIENT_CLOCK } from './support/clocks.ts'
import { type CountedRegistry, startCounted } from './support/counting-proxy.ts'
import { wireAgent } from './support/federation.ts'
import { signedBy } from './support/peer-request.ts'
import { assertProblem } from './support/problems.ts'
import { discover, publish } from './support/records.ts'
import {
  type Answer,
  type CallOptions,
  enrol,
  findFreePort,
  type Problem,
  type RunningRegistry,
  startRegistry,
  temporaryFolder,
} from './support/registry.ts'
import { startScriptedRegistry } from './support/scripted-registry.ts'

type Found = WireDiscoveredAgent & { readonly federation_stats?: WireFederationStats }

const lookUp = (
  registry: RunningRegistry,
  did: string,
  { query = '', ...options }: CallOptions & { readonly query?: string } = {},
): Promise<Answer<Found & Problem>> =>
  registry.call('GET', `/discovery/agents/${encodeURIComponent(did)}${query}`, options)

const outcomesOf = ({ body }: Answer<Found>): Record<string, string> =>
  Object.fromEntries((body.federation_stats?.peers ?? []).map(({ name, outcome }) => [name, outcome]))

/** What other registries asked of it. */
const askedOf = ({ passed }: CountedRegistry): string[] =>
  passed.filter(({ from }) => from !== undefined).map(({ target }) => target)

/** Harbor asks Lumen and Quay, whose requests are counted. */
async function startThree(t: TestContext) {
  const clock = createLaterClock()
  const overrides = { clock }
  const [harbor, lumen, quay] = await Promise.all([
    startRegistry(t, { name: 'Harbor', overrides }),
    startCounted(t, { name: 'Lumen', overrides }),
    startCounted(t, { name: 'Quay', overrides }),
  ])
  await enrol(harbor, lumen)
  await enrol(harbor, quay)
  return { harbor, lumen, quay, clock }
}

test('our own agent is shown at once, whoever else there is', async (t) => {
  const { harbor, lumen, quay } = await startThree(t)
  const { did } = await publish(harbor, { name: 'Ferry' })
  await lumen.stop()
  for (const spelled of [encodeURIComponent(did), did]) {
    const { status, body } = await harbor.call<Found>('GET', `/discovery/agents/${spelled}`)
    assert.equal(status, 200, JSON.stringify(body))
    const { name, is_federated: isFederated, provenance, federation_stats: stats } = body
    assert.deepEqual([name, isFederated, provenance.origin, stats], ['Ferry', false, harbor.url, undefined])
  }
  assert.deepEqual(askedOf(quay), [])
})

test('a did:web leads to its registry, which alone is asked, once while its answer is fresh', async (t) => {
  const { harbor, lumen, quay } = await startThree(t)
  const { did } = await publish(quay, { name: 'Tug', visibility: 'federated' })
  for (const spelled of [encodeURIComponent(did), did]) {
    const answer = await harbor.call<Found>('GET', `/discovery/agents/${spelled}`)
    const { name, provenance, registry_name: registry } = answer.body
    assert.deepEqual([answer.status, name, registry], [200, 'Tug', 'Quay'])
    assert.deepEqual([provenance.origin, provenance.stale], [quay.url, false])
    assert.deepEqual(outcomesOf(answer), { Lumen: 'skipped', Quay: 'answered' })
  }
  assert.equal(askedOf(quay).length, 1)
  assert.match(askedOf(quay)[0] ?? '', /^\/api\/v1\/agents\/did%3Aweb%3A/)
  assert.deepEqual(askedOf(lumen), [])
})

test('an agent that nobody has is 404 when all who could have it said so, else 503 with who did not', async (t) => {
  const { harbor, lumen, quay } = await startThree(t)
  const { did } = await publish(lumen, { name: 'Tug' })
  const nobodys = { key: 'did:key:z6MkNobody', lumen: did.replace(/.{12}$/, '000000000000') }
  for (const [whose, unknown] of Object.entries(nobodys)) {
    assertProblem(await lookUp(harbor, unknown), [404, 'agent-not-found'], whose)
  }
  assert.equal(askedOf(quay).length, 1, 'of a DID that says nothing of where it belongs, everyone is asked')

  await lumen.stop()
  for (const unknown of ['did:key:z6MkOther', did.replace(/.{12}$/, '111111111111')]) {
    const silent = await lookUp(harbor, unknown)
    assertProblem(silent, [503, 'peer-unavailable'], unknown)
    // On a busy machine the deadline may pass before the second try is refused.
    assert.match(silent.body.detail, /Lumen \((unreachable|timeout)\)/)
    assert.doesNotMatch(silent.body.detail, /Quay/)
    assert.ok(Number(silent.headers.get('retry-after')) > 0)
  }
  const only = await lookUp(harbor, 'did:key:z6MkOther', { query: '?peers=Quay' })
  assertProblem(only, [404, 'agent-not-found'], 'Quay alone was to be asked')
})

test('nobody is asked for the agents of registries that are no peers, or of our own', async (t) => {
  const { harbor, lumen, quay } = await startThree(t)
  const { did, id } = await publish(harbor, { name: 'Secret', visibility: 'private' })
  await lumen.stop()
  const others = {
    'another registry’s': 'did:web:registry.example:agents:1',
    'ours, unknown': did.replace(id, 'nobody'),
    'begins like a peer’s': `${did.replace(/%3A\d+/, `%3A${new URL(quay.url).port}1`)}`,
  }
  for (const [what, unknown] of Object.entries(others)) {
    assertProblem(await lookUp(harbor, unknown), [404, 'agent-not-found'], what)
  }
  assertProblem(await lookUp(harbor, did, { key: null }), [404, 'agent-not-found'], 'ours, private')
  assert.deepEqual(askedOf(quay), [], 'nor does anyone learn of our private agents')
})

test('while its registry is down an agent is shown as it was last seen, marked, also after a restart, for a day', async (t) => {
  const clock = createLaterClock()
  const address = join(await temporaryFolder(t), 'registry.db')
  const env = { REGISTRY_PORT: String(await findFreePort()) }
  const startHarbor = () =>
    startRegistry(t, { name: 'Harbor', database: { kind: 'sqlite', address }, env, overrides: { clock } })
  const lumen = await startRegistry(t, { name: 'Lumen', overrides: { clock } })
  const harbor = await startHarbor()
  await enrol(harbor, lumen)
  const { did } = await publish(lumen, { name: 'Ferry', visibility: 'federated' })
  const unseen = await publish(lumen, { name: 'Barge' })
  await discover(harbor, 'search=ferry') // seen in a search, not looked up
  await harbor.stop()
  await lumen.stop()

  const again = await startHarbor()
  clock.advance(3_600_000)
  const shown = await lookUp(again, did)
  assert.equal(shown.status, 200, shown.text)
  const { name, is_federated: isFederated, provenance } = shown.body
  assert.deepEqual([name, isFederated, provenance.stale], ['Ferry', true, true])
  assert.ok(provenance.age_seconds >= 3_600 && provenance.age_seconds < 3_700, `${provenance.age_seconds} s`)
  assert.deepEqual(outcomesOf(shown), { Lumen: 'stale' })
  assertProblem(await lookUp(again, unseen.did), [503, 'peer-unavailable'], 'never seen')
  assertProblem(await lookUp(again, did, { key: null }), [503, 'peer-unavailable'], 'not for everyone’s eyes')
  assertProblem(await lookUp(again, did, { query: '?force_refresh=true' }), [503, 'peer-unavailable'])
  assertProblem(await lookUp(again, did, { query: '?max_age=60' }), [503, 'peer-unavailable'])
  clock.advance(24 * 3_600_000)
  assertProblem(await lookUp(again, did), [503, 'peer-unavailable'], 'a day later')
})

test('a deleted agent of ours is 410 to those who could see it; one deleted at its registry is gone', async (t) => {
  const { harbor, lumen } = await startThree(t)
  const open = await publish(harbor, { name: 'Ferry' })
  const local = await publish(harbor, { name: 'Tender', visibility: 'local' })
  for (const { id } of [open, local]) await harbor.call('DELETE', `/agents/${id}?reason=sold`)
  for (const key of [harbor.adminKey, null]) {
    const gone = await lookUp(harbor, open.did, { key })
    assertProblem(gone, [410, 'agent-deleted'])
    assert.match(gone.body.detail, /sold/)
  }
  assertProblem(await lookUp(harbor, local.did), [410, 'agent-deleted'])
  assertProblem(await lookUp(harbor, local.did, { key: null }), [404, 'agent-not-found'])

  const theirs = await publish(lumen, { name: 'Tug' })
  assert.equal((await lookUp(harbor, theirs.did)).status, 200)
  await lumen.call('DELETE', `/agents/${theirs.id}`)
  for (const query of ['?force_refresh=true', '']) {
    assertProblem(await lookUp(harbor, theirs.did, { query }), [404, 'agent-not-found'], query)
  }
})

test('nobody sees by its DID what a search would not show, whoever asked before', async (t) => {
  for (const order of ['key first', 'nobody first']) {
    const { harbor, lumen } = await startThree(t)
    const shared = await publish(lumen, { name: 'Shared', visibility: 'federated' })
    const hidden = [
      await publish(lumen, { name: 'Local', visibility: 'local' }),
      await publish(lumen, { name: 'Private', visibility: 'private' }),
    ]
    const asKey = async () => assert.equal((await lookUp(harbor, shared.did)).status, 200)
    const asNobody = async () => {
      const answer = await lookUp(harbor, shared.did, { key: null })
      assertProblem(answer, [404, 'agent-not-found'], order)
      assert.doesNotMatch(answer.text, /Shared/)
    }
    const asked = [asKey, asNobody]
    if (order === 'nobody first') asked.reverse()
    for (const ask of [...asked, ...asked]) await ask()
    for (const { did } of hidden) assertProblem(await lookUp(harbor, did), [404, 'agent-not-found'])
  }
})

test('a peer’s question for one agent is answered from our own records and goes no further', async (t) => {
  const { harbor, lumen } = await startThree(t)
  const partner = await startRegistry(t, { name: 'Partner' })
  const { token, signingSecret } = await enrol(partner, harbor)
  const { did } = await publish(lumen, { name: 'Tug' })
  const own = await publish(harbor, { name: 'Ferry', visibility: 'federated' })
  const asPeer = (path: string) => {
    const headers = signedBy({ registry: partner.url, secret: signingSecret }, `/api/v1${path}`)
    return harbor.call<Problem>('GET', path, { key: token, headers })
  }
  assert.equal((await asPeer(`/agents/${encodeURIComponent(own.did)}`)).status, 200)
  assertProblem(await asPeer(`/agents/${encodeURIComponent(did)}`), [404, 'agent-not-found'])
  for (const path of [
    `/discovery/agents/${encodeURIComponent(did)}`,
    '/discovery/facets?include_federated=true',
  ]) {
    assertProblem(await asPeer(path), [403, 'forbidden'], path)
    for (const key of [harbor.adminKey, null]) {
      const marked = await harbor.call('GET', path, {
        key,
        headers: { 'x-federation-registry': partner.url },
      })
      assertProblem(marked, [403, 'forbidden'], path)
    }
  }
  assert.deepEqual(askedOf(lumen), [])
})

test('a peer that answers with another agent, or in another’s name, is not believed', async (t) => {
  // After the second look-up the peer has failed, and would hardly be waited for.
  const harbor = await startRegistry(t, { name: 'Harbor', overrides: { clock: PATIENT_CLOCK } })
  const answers: unknown[] = []
  await using liar = await startScriptedRegistry(({ target }) => {
    const body = target.startsWith('/health') ? { status: 'healthy', agent_count: 1 } : answers.shift()
    return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  })
  const body = { name: 'Liar', registry_url: liar.url }
  await harbor.succeed('POST', '/federation/peers', { body })
  const record = wireAgent(liar.url, 'real')
  answers.push({ ...record, id: 'other', did: record.did.replace(/real$/, 'other') })
  assertProblem(await lookUp(harbor, record.did), [404, 'agent-not-found'], 'another agent')
  answers.push({ ...record, did: 'did:web:registry.example:agents:1' })
  const forged = await lookUp(harbor, record.did, { query: '?force_refresh=true' })
  assertProblem(forged, [503, 'peer-unavailable'], 'another registry’s')
  assert.match(forged.body.detail, /bad-response/)
  answers.push(record)
  const honest = await lookUp(harbor, record.did, { query: '?force_refresh=true' })
  assert.deepEqual([honest.status, honest.body.name], [200, 'real'])
})

test('what is no DID, and parameters that make no sense, are refused with their names', async (t) => {
  const { harbor, lumen } = await startThree(t)
  const { did } = await publish(lumen, { name: 'Tug' })
  for (const bad of ['ferry', 'did:', 'did:web:', 'did:web:a#b', 'did:UPPER:x']) {
    const { status, body } = await lookUp(harbor, bad)
    assert.equal(status, 400, `${bad}: ${JSON.stringify(body)}`)
  }
  for (const bad of ['did:key:%E0%A4%A', 'did%3Akey%3A%E0%A4%A', 'did:key:a%2Fb%00']) {
    const { status, body } = await harbor.call('GET', `/discovery/agents/${bad}`)
    assert.equal(status, 400, `${bad}: ${JSON.stringify(body)}`)
  }
  const queries = ['?peers=Nobody', '?timeout=-1', '?max_age=x', '?limit=5', '?cursor=a']
  for (const query of queries) {
    const refused = await lookUp(harbor, did, { query })
    assertProblem(refused, [400, 'invalid-parameter'], query)
    assert.equal(refused.body.errors?.[0]?.pointer, query.replace(/=.*/, ''))
  }
  assert.deepEqual(askedOf(lumen), [])
})
