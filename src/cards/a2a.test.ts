import assert from 'node:assert/strict'
import { test } from 'node:test'
import { extractFields } from './a2a.ts'
import earlyA2aCard from './examples/a2a-0.3.json' with { type: 'json' }
import a2aCard from './examples/a2a-1.json' with { type: 'json' }

function pointersOf(card: unknown): string[] {
  const result = extractFields(card)
  return result.ok ? [] : result.faults.map((fault) => fault.pointer).sort()
}

test('A2A 1.x: gives the fields that search needs', () => {
  const result = extractFields(a2aCard)
  assert.deepEqual(result.ok && result.fields, {
    agentType: 'a2a',
    name: 'Route Planner',
    description: 'Plans deliveries for a fleet of vans.',
    version: '3.1.0',
    tags: ['logistics', 'Routing', 'time'],
    skills: [
      { id: 'plan', name: 'Plan a tour', description: 'Orders stops.', tags: ['logistics', 'Routing'] },
      { id: 'eta', name: 'Estimate arrival', description: 'Says when.', tags: ['routing', 'time'] },
    ],
    endpoints: [
      { url: 'https://agents.vans.example/a2a', protocol: 'a2a', binding: 'JSONRPC' },
      { url: 'https://agents.vans.example/rest', protocol: 'a2a', binding: 'HTTP+JSON' },
    ],
    provider: { organization: 'Vans & Co', url: 'https://vans.example' },
    authSchemes: ['apiKey', 'openIdConnect'],
  })
})

test('A2A 0.3: the single url comes first, and is not repeated by the additional interfaces', () => {
  const result = extractFields(earlyA2aCard)
  assert.deepEqual(result.ok && result.fields.endpoints, [
    { url: 'https://invoices.example/rpc', protocol: 'a2a', binding: 'JSONRPC' },
    { url: 'https://invoices.example/grpc', protocol: 'a2a', binding: 'GRPC' },
  ])
  assert.deepEqual(result.ok && result.fields.authSchemes, ['mtls', 'oauth2'])
  assert.equal(result.ok && result.fields.provider, null)
})

test('A2A 0.3: without a word the transport is JSON-RPC', () => {
  const { preferredTransport: _, additionalInterfaces: __, ...card } = earlyA2aCard
  const result = extractFields(card)
  assert.equal(result.ok && result.fields.endpoints?.[0]?.binding, 'JSONRPC')
})

test('A2A: a card of both generations is read as 1.x', () => {
  const result = extractFields({ ...earlyA2aCard, ...a2aCard })
  assert.equal(result.ok && result.fields.endpoints?.[0]?.url, 'https://agents.vans.example/a2a')
})

test('A2A: everything required and missing is named at once', () => {
  assert.deepEqual(pointersOf({ supportedInterfaces: [] }), [
    '/capabilities',
    '/defaultInputModes',
    '/defaultOutputModes',
    '/description',
    '/name',
    '/skills',
    '/supportedInterfaces',
    '/version',
  ])
  assert.deepEqual(
    pointersOf({ ...a2aCard, supportedInterfaces: [{}], skills: [{ id: 'x' }], provider: {} }),
    [
      '/provider/organization',
      '/provider/url',
      '/skills/0/description',
      '/skills/0/name',
      '/skills/0/tags',
      '/supportedInterfaces/0/protocolBinding',
      '/supportedInterfaces/0/protocolVersion',
      '/supportedInterfaces/0/url',
    ],
  )
  const { url: _, ...withoutUrl } = earlyA2aCard
  assert.deepEqual(pointersOf(withoutUrl), ['/url'])
})

test('A2A: pointers lead into the body that the card was in', () => {
  const result = extractFields({ ...a2aCard, securitySchemes: { 'my/key': {} } }, '/card')
  assert.deepEqual(!result.ok && result.faults.map((fault) => fault.pointer), [
    '/card/securitySchemes/my~1key',
  ])
})

test('A2A: text that is too long is a fault, not cut', () => {
  assert.deepEqual(pointersOf({ ...a2aCard, description: 'x'.repeat(4_001) }), ['/description'])
})

test('A2A: of the tags of many skills the first 64 stay', () => {
  const skills = Array.from({ length: 70 }, (_, n) => ({
    id: `${n}`,
    name: 'S',
    description: '',
    tags: [`tag ${n}`],
  }))
  const result = extractFields({ ...a2aCard, skills })
  assert.equal(result.ok && result.fields.tags?.length, 64)
  assert.equal(result.ok && result.fields.skills?.length, 70)
})

test('A2A: refuses interfaces that are no web address or carry credentials', () => {
  const withUrl = (url: string) => ({
    ...a2aCard,
    supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
  })
  for (const url of ['javascript:alert(1)', 'https://key:secret@x.example', 'x.example:443']) {
    assert.deepEqual(pointersOf(withUrl(url)), ['/supportedInterfaces/0/url'])
  }
})

test('A2A: members of the future are no fault', () => {
  assert.deepEqual(pointersOf({ ...a2aCard, invented: { later: true } }), [])
})
