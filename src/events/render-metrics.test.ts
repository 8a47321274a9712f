import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Peer } from '../domain/peer.ts'
import { createMetrics } from './metrics.ts'
import { type MetricsSource, renderMetrics } from './render-metrics.ts'

const HARBOR = { id: 'h', name: 'Harbor', isActive: true, health: { status: 'healthy' } } as unknown as Peer

async function rendered(listPeers: MetricsSource['listPeers']): Promise<{ text: string; faults: unknown[] }> {
  const faults: unknown[] = []
  const onFault = (error: unknown) => void faults.push(error)
  const text = await renderMetrics({ metrics: createMetrics(), listPeers, onFault, waitMs: 20 })
  return { text, faults }
}

test('the health of the peers is as the database has it', async () => {
  const { text, faults } = await rendered(async () => [HARBOR])
  assert.match(text, /federation_peer_health\{peer_name="Harbor"\} 1/)
  assert.deepEqual(faults, [])
})

test('a database that fails costs the health of the peers and nothing else', async () => {
  const down = new Error('down')
  const { text, faults } = await rendered(() => Promise.reject(down))
  assert.doesNotMatch(text, /federation_peer_health\{/)
  assert.match(text, /^process_resident_memory_bytes /m)
  assert.deepEqual(faults, [down])
})

test('a database that hangs keeps nobody waiting', async () => {
  const { text } = await rendered(() => new Promise(() => {}))
  assert.match(text, /^process_resident_memory_bytes /m)
})
