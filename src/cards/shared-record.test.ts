import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Agent, AgentId, Did, OwnAgent } from '../domain/agent.ts'
import { createRecordMask, recordMask } from './shared-record.ts'

const mask = recordMask('https://registry.example/path')

function record(changes: Partial<Agent> = {}): Agent {
  return {
    ...{
      id: 'x' as AgentId,
      did: 'did:web:registry.example:path:agents:x' as Did,
      name: 'Agent',
      description: '',
    },
    ...{ agentType: 'a2a', version: '1.2.3', status: 'active', statusMessage: null, visibility: 'public' },
    ...{ claimedDid: null, successorDid: null, tags: [], skills: [], endpoints: [], provider: null },
    ...{ authSchemes: [], shareCard: false, cardFormat: null, createdAt: 1, updatedAt: 1 },
    ...changes,
  }
}

const textOf = (description: string): string => mask(record({ description })).description
const endpoint = (url: string) => ({ url, protocol: 'a2a', binding: null })
const isKept = (url: string): boolean => mask(record({ endpoints: [endpoint(url)] })).endpoints.length === 1

test('a record with nothing to mask is the very same', () => {
  const clean = record({
    description:
      'Version 1.2.3.4, see https://docs.example/a.local.json and resource://notes/{id}; this.local = 10.',
    tags: ['nlp'],
    skills: [{ id: 's', name: 'S', description: 'x', tags: ['t'] }],
    endpoints: [endpoint('https://203.0.113.9/a2a'), endpoint('https://agents.example/a')],
    provider: { organization: 'Acme', url: 'https://acme.example' },
    claimedDid: 'did:web:agents.example:x',
    successorDid: 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK',
  })
  assert.equal(mask(clean), clean)
})

test('every free text is masked, wherever it stands', () => {
  const mail = 'jane@mail.example'
  const masked = mask(
    record({
      ...{
        name: mail,
        description: mail,
        version: mail,
        statusMessage: mail,
        tags: [mail],
        authSchemes: [mail],
      },
      skills: [{ id: mail, name: mail, description: mail, tags: [mail] }],
      endpoints: [{ ...endpoint('https://a.example'), binding: mail }],
      provider: { organization: mail, url: null },
    }),
  )
  const text = JSON.stringify(masked)
  assert.equal(text.includes('jane'), false, text)
  assert.equal(text.match(/\[email\]/g)?.length, 12)
})

test('endpoints that lead nowhere but inside do not leave', () => {
  for (const url of [
    ...['http://localhost:3000/', 'https://10.0.0.4/a', 'https://[fd00::1]/', 'https://[::ffff:10.0.0.4]/'],
    ...['https://192.168.1.1', 'https://100.64.3.2/', 'https://agents.corp/', 'https://a.b.internal./x'],
    ...['https://intranet/a2a', 'https://printer.local', 'https://127.1/', 'https://0x0a000001/'],
  ]) {
    assert.equal(isKept(url), false, url)
  }
  for (const url of [
    'https://agents.example',
    'https://8.8.8.8/',
    'https://100.128.0.1/',
    'https://local.example',
  ])
    assert.equal(isKept(url), true, url)
})

test('endpoints with a person or a secret in them do not leave', () => {
  for (const url of [
    ...['https://a.example/jane.doe@mail.example', 'https://a.example/jane.doe%40mail.example'],
    ...['https://a.example/?api_key=0123456789abcdef01', 'https://a.example/%zz?u=j%40mail.example'],
  ]) {
    assert.equal(isKept(url), false, url)
  }
})

test('so do the provider’s address and other DIDs', () => {
  const provider = { organization: 'Acme', url: 'https://wiki.acme.internal' }
  const masked = mask(
    record({
      provider,
      claimedDid: 'did:web:localhost%3A80:x',
      successorDid: 'did:web:a.example:jane%40mail.example',
    }),
  )
  assert.deepEqual(masked.provider, { organization: 'Acme', url: null })
  assert.equal(masked.claimedDid, null)
  assert.equal(masked.successorDid, null)
})

test('internal hosts are masked in texts', () => {
  assert.equal(textOf('Runs on http://localhost:8080/x'), 'Runs on http://[address]:8080/x')
  assert.equal(textOf('at localhost:8080'), 'at [address]:8080')
  assert.equal(textOf('see https://wiki/page'), 'see https://[address]/page')
  assert.equal(textOf('db01.eu.internal, db02.prod.corp.'), '[address], [address].')
  assert.equal(textOf('redis://cache.lan:6379'), 'redis://[address]:6379')
})

test('a registry that is internal itself keeps the addresses of its own kind', () => {
  const inside = recordMask('http://localhost:8080')
  const own = record({
    endpoints: [endpoint('http://localhost:9000/')],
    claimedDid: 'did:web:localhost%3A9000:x',
  })
  assert.equal(inside(own), own)
})

test('its own DIDs are no secret', () => {
  const own = record({
    successorDid: 'did:web:registry.example:path:agents:01997a52-5f0e-7cc4-8a39-0d6d3d1c8a11',
  })
  assert.equal(mask(own), own)
})

test('masking twice is masking once', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom('a@b.example', ' ', '+4930123456', 'x.lan', 'http://db/', '.', ':', '10.0.0.1', 'x'),
      ),
      (parts) => {
        const once = textOf(parts.join(''))
        assert.equal(textOf(once), once)
      },
    ),
    { numRuns: 500 },
  )
})

test('what was found clean is looked at again when it has changed', () => {
  const remembering = createRecordMask('https://registry.example')
  const own = (revision: number, description: string): OwnAgent =>
    ({ ...record({ description }), revision }) as unknown as OwnAgent
  const clean = own(1, 'fine')
  assert.equal(remembering(clean), clean)
  assert.equal(remembering(own(2, 'a@b.example')).description, '[email]')
  assert.equal(remembering(own(2, 'a@b.example')).description, '[email]')
})

test('a masked copy that is looked at again does not make the record pass for clean', () => {
  const remembering = createRecordMask('https://registry.example')
  const own = { ...record({ description: 'a@b.example' }), revision: 3 } as unknown as OwnAgent
  const masked = remembering(own)
  assert.equal(remembering(masked), masked)
  assert.equal(remembering(own).description, '[email]')
})
