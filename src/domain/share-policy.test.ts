import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AgentId, Visibility } from './agent.ts'
import { policyToWire, readSharePolicy } from './read-share-policy.ts'
import { admitsRecord, revealsField, type SharedFacts, type SharePolicy } from './share-policy.ts'

const ID = '0199d2f0-0000-7000-8000-00000000000a'

function record(changes: Partial<SharedFacts> = {}): SharedFacts {
  const provider = { organization: 'Acme', url: null }
  return {
    ...{ id: ID as AgentId, visibility: 'federated' as Visibility, agentType: 'a2a' },
    ...{ tags: ['NLP', 'Text'], provider, ...changes },
  }
}

function policy(wire: unknown): SharePolicy {
  const read = readSharePolicy(wire)
  assert.ok(read.ok, JSON.stringify(read))
  return read.policy
}

function faultsOf(wire: unknown): string[] {
  const read = readSharePolicy(wire)
  return read.ok ? [] : read.faults.map(({ pointer }) => pointer)
}

test('what a policy does not say narrows nothing', () => {
  const open = policy({})
  assert.deepEqual(policyToWire(open), { include: null, exclude: [], fields: null, max_results: null })
  assert.equal(admitsRecord(open, record()), true)
  assert.equal(revealsField(open, 'description', record()), true)
})

test('an empty list includes nothing', () => {
  assert.equal(admitsRecord(policy({ include: [] }), record()), false)
})

test('a selector needs all that it names, a list any of its selectors', () => {
  const include = [{ agent_type: 'mcp-server' }, { agent_type: 'a2a', tag: 'nlp' }]
  assert.equal(admitsRecord(policy({ include }), record()), true)
  assert.equal(admitsRecord(policy({ include }), record({ tags: ['text'] })), false)
  assert.equal(admitsRecord(policy({ include }), record({ agentType: 'mcp-server', tags: [] })), true)
})

test('types, tags, providers and ids are compared without case', () => {
  for (const selector of [
    { agent_type: 'A2A' },
    { tag: 'nLP' },
    { provider: ' aCME ' },
    { id: ID.toUpperCase() },
  ]) {
    assert.equal(admitsRecord(policy({ include: [selector] }), record()), true, JSON.stringify(selector))
    assert.equal(admitsRecord(policy({ exclude: [selector] }), record()), false, JSON.stringify(selector))
  }
})

test('exclude wins over include', () => {
  const both = policy({ include: [{ tag: 'nlp' }], exclude: [{ provider: 'acme' }] })
  assert.equal(admitsRecord(both, record()), false)
  assert.equal(admitsRecord(both, record({ provider: null })), true)
})

test('public records are not narrowed, whole or in part', () => {
  const closed = policy({ include: [], fields: [] })
  const open = record({ visibility: 'public' })
  assert.equal(admitsRecord(closed, open), true)
  assert.equal(revealsField(closed, 'description', open), true)
  assert.equal(revealsField(closed, 'description', record()), false)
})

test('a policy reads as it was written', () => {
  const wire = {
    include: [{ agent_type: 'a2a', tag: 'NLP' }, { id: ID }],
    exclude: [{ provider: 'Acme' }],
    fields: ['description', 'tags', 'card'],
    max_results: 20,
  }
  assert.deepEqual(policyToWire(policy(wire)), wire)
  assert.deepEqual(policy(policyToWire(policy(wire))), policy(wire))
})

test('what is wrong is named, each with its place', () => {
  assert.deepEqual(faultsOf(null), [''])
  assert.deepEqual(faultsOf([]), [''])
  assert.deepEqual(faultsOf({ includes: [] }), ['/includes'])
  assert.deepEqual(faultsOf({ include: {} }), ['/include'])
  assert.deepEqual(faultsOf({ include: [{}] }), ['/include/0'])
  assert.deepEqual(faultsOf({ include: [{ tag: 'a' }, { tags: ['a'] }] }), ['/include/1/tags', '/include/1'])
  assert.deepEqual(faultsOf({ exclude: [{ tag: '' }, { tag: 3 }, { tag: 'a\0' }, { tag: '\ud800' }] }), [
    ...['/exclude/0/tag', '/exclude/1/tag', '/exclude/2/tag', '/exclude/3/tag'],
  ])
  assert.deepEqual(faultsOf({ exclude: [{ id: 'mine' }] }), ['/exclude/0/id'])
  assert.deepEqual(faultsOf({ fields: ['tags', 'owner_id'] }), ['/fields/1'])
  assert.deepEqual(faultsOf({ fields: 'tags', max_results: 0 }), ['/fields', '/max_results'])
  assert.deepEqual(faultsOf({ max_results: 1.5 }), ['/max_results'])
  assert.deepEqual(faultsOf({ include: Array(257).fill({ tag: 'a' }) }), ['/include'])
  assert.deepEqual(faultsOf({ 'a/b~c': 1 }), ['/a~1b~0c'])
})

test('a member called like one of every object is unknown like any other', () => {
  assert.deepEqual(faultsOf(JSON.parse('{"__proto__": [], "constructor": 1}')), [
    '/__proto__',
    '/constructor',
  ])
})
