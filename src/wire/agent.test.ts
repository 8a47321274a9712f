import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeAgent, NOW } from '../../test/support/federation.ts'
import type { CardFormat, Did } from '../domain/agent.ts'
import { cleanText } from '../security/text.ts'
import { agentToWire } from './agent.ts'
import { agentFromPeer, recordSource } from './agent-from-peer.ts'

const REGISTRY = { url: 'https://partner.example', name: 'Partner' }
const SOURCE = recordSource(REGISTRY.url, 'federated')
const DID = 'did:web:partner.example:agents:one' as Did

const FULL = makeAgent('one', {
  did: DID,
  description: 'First line\nsecond line',
  tags: ['nlp'],
  skills: [{ id: 's', name: 'Summarize', description: 'Shortens', tags: ['text'] }],
  endpoints: [{ url: 'https://agent.example/a2a', protocol: 'a2a', binding: 'JSONRPC' }],
  provider: { organization: 'Acme', url: null },
  authSchemes: ['oauth2'],
  cardFormat: 'a2a' as CardFormat,
  version: '1.2.0',
})

function read(change: Record<string, unknown>, source: Parameters<typeof agentFromPeer>[1] = SOURCE) {
  return agentFromPeer({ ...agentToWire(FULL, REGISTRY), ...change }, source)
}

function problemOf(change: Record<string, unknown>, source = SOURCE): string {
  const result = read(change, source)
  assert.ok(!result.ok)
  return result.problem
}

test('a record survives the way to the wire and back', () => {
  assert.deepEqual(read({}), { ok: true, agent: FULL, received: null })
})

test('the wire form has the card address only with a card, and times in UTC', () => {
  const wire = agentToWire(FULL, REGISTRY)
  assert.equal(wire.card_url, 'https://partner.example/api/v1/agents/one/card')
  assert.equal(wire.created_at, '2026-11-22T12:00:00.000Z')
  assert.equal(agentToWire(makeAgent('two'), REGISTRY).card_url, null)
})

test('an identifier of a peer cannot lead the card address elsewhere', () => {
  const wire = agentToWire({ ...FULL, id: '../../keys?x' as typeof FULL.id }, REGISTRY)
  assert.equal(wire.card_url, 'https://partner.example/api/v1/agents/..%2F..%2Fkeys%3Fx/card')
})

test('a record with nothing but id and name is read, and named within its registry', () => {
  const result = agentFromPeer({ id: 'fed uuid', name: 'Partner NLP Agent' }, SOURCE)
  assert.ok(result.ok)
  assert.equal(result.agent.did, 'did:web:partner.example:agents:fed%20uuid')
  assert.equal(result.agent.createdAt, 0)
  assert.equal(agentToWire(result.agent, REGISTRY).created_at, null)
})

test('an unmarked record is of the kind that was asked for', () => {
  const unmarked = read({ visibility: undefined }, { ...SOURCE, askedVisibility: 'public' })
  assert.ok(unmarked.ok)
  assert.equal(unmarked.agent.visibility, 'public')
  const asked = read({ visibility: undefined })
  assert.ok(asked.ok)
  assert.equal(asked.agent.visibility, 'federated')
})

test('records that were not meant to leave their registry are refused', () => {
  assert.match(problemOf({ visibility: 'local' }), /visibility/)
  assert.match(problemOf({ visibility: 'private' }), /visibility/)
  assert.match(problemOf({ status: 'disabled' }), /status/)
})

test('a peer cannot speak for another registry', () => {
  assert.match(problemOf({ registry_url: 'https://other.example' }), /another registry/)
  assert.match(problemOf({ registry_url: 'http://partner.example' }), /another registry/)
  assert.match(problemOf({ registry_url: 7 }), /another registry/)
  assert.match(problemOf({ did: 'did:web:other.example:agents:one' }), /another origin/)
  assert.match(problemOf({ did: 'did:web:partner.example.evil.example:agents:one' }), /another origin/)
  assert.match(problemOf({ did: 'did:web:partner.example%3A8443:agents:one' }), /another origin/)
})

test('registries that share a host keep to their own paths', () => {
  const source = recordSource('https://partner.example/a', 'federated')
  const at = (path: string) => ({ registry_url: undefined, did: `did:web:partner.example:${path}agents:one` })
  assert.ok(read(at('a:'), source).ok)
  assert.ok(!read(at('b:'), source).ok)
  assert.ok(!read(at('ab:'), source).ok)
})

test('a DID of another method is taken as it is, and one that is none is refused', () => {
  const result = read({ did: 'did:key:z6Mk' })
  assert.ok(result.ok)
  assert.equal(result.agent.did, 'did:key:z6Mk')
  assert.match(problemOf({ did: 'not a did' }), /DID/)
})

test('loopback addresses of one port are one registry', () => {
  const source = recordSource('http://127.0.0.1:8081', 'public')
  const change = { registry_url: 'http://localhost:8081', did: 'did:web:localhost%3a8081:agents:one' }
  assert.ok(read(change, source).ok)
  assert.ok(!read({ ...change, registry_url: 'http://localhost:8082' }, source).ok)
})

test('what only the asking registry can know is not read', () => {
  const result = read({
    is_federated: false,
    registry_name: 'You',
    score: 99,
    provenance: {},
    owner_id: 'me',
  })
  assert.deepEqual(result, { ok: true, agent: FULL, received: null })
})

test('invisible and reordering characters are taken out, and scoring still sees the text as received', () => {
  const name = 'Trans\u200blate\u202e\u0007 it'
  const result = read({ name, tags: ['n\u2066lp'] })
  assert.ok(result.ok)
  assert.equal(result.agent.name, 'Translate it')
  assert.deepEqual(result.agent.tags, ['nlp'])
  assert.equal(result.received?.name, name)
})

test('an identifier with hidden characters is refused, not mended into another one', () => {
  assert.match(problemOf({ id: 'o\u200bne' }), /id/)
  assert.match(problemOf({ id: '' }), /id/)
  assert.match(problemOf({ id: 'x'.repeat(201) }), /id/)
})

test('no member of a record that is taken keeps what cannot be seen or moves what can', () => {
  const unseen = ['\u0000', '\u001b', '\u007f', '\u009b', '\u00ad', '\u061c', '\u200b', '\u200e', '\u202e']
  unseen.push('\u2066', '\u2060', '\u2028', '\u3164', '\ufeff', '\ufffa', '\u{e0041}', '\u{e0101}')
  for (const character of unseen) {
    const text = `a${character}b`
    const url = `https://a.example/${text}`
    const members: Readonly<Record<string, unknown>> = {
      ...{ name: text, description: text, agent_type: text, version: text, status_message: text },
      ...{ tags: [text], auth_schemes: [text], card_format: text },
      skills: [{ id: text, name: text, description: text, tags: [text] }],
      endpoints: [{ url, protocol: 'a2a', binding: text }],
      provider: { organization: text, url },
      ...{
        id: text,
        did: `did:key:${text}`,
        claimed_did: `did:key:${text}`,
        successor_did: `did:key:${text}`,
      },
    }
    for (const [member, value] of Object.entries(members)) {
      const result = read({ [member]: value })
      if (result.ok) assertClean(result.agent, `U+${character.codePointAt(0)?.toString(16)} in ${member}`)
    }
    const texts = { name: text, tags: [text], skills: [{ id: text, name: text }] }
    assert.ok(read(texts).ok, 'texts are cleaned, not refused')
  }
})

function assertClean(value: unknown, what: string): void {
  if (typeof value === 'string') assert.equal(value, cleanText(value), what)
  else if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) assertClean(part, what)
  }
}

test('over-long and malformed members cost the record', () => {
  for (const change of [
    { name: 'x'.repeat(201) },
    { name: '\u200b' },
    { name: 3 },
    { description: 'x'.repeat(4_001) },
    { description: 'x\u200b'.repeat(100_000) },
    { tags: Array.from({ length: 65 }, (_, index) => `t${index}`) },
    { tags: ['x'.repeat(65)] },
    { tags: [['nested']] },
    { skills: Array.from({ length: 129 }, () => ({ name: 'x' })) },
    { skills: [{ description: 'nameless' }] },
    { endpoints: [{ url: 'javascript:alert(1)', protocol: 'http' }] },
    { endpoints: [{ url: `https://x.example/${'x'.repeat(2_048)}`, protocol: 'http' }] },
    { provider: { organization: 'Acme', url: 'data:text/html,x' } },
    { created_at: 'yesterday' },
    { updated_at: 12 },
  ]) {
    assert.ok(!read(change).ok, JSON.stringify(change).slice(0, 80))
  }
  for (const value of [null, 'x', [], 1]) assert.ok(!agentFromPeer(value, SOURCE).ok)
})

test('times are read with any offset, without one as UTC, and in the future as they are', () => {
  const at = (text: string) => {
    const result = read({ created_at: text })
    assert.ok(result.ok)
    return result.agent.createdAt
  }
  assert.equal(at('2026-11-23T12:00:00Z'), NOW)
  assert.equal(at('2026-11-23T14:00:00.000000+02:00'), NOW)
  assert.equal(at('2026-11-23 12:00:00'), NOW)
  assert.equal(at('2999-01-01T00:00:00Z'), Date.parse('2999-01-01T00:00:00Z'))
})

test('names that mix scripts are marked where the record is read, and stay as they are', () => {
  const imitation = { organization: 'Acm\u0435', url: null }
  for (const [change, marked] of [
    [{}, undefined],
    [{ name: '\u041f\u043e\u0433\u043e\u0434\u0430 Now', description: 'P\u0430yPal' }, undefined],
    [{ name: 'P\u0430yPal' }, ['name']],
    [{ provider: imitation }, ['provider']],
    [{ name: 'P\u0430yPal', provider: imitation }, ['name', 'provider']],
  ] as const) {
    const result = read(change)
    assert.ok(result.ok)
    assert.deepEqual(result.agent.mixedScripts, marked)
    assert.equal(result.agent.name, 'name' in change ? change.name : FULL.name)
  }
})

test('the hosts of a record are in ASCII; one that is too long so is refused', () => {
  const endpointAt = (url: string) => ({ endpoints: [{ url, protocol: 'a2a' }] })
  const result = read(endpointAt('https://p\u0430ypal.com/\u0430'))
  assert.ok(result.ok)
  assert.equal(result.agent.endpoints[0]?.url, 'https://xn--pypal-4ve.com/\u0430')
  const path = 'x'.repeat(2_048 - 'https://\u0430.example/'.length)
  assert.match(problemOf(endpointAt(`https://\u0430.example/${path}`)), /^\/endpoints\/0\/url: /)
})
