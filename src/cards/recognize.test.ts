import assert from 'node:assert/strict'
import { test } from 'node:test'
import earlyA2aCard from './examples/a2a-0.3.json' with { type: 'json' }
import a2aCard from './examples/a2a-1.json' with { type: 'json' }
import agentVaultCard from './examples/agentvault.json' with { type: 'json' }
import earlyServerJson from './examples/server-2025-05.json' with { type: 'json' }
import serverJson from './examples/server-2025-12.json' with { type: 'json' }
import { readCard } from './read-card.ts'
import { recognizeCard } from './recognize.ts'

function variantOf(value: unknown): string {
  const recognition = recognizeCard(value)
  return recognition.kind === 'recognized' ? `${recognition.format}: ${recognition.variant}` : 'unknown'
}

test('recognizeCard: knows every format and generation', () => {
  assert.equal(variantOf(a2aCard), 'a2a: a2a-1')
  assert.equal(variantOf(earlyA2aCard), 'a2a: a2a-0.3')
  assert.equal(variantOf(agentVaultCard), 'agentvault: agentvault')
  assert.equal(variantOf(serverJson), 'mcp-server: mcp-server')
  assert.equal(variantOf(earlyServerJson), 'mcp-server: mcp-server')
})

test('recognizeCard: a card of both A2A generations counts as 1.0, one with an empty place for them does not', () => {
  assert.equal(variantOf({ ...earlyA2aCard, ...a2aCard }), 'a2a: a2a-1')
  assert.equal(variantOf({ ...earlyA2aCard, supportedInterfaces: null }), 'a2a: a2a-0.3')
})

test('recognizeCard: knows a format by its members even if the card has faults', () => {
  assert.equal(variantOf({ supportedInterfaces: 'none' }), 'a2a: a2a-1')
  assert.equal(variantOf({ name: 'com.example/x', remotes: 7 }), 'mcp-server: mcp-server')
  assert.equal(readCard({ supportedInterfaces: 'none' }, '/card').kind, 'faulty')
})

test('recognizeCard: says what it takes and what it saw', () => {
  for (const [value, seen] of [
    [{ name: 'x', colour: 'red' }, /seen: an object with "name", "colour"\.$/],
    [{}, /an empty object/],
    [[], /an array of 0/],
    ['card', /"card"/],
    [null, /null/],
  ] as const) {
    const recognition = recognizeCard(value)
    assert.ok(recognition.kind === 'unknown')
    assert.match(recognition.detail, /A2A agent cards.*AgentVault cards.*server\.json/)
    assert.match(recognition.detail, seen)
  }
})

test('recognizeCard: long names of members do not make a long answer', () => {
  const recognition = recognizeCard(
    Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`${n}`.repeat(900), n])),
  )
  assert.ok(recognition.kind === 'unknown' && recognition.detail.length < 1_500)
})
