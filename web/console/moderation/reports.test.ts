import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOfReported, type Report } from './reports.ts'

function reportOf(registry: string): Report {
  return {
    ...{ id: '1', did: 'did:web:a.example:agents:one', agent_name: 'One', registry_url: registry },
    ...{ category: 'other', detail: 'x', contact: null, reporter: 'anonymous', created_at: null },
    ...{ resolution: null, note: null, resolved_by: null, resolved_at: null },
  }
}

const ESCAPED = 'did%3Aweb%3Aa.example%3Aagents%3Aone'

test('addressOfReported: an agent of this registry is shown in the console, under whatever path that is', () => {
  for (const [registry, base] of [
    ['https://a.example', 'https://a.example/'],
    ['https://a.example/', 'https://a.example/'],
    ['https://a.example/registry', 'https://a.example/registry/'],
  ] as const) {
    assert.equal(addressOfReported(reportOf(registry), base), `console/agents/${ESCAPED}`)
  }
})

test('addressOfReported: a peer’s agent, whose record the console does not have, is shown in the search', () => {
  for (const registry of ['https://b.example', 'https://a.example/other', 'no address']) {
    assert.equal(addressOfReported(reportOf(registry), 'https://a.example/'), `agent?did=${ESCAPED}`)
  }
})
