/** What a peer may take in a day. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WireAgent } from '../src/wire/agent.ts'
import { createManualClock } from './support/clocks.ts'
import { addAsker, type PeerAsker } from './support/peer-asker.ts'
import { publish } from './support/records.ts'
import { type Problem, type RunningRegistry, startRegistry } from './support/registry.ts'
import { hasPostgres, startReplicas } from './support/replicas.ts'

type Page = { readonly agents: readonly WireAgent[]; readonly next_cursor: string | null }
type Refusal = Problem & { readonly quota?: string }

const setQuota = (registry: RunningRegistry, asker: PeerAsker, quota: object | null) =>
  registry.succeed('PUT', `/federation/peers/${asker.id}`, { body: { quota } })

async function fill(registry: RunningRegistry, count: number): Promise<WireAgent[]> {
  const made: WireAgent[] = []
  for (let place = 0; place < count; place += 1) {
    made.push(await publish(registry, { name: `Ferry ${place}`, visibility: 'federated' }))
  }
  return made
}

test('questions of all kinds count; the last one is answered, the next refused until midnight', async (t) => {
  const clock = createManualClock(Date.parse('2026-11-28T22:00:00Z'), 0)
  const registry = await startRegistry(t, { overrides: { clock } })
  const [first] = await fill(registry, 2)
  const asker = await addAsker(registry, { now: () => clock.now() })
  await setQuota(registry, asker, { queries_per_day: 4 })
  const { headers } = await asker.ask('/agents')
  const etag = headers.get('etag') ?? ''
  assert.equal((await asker.ask('/agents', { 'if-none-match': etag })).status, 304)
  assert.equal((await asker.ask(`/agents/${first?.id}`)).status, 200)
  assert.equal((await asker.ask('/agents/0199f000-0000-7000-8000-000000000000')).status, 404)
  for (const path of ['/agents', `/agents/${first?.id}`, `/agents/${first?.id}/card`]) {
    const { status, headers, body } = await asker.ask<Refusal>(path)
    assert.deepEqual([status, body.code, body.quota], [429, 'quota-exceeded', 'queries'], path)
    assert.equal(headers.get('retry-after'), '7200')
    assert.match(body.detail, /4 questions a day.*2026-11-29T00:00:00\.000Z.*operator/)
  }
  // What is withdrawn must be heard of, whatever was used up.
  for (const path of ['/changes', '/health']) assert.equal((await asker.ask(path)).status, 200, path)

  clock.advance(2 * 3_600_000)
  assert.equal((await asker.ask('/agents')).status, 200)
  const { taken_today } = await registry.succeed<{ taken_today: { queries: number; results: number } }>(
    'GET',
    `/federation/peers/${asker.id}/stats`,
  )
  assert.deepEqual([taken_today.queries, taken_today.results], [1, 2])
})

test('records are given to the last one of the quota; bytes never beyond it', async (t) => {
  const registry = await startRegistry(t)
  await fill(registry, 12)
  const asker = await addAsker(registry)
  await setQuota(registry, asker, { results_per_day: 8 })
  const first = await asker.ask<Page>('/agents?limit=5')
  assert.equal(first.body.agents.length, 5)
  const cursor = encodeURIComponent(first.body.next_cursor ?? '')
  const rest = await asker.ask<Page>(`/agents?limit=5&cursor=${cursor}`)
  assert.equal(rest.body.agents.length, 3)
  assert.notEqual(rest.body.next_cursor, null)
  const refused = await asker.ask<Refusal>('/agents?limit=5')
  assert.deepEqual([refused.status, refused.body.quota], [429, 'results'])

  const other = await addAsker(registry, { name: 'Other' })
  const one = Buffer.byteLength((await other.ask('/agents?limit=1')).text)
  await setQuota(registry, other, { bytes_per_day: 2 * one + 100 })
  const statuses: number[] = []
  for (let times = 0; times < 4; times += 1) statuses.push((await other.ask('/agents?limit=1')).status)
  assert.deepEqual(statuses, [200, 200, 429, 429])
  assert.match(
    (await registry.send<string>('GET', '/metrics')).text,
    /federation_quota_exceeded_total\{peer_name="Other",quota="bytes"\} 2/,
  )
})

test('a quota can be changed and taken away, without the peer’s copies being void', async (t) => {
  const registry = await startRegistry(t)
  await fill(registry, 1)
  const asker = await addAsker(registry)
  const { body: before } = await asker.ask<{ epoch: string }>('/changes')
  await setQuota(registry, asker, { queries_per_day: 1 })
  assert.equal((await asker.ask('/agents')).status, 200)
  assert.equal((await asker.ask('/agents')).status, 429)
  await setQuota(registry, asker, { queries_per_day: 3 })
  assert.equal((await asker.ask('/agents')).status, 200)
  await setQuota(registry, asker, null)
  for (let times = 0; times < 3; times += 1) assert.equal((await asker.ask('/agents')).status, 200)
  assert.equal((await asker.ask<{ epoch: string }>('/changes')).body.epoch, before.epoch)
  for (const quota of [{ queries_per_day: 0 }, { records: 1 }, { bytes_per_day: 1.5 }]) {
    const wrong = await registry.call('PUT', `/federation/peers/${asker.id}`, { body: { quota } })
    assert.equal(wrong.status, 422, JSON.stringify(quota))
  }
})

test('replicas hold a peer to one quota, and obey a policy that was set at another at once', {
  skip: !(await hasPostgres('quotas of replicas')),
}, async (t) => {
  const {
    all: [one, other],
  } = await startReplicas(t, [{}, {}])
  assert.ok(one !== undefined && other !== undefined)
  await fill(one, 2)
  const asker = await addAsker(one)
  await setQuota(one, asker, { queries_per_day: 10 })
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, place) => asker.askAt(place % 2 === 0 ? one : other, '/agents')),
  )
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [
    ...Array(10).fill(200),
    ...Array(6).fill(429),
  ])

  await setQuota(one, asker, null)
  const seenAt = async (replica: RunningRegistry) =>
    (await asker.askAt<Page>(replica, '/agents')).body.agents.length
  assert.equal(await seenAt(other), 2)
  for (const [policy, seen] of [
    [{ include: [] }, 0] as const,
    [null, 2] as const,
    [{ include: [] }, 0] as const,
  ]) {
    await asker.share(policy)
    assert.equal(await seenAt(other), seen)
  }
})
