/** What `GET /federation/health` tells of peers, and whom. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createLaterClock } from './support/clocks.ts'
import { type RunningRegistry, startRegistry } from './support/registry.ts'
import { startScriptedRegistry, type Told } from './support/scripted-registry.ts'

type PeerReport = {
  readonly peer_id: string
  readonly name: string
  readonly is_active: boolean
  readonly status: string
  readonly response_time_ms: number | null
  readonly last_check: string | null
  readonly error?: string
  readonly consecutive_failures: number
  readonly uptime_24h: number | null
  readonly clock_skew_seconds: number | null
}

type HealthReport = {
  readonly overall_status: string
  readonly active_peers: number
  readonly total_peers: number
  readonly peers?: readonly PeerReport[]
}

const healthOf = (registry: RunningRegistry, key?: string | null) =>
  registry.succeed<HealthReport>('GET', '/federation/health', key === undefined ? {} : { key })

async function reportOn(registry: RunningRegistry, name: string): Promise<PeerReport> {
  const { peers = [] } = await healthOf(registry)
  return peers.find((peer) => peer.name === name) ?? assert.fail(`nothing of ${name}`)
}

const WELL = { status: 'healthy', agent_count: 1 }
const MINUTE_MS = 60_000

/** A registry whose clock can be advanced, and peers that answer as the test says at the time. */
async function startWatched(t: TestContext, names: readonly string[]) {
  const clock = createLaterClock()
  const harbor = await startRegistry(t, { name: 'Harbor', overrides: { clock } })
  const says = new Map<string, () => Told>()
  const ids = new Map<string, string>()
  for (const name of names) {
    const peer = await startScriptedRegistry(() => says.get(name)?.() ?? { status: 200, ...jsonOf(WELL) })
    t.after(() => peer[Symbol.asyncDispose]())
    const { id } = await harbor.succeed<{ id: string }>('POST', '/federation/peers', {
      body: { name, registry_url: peer.url },
    })
    ids.set(name, id)
  }
  const check = (name: string) => harbor.succeed('POST', `/federation/peers/${ids.get(name)}/check`)
  const change = (name: string, body: object) =>
    harbor.succeed('PUT', `/federation/peers/${ids.get(name)}`, { body })
  return { harbor, clock, says, check, change }
}

function jsonOf(body: object): Told {
  return { headers: { 'content-type': 'application/json' }, body }
}

const BROKEN = (): Told => ({ status: 500, headers: { 'content-type': 'text/plain' }, body: 'Oops' })

function assertNear(figure: number | null, expected: number): void {
  assert.ok(figure !== null && Math.abs(figure - expected) < 0.02, `${figure} is not about ${expected}`)
}

test('a peer’s failures, uptime and clock are told as its checks found them', async (t) => {
  const { harbor, clock, says, check } = await startWatched(t, ['Steady', 'Shaky'])
  says.set('Steady', () => ({
    ...jsonOf(WELL),
    headers: {
      'content-type': 'application/json',
      date: new Date(clock.now() + 90_000).toUTCString(),
    },
  }))
  says.set('Shaky', BROKEN)
  for (let minute = 1; minute <= 3; minute += 1) {
    clock.advance(MINUTE_MS)
    await check('Steady')
    await check('Shaky')
  }
  clock.advance(MINUTE_MS)
  const steady = await reportOn(harbor, 'Steady')
  const { status, consecutive_failures: failures, uptime_24h: uptime, clock_skew_seconds: skew } = steady
  assert.deepEqual({ status, failures, uptime }, { status: 'healthy', failures: 0, uptime: 1 })
  assert.ok(skew !== null && Math.abs(skew - 90) <= 2, `${skew}`)
  assert.equal('error' in steady, false)
  assert.ok((steady.response_time_ms ?? -1) >= 0)
  assert.ok(Math.abs(Date.parse(steady.last_check ?? '') + MINUTE_MS - clock.now()) < 10_000)

  const shaky = await reportOn(harbor, 'Shaky')
  assert.deepEqual([shaky.status, shaky.consecutive_failures], ['unhealthy', 3])
  assert.match(shaky.error ?? '', /500/)
  assertNear(shaky.uptime_24h, 1 / 4) // it was well when it was added, for one of four minutes
})

test('uptime is remembered for a minute, and nothing is told where nobody looked for a day', async (t) => {
  const { harbor, clock, says, check, change } = await startWatched(t, ['Shaky'])
  assert.equal((await reportOn(harbor, 'Shaky')).uptime_24h, 1)
  says.set('Shaky', BROKEN)
  await check('Shaky')
  const same = await reportOn(harbor, 'Shaky')
  assert.deepEqual([same.uptime_24h, same.consecutive_failures], [1, 1])
  clock.advance(MINUTE_MS)
  assertNear((await reportOn(harbor, 'Shaky')).uptime_24h, 1 / 2)
  await change('Shaky', { is_active: false })
  clock.advance(25 * 60 * MINUTE_MS)
  const old = await reportOn(harbor, 'Shaky')
  assert.deepEqual([old.uptime_24h, old.is_active], [null, false])
})

test('names and errors are for holders of a key; everybody else has counts', async (t) => {
  const { harbor, says, check } = await startWatched(t, ['Quiet Partner'])
  says.set('Quiet Partner', BROKEN)
  await check('Quiet Partner')
  const { key } = await harbor.succeed<{ key: string }>('POST', '/keys', {
    body: { name: 'screen', role: 'viewer' },
  })
  const seen = await healthOf(harbor, key)
  assert.deepEqual(
    seen.peers?.map(({ name, error = '' }) => [name, /500/.test(error)]),
    [['Quiet Partner', true]],
  )
  assert.deepEqual(await healthOf(harbor, null), {
    overall_status: 'degraded',
    active_peers: 1,
    total_peers: 1,
  })
})

test('all in all, the federation is as its active peers are', async (t) => {
  const { harbor, says, check, change } = await startWatched(t, ['One', 'Two'])
  const overall = async () => (await healthOf(harbor)).overall_status
  const fail = async (name: string, times: number) => {
    says.set(name, BROKEN)
    for (let time = 0; time < times; time += 1) await check(name)
  }
  assert.equal(await overall(), 'healthy')
  await fail('One', 1)
  assert.equal(await overall(), 'degraded')
  await fail('One', 2)
  assert.equal(await overall(), 'degraded')
  await fail('Two', 3)
  assert.equal(await overall(), 'unhealthy')
  await change('Two', { is_active: false })
  says.delete('One')
  await check('One')
  assert.equal(await overall(), 'degraded') // back, but once only
  await check('One')
  assert.equal(await overall(), 'healthy')
  const { active_peers: active, total_peers: total } = await healthOf(harbor)
  assert.deepEqual([active, total], [1, 2])
  await change('One', { is_active: false })
  assert.equal(await overall(), 'healthy') // nobody is asked
})
