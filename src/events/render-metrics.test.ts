import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Peer } from '../domain/peer.ts'
import { createMetrics } from './metrics.ts'
import { type MetricsSource, renderMetrics } from './render-metrics.ts'

const HARBOR = { id: 'h', name: 'Harbor', isActive: true, health: { status: 'healthy' } } as unknown as Peer

const WELL_ALL_DAY = { checks: 8, up: 8, share: 0.875, averageResponseTimeMs: 2 }

async function rendered(change: Partial<MetricsSource>): Promise<{ text: string; faults: unknown[] }> {
  const faults: unknown[] = []
  const text = await renderMetrics({
    metrics: createMetrics(),
    listPeers: async () => [HARBOR],
    readUptimes: async () => new Map([[HARBOR.id, WELL_ALL_DAY]]),
    readModeration: async () => ({
      blocks: { did: 1, origin: 0, endpoint: 2 },
      withheldAgents: 3,
      openReports: 4,
    }),
    connections: () => null,
    onFault: (error) => void faults.push(error),
    waitMs: 20,
    ...change,
  })
  return { text, faults }
}

test('the health and uptime of the peers are as the database has them', async () => {
  const { text, faults } = await rendered({})
  assert.match(text, /^federation_peer_health\{peer_name="Harbor"\} 1$/m)
  assert.match(text, /^federation_peer_uptime_ratio\{peer_name="Harbor"\} 0.875$/m)
  assert.match(text, /^registry_blocks\{kind="endpoint"\} 2$/m)
  assert.match(text, /^registry_agents_withheld 3$/m)
  assert.match(text, /^registry_reports_open 4$/m)
  assert.deepEqual(faults, [])
})

test('a database that fails costs what is read from it and nothing else', async () => {
  const down = new Error('down')
  const fails = () => Promise.reject(down)
  const { text, faults } = await rendered({ listPeers: fails, readUptimes: fails, readModeration: fails })
  assert.doesNotMatch(text, /federation_peer_(?:health|uptime_ratio)\{/)
  assert.match(text, /^process_resident_memory_bytes /m)
  assert.doesNotMatch(text, /^registry_(?:blocks|agents_withheld|reports_open)[{ ]/m)
  assert.deepEqual(faults, [down, down, down])
})

test('a database that hangs keeps nobody waiting', async () => {
  const hangs = () => new Promise<never>(() => {})
  const { text } = await rendered({ listPeers: hangs, readUptimes: hangs })
  assert.match(text, /^process_resident_memory_bytes /m)
  const slow = await rendered({ readUptimes: hangs })
  assert.match(slow.text, /federation_peer_health\{/)
  assert.doesNotMatch(slow.text, /federation_peer_uptime_ratio\{/)
})

test('connections to the database are told where there are any', async () => {
  const { text } = await rendered({ connections: () => ({ busy: 3, idle: 1, most: 10, waiting: 2 }) })
  for (const line of [
    'registry_database_connections{state="busy"} 3',
    'registry_database_connections{state="idle"} 1',
    'registry_database_connections_max 10',
    'registry_database_waiting 2',
  ]) {
    assert.ok(text.split('\n').includes(line), line)
  }
  assert.doesNotMatch((await rendered({})).text, /registry_database/)
})
