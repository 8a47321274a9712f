/** What a running registry tells Prometheus, and whom. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { test } from 'node:test'
import { createManualClock } from './support/clocks.ts'
import { publish } from './support/records.ts'
import { enrol, findFreePort, type RunningRegistry, startRegistry } from './support/registry.ts'
import { hasPostgres, startReplicas } from './support/replicas.ts'

function statusFor(registry: RunningRegistry, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const asking = request(`${registry.url}/metrics`, { headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    asking.once('error', reject)
    asking.end()
  })
}

test('a federated search shows in the metrics of both registries, until the peer is removed', async (t) => {
  const [harbor, lumen] = await Promise.all([
    startRegistry(t, { name: 'Harbor' }),
    startRegistry(t, { name: 'Lumen' }),
  ])
  const { peerId } = await enrol(harbor, lumen)
  await publish(lumen, {
    name: 'Foreign Agent',
    description: 'An agent.',
    provider: { organization: 'Acme' },
  })
  const search = '/discovery/agents?include_federated=true&search=agent'
  await harbor.succeed('GET', search)
  await harbor.succeed('GET', search)

  const { text, headers } = await harbor.send('GET', '/metrics')
  assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  for (const line of [
    'federation_query_duration_seconds_count{peer_name="Lumen",status="answered"} 1',
    'federation_cache_misses_total{peer_name="Lumen"} 1',
    'federation_cache_hits_total{peer_name="Lumen"} 1',
    'federation_outcomes_total{peer_name="Lumen",outcome="answered"} 2',
    'federation_agents_discovered_total{peer_name="Lumen"} 1',
    'federation_peer_health{peer_name="Lumen"} 1',
    'federation_peer_uptime_ratio{peer_name="Lumen"} 1',
    'http_request_duration_seconds_count{route="/api/v1/discovery/agents",method="GET",status="200"} 2',
  ]) {
    assert.ok(text.split('\n').includes(line), `${line} in ${text}`)
  }
  const asked = await lumen.send('GET', '/metrics')
  assert.match(asked.text, /^federation_inbound_queries_total\{peer_name="Harbor"\} 1$/m)

  await harbor.succeed('DELETE', `/federation/peers/${peerId}`)
  const after = await harbor.send('GET', '/metrics')
  assert.doesNotMatch(after.text, /Lumen/)
})

test('a search that was answered with what others were told counts like theirs', async (t) => {
  const [harbor, lumen] = await Promise.all([
    startRegistry(t, { name: 'Harbor', overrides: { clock: createManualClock(Date.now()) } }),
    startRegistry(t, { name: 'Lumen' }),
  ])
  await enrol(harbor, lumen)
  await publish(lumen, { name: 'Foreign Agent' })
  const search = '/discovery/agents?include_federated=true&search=agent'
  const askMany = (times: number) =>
    Promise.all(Array.from({ length: times }, () => harbor.succeed('GET', search)))
  await askMany(4) // one of them asks, the others wait for it
  for (let round = 0; round < 5; round += 1) await askMany(1)
  const { text } = await harbor.send('GET', '/metrics')
  const figure = (name: string) => Number(new RegExp(`^${name}\\{[^}]*\\} (\\d+)$`, 'm').exec(text)?.[1])
  assert.equal(figure('federation_query_duration_seconds_count'), 1)
  assert.equal(figure('federation_outcomes_total'), 9)
  const misses = figure('federation_cache_misses_total')
  assert.ok(misses >= 1 && misses <= 4, `${misses}`)
  assert.equal(figure('federation_cache_hits_total'), 9 - misses)
})

test('a key opens the metrics by any host; without one, only programs on this machine see them', async (t) => {
  const registry = await startRegistry(t)
  const authorization = `Bearer ${registry.adminKey}`
  assert.equal(await statusFor(registry, {}), 200)
  assert.equal(await statusFor(registry, { host: 'pod-7.cluster.local', authorization }), 200)
  assert.equal(await statusFor(registry, { host: 'evil.example' }), 401)
  assert.equal(await statusFor(registry, { 'x-forwarded-for': '203.0.113.9' }), 401)
})

test('a published registry shows its metrics to keys alone', async (t) => {
  const port = await findFreePort()
  const registry = await startRegistry(t, {
    env: { REGISTRY_PORT: String(port), REGISTRY_PUBLIC_URL: 'https://registry.example' },
  })
  const local = { ...registry, url: `http://127.0.0.1:${port}` }
  assert.equal(await statusFor(local, {}), 401)
  assert.equal(await statusFor(local, { 'x-api-key': registry.adminKey }), 200)
})

/** Of these a registry over a file, and one without Redis, has none. */
const ELSEWHERE = /^registry_(?:redis|database)_/

test('the figures are those of the document, and all of them', async (t) => {
  const registry = await startRegistry(t)
  const { text } = await registry.send('GET', '/metrics')
  const told = [...text.matchAll(/^# TYPE (\w+)/gm)]
    .map(([, name = '']) => name)
    .filter((name) => !/^(?:process|nodejs)_/.test(name))
  const [tables = ''] = readFileSync('docs/metrics.md', 'utf8').split('## Alerts')
  const rows = tables.split('\n').flatMap((line) => line.match(/^\| (`.*?) \|/)?.[1] ?? [])
  const written = rows.flatMap((row) =>
    [...row.matchAll(/`([a-z_]+)(?:\{[a-z_,]+\})?`/g)].map(([, name = '']) => name),
  )
  assert.deepEqual(written.filter((name) => !ELSEWHERE.test(name)).sort(), told.sort())
})

const POSTGRES = await hasPostgres('metrics of PostgreSQL')

test('of PostgreSQL, the connections are told', { skip: !POSTGRES }, async (t) => {
  const { all } = await startReplicas(t, [{}])
  const { text } = (await all[0]?.send('GET', '/metrics')) ?? assert.fail()
  assert.match(text, /^registry_database_connections\{state="idle"\} [1-9]$/m)
  assert.match(text, /^registry_database_connections_max 10$/m)
  assert.match(text, /^registry_database_waiting 0$/m)
})
