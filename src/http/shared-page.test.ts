import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Agent, AgentId, Did } from '../domain/agent.ts'
import { agentToWire } from '../wire/agent.ts'
import { withinPage } from './shared-page.ts'

function record(chars: number): string {
  const agent: Agent = {
    ...{ id: 'a' as AgentId, did: 'did:web:r.example:agents:a' as Did, claimedDid: null, name: 'A' },
    ...{
      description: 'é'.repeat(chars),
      agentType: 'api',
      version: null,
      status: 'active',
      statusMessage: null,
    },
    ...{ successorDid: null, visibility: 'public', tags: [], skills: [], endpoints: [], provider: null },
    ...{ authSchemes: [], shareCard: false, cardFormat: null, createdAt: 1, updatedAt: 1 },
  }
  return JSON.stringify(agentToWire(agent, { url: 'https://r.example', name: 'R' }))
}

test('a page ends before 3 MiB, counted in bytes', () => {
  const page = withinPage(Array.from({ length: 100 }, () => record(50_000)))
  const bytes = Buffer.byteLength(page.join(','))
  assert.ok(bytes < 3 * 1024 * 1024)
  assert.ok(bytes > 2.8 * 1024 * 1024)
})

test('a page has at least one record, and all that fit', () => {
  assert.equal(withinPage([record(4_000_000), record(1)]).length, 1)
  assert.equal(withinPage([record(1), record(1)]).length, 2)
  assert.equal(withinPage([]).length, 0)
})
