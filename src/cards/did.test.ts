import assert from 'node:assert/strict'
import { test } from 'node:test'
import { timeAwake } from '../../test/support/awake-time.ts'
import type { Agent, AgentId, Did } from '../domain/agent.ts'
import {
  cardUrl,
  didDocument,
  didDocumentPath,
  didRootOf,
  didWebUrl,
  isDid,
  mintDid,
  mintDidUnder,
} from './did.ts'

const id = '01997a52-5f0e-7cc4-8a39-0d6d3d1c8a11' as AgentId

test('mintDid: host, port and path of the public URL become parts of the DID', () => {
  assert.equal(mintDid('https://registry.example', id), `did:web:registry.example:agents:${id}`)
  assert.equal(mintDid('https://Registry.Example:443/', id), `did:web:registry.example:agents:${id}`)
  assert.equal(
    mintDid('https://registry.example:8443/av/eu/', id),
    `did:web:registry.example%3A8443:av:eu:agents:${id}`,
  )
})

test('mintDid: a loopback address is written localhost', () => {
  for (const host of ['127.0.0.1', '127.8.9.1', '[::1]', 'localhost']) {
    assert.equal(mintDid(`http://${host}:8080`, id), `did:web:localhost%3A8080:agents:${id}`)
  }
})

test('mintDidUnder: from the root comes the same DID', () => {
  for (const url of ['https://r.example', 'http://127.0.0.1:8080', 'https://r.example:8443/~a+b/ü%2Fx']) {
    for (const each of [id, 'weather/7', 'ü'] as AgentId[]) {
      assert.equal(mintDidUnder(didRootOf(url), each), mintDid(url, each))
    }
  }
})

test('mintDid: whatever is no character of a DID is percent-encoded, so that the result is a DID', () => {
  assert.equal(
    mintDid('https://r.example/~a+b/ü%2Fx', id),
    `did:web:r.example:%7Ea%2Bb:%C3%BC%2Fx:agents:${id}`,
  )
  for (const url of [
    'https://r.example/~a+b/ü%2Fx',
    'https://[2001:db8::1]:8080/x',
    'https://xn--bcher-kva.example',
  ]) {
    assert.equal(isDid(mintDid(url, id)), true)
  }
})

test('didWebUrl: leads back to where the document is served', () => {
  for (const url of ['https://r.example', 'https://r.example:8443/av/eu', 'https://r.example/a%20b']) {
    assert.equal(didWebUrl(mintDid(url, id)), `${new URL(url).origin}${didDocumentPath(url, id)}`)
  }
  assert.equal(didWebUrl('did:web:acme.example'), 'https://acme.example/.well-known/did.json')
  assert.equal(didDocumentPath('https://r.example/', id), `/agents/${id}/did.json`)
})

test('didWebUrl: a DID cannot smuggle user information, another path or a query into the URL', () => {
  for (const did of [
    'did:web:good.example%40evil.example',
    'did:web:evil.example%2Fpath',
    'did:web:evil.example%3Fquery',
    'did:web:a.example:%2e%2e:secret',
    'did:web:a.example:..:secret',
    'did:web:a.example:x%2Fy',
    'did:web:a.example:x%5Cy',
    'did:web:a.example::x',
    'did:web:a.example:%FF',
    'did:web:a.example%3A99999999',
    'did:web:',
    'did:key:z6Mk',
  ]) {
    assert.equal(didWebUrl(did), null, did)
  }
})

test('isDid: takes DIDs, not DID URLs or other text', () => {
  for (const did of ['did:web:a.example', 'did:key:z6Mk', 'did:web:a%3A1::x', 'did:3:x'])
    assert.equal(isDid(did), true, did)
  for (const text of [
    'did:web:',
    'did:web:a.example:',
    'did:Web:a',
    'did::a',
    'DID:web:a',
    'did:web:a#key',
    'did:web:a/path',
    'did:web:a?q',
    'did:web:a%3',
    'did:web:a b',
    'did:web:a\n',
    `did:web:${'a'.repeat(3_000)}`,
  ]) {
    assert.equal(isDid(text), false, text.slice(0, 30))
  }
})

test('isDid: long hostile text is answered at once', async () => {
  const { ms } = await timeAwake(() => isDid(`did:web:${':a%20'.repeat(400)}!`))
  assert.ok(ms < 100, `${ms} ms`)
})

test('didDocument: names card and endpoints, and lends no name to an unproved claim', () => {
  const did = mintDid('https://r.example/av', id)
  const document = didDocument(agent(did), 'https://r.example/av')
  assert.equal(document.id, did)
  assert.deepEqual(document.service, [
    {
      id: `${did}#card`,
      type: 'AgentCard',
      serviceEndpoint: `https://r.example/av/api/v1/agents/${id}/card`,
    },
    { id: `${did}#endpoint-1`, type: 'a2a', serviceEndpoint: 'https://acme.example/a2a' },
  ])
  assert.doesNotMatch(JSON.stringify(document), /victim/)
  assert.equal(didDocument({ ...agent(did), cardFormat: null }, 'https://r.example').service.length, 1)
  assert.equal(cardUrl('https://r.example/', id), `https://r.example/api/v1/agents/${id}/card`)
})

function agent(did: Did): Agent {
  return {
    id,
    did,
    cardFormat: 'a2a',
    createdAt: 0,
    updatedAt: 0,
    claimedDid: 'did:web:victim.example',
    name: 'N',
    description: '',
    agentType: 'a2a',
    version: null,
    status: 'active',
    statusMessage: null,
    successorDid: null,
    visibility: 'public',
    tags: [],
    skills: [],
    endpoints: [{ url: 'https://acme.example/a2a', protocol: 'a2a', binding: null }],
    provider: null,
    authSchemes: [],
    shareCard: false,
  }
}
