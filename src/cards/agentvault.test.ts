import assert from 'node:assert/strict'
import { test } from 'node:test'
import { extractFields } from './agentvault.ts'
import agentVaultCard from './examples/agentvault.json' with { type: 'json' }

function pointersOf(card: unknown): string[] {
  const result = extractFields(card)
  return result.ok ? [] : result.faults.map((fault) => fault.pointer).sort()
}

test('AgentVault: gives the fields that search needs, and no contact address', () => {
  const result = extractFields(agentVaultCard)
  assert.deepEqual(result.ok && result.fields, {
    agentType: 'agentvault',
    name: 'Proofreader',
    description: 'Finds mistakes in German and French texts.',
    version: '1.4.2',
    tags: ['language', 'German'],
    skills: [{ id: 'proof', name: 'Proofread', description: 'Marks mistakes.', tags: [] }],
    endpoints: [{ url: 'https://lingua.example/agents/proof', protocol: 'a2a', binding: null }],
    provider: { organization: 'Lingua', url: 'https://lingua.example' },
    authSchemes: ['oauth2', 'apiKey'],
  })
})

test('AgentVault: takes the smallest card that the original takes', () => {
  const card = {
    schemaVersion: '1.0',
    humanReadableId: 'a/b',
    agentVersion: '',
    name: 'Min',
    description: '',
    url: 'http://localhost:9000/a2a',
    provider: { name: 'A' },
    capabilities: { a2aVersion: '1.0' },
    authSchemes: [{ scheme: 'none' }],
  }
  const result = extractFields(card)
  assert.equal(result.ok && result.fields.version, null)
  assert.equal(result.ok && result.fields.endpoints?.[0]?.url, 'http://localhost:9000/a2a')
})

test('AgentVault: http is for the host localhost, not for names that begin like it', () => {
  for (const url of [
    'http://localhost.evil.com/',
    'http://localhostevil.com/',
    'http://localhost@evil.com/',
    'http://localhost:80@evil.com/',
    'http://localhost./',
    'http://127.0.0.1/',
    'http://agents.example/',
    'ws://localhost/',
  ]) {
    assert.deepEqual(pointersOf({ ...agentVaultCard, url }), ['/url'], url)
  }
  for (const url of ['http://localhost/', 'http://LOCALHOST:8000/x', 'https://localhost.evil.com/']) {
    assert.deepEqual(pointersOf({ ...agentVaultCard, url }), [], url)
  }
})

test('AgentVault: everything required and missing is named at once', () => {
  assert.deepEqual(pointersOf({}), [
    '/agentVersion',
    '/authSchemes',
    '/capabilities',
    '/description',
    '/humanReadableId',
    '/name',
    '/provider',
    '/schemaVersion',
    '/url',
  ])
  const broken = {
    ...agentVaultCard,
    provider: {},
    capabilities: { teeDetails: {} },
    authSchemes: [{ scheme: 'oauth2' }, { scheme: 'basic' }, 'none'],
    skills: [{ id: 'x', name: 'X' }],
    iconUrl: 'data:x',
  }
  assert.deepEqual(pointersOf(broken), [
    '/authSchemes/0/tokenUrl',
    '/authSchemes/1/scheme',
    '/authSchemes/2',
    '/capabilities/a2aVersion',
    '/capabilities/teeDetails/type',
    '/iconUrl',
    '/provider/name',
    '/skills/0/description',
  ])
  assert.deepEqual(pointersOf({ ...agentVaultCard, authSchemes: [] }), ['/authSchemes'])
})
