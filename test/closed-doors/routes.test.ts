/** Every way to make a registry contact an address: what may not be contacted is refused, and nothing is sent. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatInvite, parseInvite } from '../../src/security/invites.ts'
import { normalizeRegistryUrl } from '../../src/security/peer-url.ts'
import { serve } from '../support/federation.ts'
import { makeKey } from '../support/keys.ts'
import { discover, namesOf, publish } from '../support/records.ts'
import { befriend, type Problem, type RunningRegistry, startRegistry } from '../support/registry.ts'
import { startStrangers } from '../support/strangers.ts'
import { startCanary } from './canary.ts'
import { literalHosts, trickUrls } from './spellings.ts'

const SHUT = { REGISTRY_PEER_NETWORKS: '10.99.0.0/16' }

/** What an operator, or whoever holds an invite, is told. */
const REASONS =
  /outside REGISTRY_(?:PEER|CARD)_NETWORKS|Only https addresses are contacted\.$|does not resolve to an address\.$|^Takes |^A registry address|^This is not a valid address|host name in this address|^Port 0|^The enrolment is refused\. |^The invite is damaged|characters/

/** For those who read on. */
const PAGE = '<meta http-equiv="refresh" content="0">'

type Refusal = { readonly status: number; readonly body: Problem }
type Door = (registryUrl: string) => Promise<Refusal>

async function assertRefused(door: Door, name: string, url: string): Promise<void> {
  const { status, body } = await door(url)
  assert.ok(status >= 400 && status < 500, `${name} ${url}: ${status}`)
  const told = body.errors?.[0]?.message ?? body.detail
  assert.match(told, REASONS, `${name} ${url}`)
}

test('a closed address is refused at every door, in every spelling, and nothing is sent to it', async (t) => {
  await using canary = await startCanary()
  const harbor = await startRegistry(t, { name: 'Harbor', env: SHUT })
  const [mallory] = await startStrangers(t, 1)
  assert.ok(mallory)
  const { invite: paste } = await harbor.succeed<{ invite: string }>('POST', '/federation/invites', {
    body: {},
  })
  const known = await harbor.succeed<{ id: string }>('POST', '/federation/peers', {
    body: { name: 'Known', registry_url: 'https://known.invalid', is_active: false },
  })
  const invite = parseInvite(paste)
  assert.ok(invite.ok)
  let knocks = 0
  let fetches = 0
  let publisher = ''
  const doors: Readonly<Record<string, Door>> = {
    'adding a peer': (registry_url) =>
      harbor.call('POST', '/federation/peers', { body: { name: 'Closed', registry_url } }),
    'moving a peer': (registry_url) =>
      harbor.call('PUT', `/federation/peers/${known.id}`, { body: { registry_url } }),
    'giving a token': (registry_url) =>
      harbor.call('POST', '/federation/tokens', { body: { name: 'Closed', registry_url } }),
    'pasting an invite': (registry_url) => {
      const normal = normalizeRegistryUrl(registry_url)
      const registryUrl = normal.ok ? normal.url : registry_url
      return harbor.call('POST', '/federation/invites/accept', {
        body: { invite: formatInvite({ ...invite.invite, registryUrl }) },
      })
    },
    // With ever another key, for the same reason as below.
    'fetching a card': async (url) => {
      if (fetches % 20 === 0) publisher = await makeKey(harbor, 'publisher')
      fetches += 1
      return harbor.call('POST', '/agents/fetch-card', { key: publisher, body: { url } })
    },
    // From ever another address, or it would be refused for coming too often.
    'enrolling with an invite': (registryUrl) => {
      knocks += 1
      return mallory.enrol(paste, { registryUrl, from: `127.0.${8 + (knocks >> 7)}.${1 + (knocks & 127)}` })
    },
  }
  const urls = [
    ...literalHosts().flatMap((host, place) => [
      `https://${host}:${canary.port}`,
      ...(place % 4 === 0 ? [`http://${host}:${canary.port}/x`] : []),
    ]),
    ...['https://localhost', 'http://localhost', 'https://LOCALHOST.'].map((url) => `${url}:${canary.port}`),
    ...trickUrls(canary.port),
  ].filter(isClosed)
  assert.ok(urls.length >= 500)
  const names = Object.keys(doors)
  for (const [place, url] of urls.entries()) {
    // All of them at the door that operators use; at each of the others a share, which is another at each.
    for (const [step, name] of names.entries()) {
      if (step > 0 && place % 12 !== step) continue
      await assertRefused(doors[name] ?? assert.fail(), name, url)
    }
  }
  assert.deepEqual([canary.connections, canary.bytes], [0, 0])
  assert.equal(mallory.server.requests.length, 0)
  const { peers } = await harbor.succeed<{ peers: { registry_url: string }[] }>('GET', '/federation/peers')
  assert.deepEqual(
    peers.map(({ registry_url }) => registry_url),
    ['https://known.invalid'],
  )
  t.diagnostic(`${urls.length} addresses at ${names.length} doors: 0 bytes`)
})

/** Tricks whose true host is another one are somebody's, but not this machine's. */
function isClosed(url: string): boolean {
  return !/public\.example\/?$/.test(URL.parse(url)?.host ?? '')
}

test('what publishers write is never contacted: endpoints, cards, keys of signatures, DIDs', async (t) => {
  await using canary = await startCanary()
  const harbor = await startRegistry(t, { name: 'Harbor' })
  const lumen = await startRegistry(t, { name: 'Lumen' })
  await befriend(harbor, lumen)
  const at = `127.0.0.1:${canary.port}`
  const did = `did:web:localhost%3A${canary.port}:agents:one`
  const fields = {
    ...{ name: 'Canary Feeder', agent_type: 'a2a', visibility: 'public', claimed_did: did },
    endpoints: [{ url: `https://${at}/a2a`, protocol: 'a2a' }],
    provider: { organization: 'Feeder', url: `https://${at}/provider` },
  }
  await publish(harbor, fields)
  await publish(lumen, { ...fields, name: 'Foreign Canary Feeder' })
  const card = {
    ...{ name: 'Carded Canary Feeder', description: 'Points elsewhere.', version: '1.0.0' },
    ...{ protocolVersion: '0.3.0', url: `https://${at}/card`, preferredTransport: 'JSONRPC' },
    ...{ iconUrl: `https://${at}/icon`, documentationUrl: `https://${at}/docs` },
    ...{ capabilities: {}, defaultInputModes: ['text/plain'], defaultOutputModes: ['text/plain'] },
    provider: { organization: 'Feeder', url: `https://${at}/provider` },
    skills: [{ id: 'a', name: 'a', description: 'a', tags: ['a'] }],
    signatures: [
      {
        protected: Buffer.from(
          JSON.stringify({ alg: 'EdDSA', kid: 'a', jku: `https://${at}/jwks.json` }),
        ).toString('base64url'),
        signature: 'AAAA',
      },
    ],
  }
  await harbor.succeed('POST', '/agents', { body: { card, visibility: 'public' } })
  await harbor.call('POST', '/agents/validate', { body: { card } })
  for (const registry of [harbor, lumen]) {
    const answer = await discover(registry, 'search=canary+feeder')
    assert.ok(namesOf(answer).includes('Carded Canary Feeder'), registry.name)
    await registry.call('GET', `/discovery/agents/${encodeURIComponent(did)}`)
    await registry.call('GET', '/discovery/facets?include_federated=true&search=canary')
  }
  assert.deepEqual([canary.connections, canary.bytes], [0, 0])
})

test('a registry that sends all who come elsewhere is followed nowhere, not even for its key', async (t) => {
  await using canary = await startCanary()
  const elsewhere = `http://127.0.0.1:${canary.port}`
  const harbor = await startRegistry(t, { name: 'Harbor' })
  const [mallory] = await startStrangers(t, 1)
  for (const status of [301, 302, 303, 307, 308]) {
    await using stray = await serve((request, response) => {
      const location = `${elsewhere}${request.url}`
      response.writeHead(status, {
        location,
        refresh: `0; url=${location}`,
        link: `<${location}>; rel="next"`,
      })
      response.end(PAGE)
    })
    const peer = await harbor.succeed<{ id: string; probe: { problem: string } }>(
      'POST',
      '/federation/peers',
      {
        body: { name: `Stray ${status}`, registry_url: stray.url, api_key: 'secret-of-stray' },
      },
    )
    assert.match(peer.probe.problem, new RegExp(`answered ${status}, a redirect`))
    await harbor.call('POST', `/federation/peers/${peer.id}/check`)
    await discover(harbor, 'search=anything')
    const did = encodeURIComponent(`did:web:localhost%3A${new URL(stray.url).port}:agents:one`)
    await harbor.call('GET', `/discovery/agents/${did}`)
    const { invite: paste } = await harbor.succeed<{ invite: string }>('POST', '/federation/invites', {
      body: {},
    })
    const read = parseInvite(paste)
    assert.ok(read.ok)
    const pasted = await harbor.call('POST', '/federation/invites/accept', {
      body: { invite: formatInvite({ ...read.invite, registryUrl: `${stray.url}/other` }) },
    })
    assert.equal(pasted.body.code, 'enrolment-failed', pasted.text)
    assert.match(pasted.body.detail, new RegExp(`answered ${status}, a redirect`))
    const knocked = await mallory?.enrol(paste, { registryUrl: `${stray.url}/third` })
    assert.match(knocked?.body.detail ?? '', new RegExp(`answered ${status}, a redirect`))
    assert.ok(stray.requests.length >= 4)
  }
  assert.deepEqual([canary.connections, canary.bytes], [0, 0])
})

test('honest peers on an allowed network find what each other has', async (t) => {
  const [harbor, lumen]: readonly RunningRegistry[] = [
    await startRegistry(t, { name: 'Harbor', env: { REGISTRY_PEER_NETWORKS: '127.0.0.1/32' } }),
    await startRegistry(t, { name: 'Lumen', env: { REGISTRY_PEER_NETWORKS: '127.0.0.1/32' } }),
  ]
  assert.ok(harbor && lumen)
  await befriend(harbor, lumen)
  for (const registry of [harbor, lumen]) await publish(registry, { name: `Ferry of ${registry.name}` })
  for (const registry of [harbor, lumen]) {
    const answer = await discover(registry, 'search=ferry')
    assert.deepEqual(namesOf(answer).toSorted(), ['Ferry of Harbor', 'Ferry of Lumen'])
    assert.equal(answer.federation_stats?.complete, true)
  }
})
