/** A peer larger than all others together counts as much as they do, unless an operator vouches for its size. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { WirePeer } from '../src/wire/peer.ts'
import { statisticsToWire } from '../src/wire/search-stats.ts'
import { createManualClock, sendJson, serve, wireAgent } from './support/federation.ts'
import { discover, namesOf } from './support/records.ts'
import { type RunningRegistry, startRegistry } from './support/registry.ts'

type Size = { readonly documents: number; readonly terns: number; readonly gulls: number }

/** A peer with one agent, and how many more it says it has. */
async function addPeer(t: TestContext, harbor: RunningRegistry, { agent, ...body }: Added, size: Size) {
  const { documents, terns, gulls } = size
  const documentFrequency = new Map(Object.entries({ tern: terns, gull: gulls, 'gull*': gulls }))
  const search_stats = statisticsToWire({ documents, documentFrequency, isEstimated: false })
  const server = await serve((request, response) => {
    if (request.url?.endsWith('/health'))
      return sendJson(response, { status: 'healthy', agent_count: documents })
    const agents = [wireAgent(`http://${request.headers.host}`, agent, { name: agent })]
    sendJson(response, { agents, next_cursor: null, search_stats })
  })
  t.after(() => server[Symbol.asyncDispose]())
  return harbor.succeed<WirePeer>('POST', '/federation/peers', {
    body: { ...body, registry_url: server.url },
  })
}

type Added = { readonly agent: string; readonly name: string; readonly size_confirmed?: boolean }

const LARGE = { documents: 100_000, terns: 50_000, gulls: 100 }
const SMALL = { documents: 1_000, terns: 5, gulls: 750 }

/** Where Large counts in full gulls are rare, and so come first; where it counts as much as the small ones, terns. */
async function orderOf(harbor: RunningRegistry): Promise<string[]> {
  return namesOf(await discover(harbor, 'search=tern+gull'))
}

test('an honest peer that is larger than all others is scaled down until an operator confirms its size', async (t) => {
  const clock = createManualClock()
  const harbor = await startRegistry(t, { name: 'Harbor', overrides: { clock } })
  const large = await addPeer(t, harbor, { name: 'Large', agent: 'Tern' }, LARGE)
  await addPeer(t, harbor, { name: 'Small', agent: 'Gull' }, SMALL)
  await addPeer(t, harbor, { name: 'Smaller', agent: 'Gull' }, SMALL)
  assert.equal(large.size_confirmed, false)
  const confirm = async (size_confirmed: unknown) => {
    clock.advance(1_000)
    return harbor.call<WirePeer>('PUT', `/federation/peers/${large.id}`, { body: { size_confirmed } })
  }
  assert.deepEqual(await orderOf(harbor), ['Tern', 'Gull', 'Gull'])
  assert.equal((await confirm(true)).body.size_confirmed, true)
  assert.deepEqual(await orderOf(harbor), ['Gull', 'Gull', 'Tern'])
  assert.equal((await confirm('yes')).status, 422)
  assert.equal((await confirm(false)).body.size_confirmed, false)
  assert.deepEqual(await orderOf(harbor), ['Tern', 'Gull', 'Gull'])
})

test('a size can be confirmed as a peer is added, and the audit log says when it is later', async (t) => {
  const harbor = await startRegistry(t, { name: 'Harbor', overrides: { clock: createManualClock() } })
  const large = await addPeer(t, harbor, { name: 'Large', agent: 'Tern', size_confirmed: true }, LARGE)
  await addPeer(t, harbor, { name: 'Small', agent: 'Gull' }, SMALL)
  assert.equal(large.size_confirmed, true)
  assert.deepEqual(await orderOf(harbor), ['Gull', 'Tern'])
  const path = `/federation/peers/${large.id}`
  await harbor.succeed('PUT', path, { body: { size_confirmed: false } })
  assert.equal((await harbor.succeed<WirePeer>('GET', path)).size_confirmed, false)
  const { audit } = await harbor.succeed<{ audit: readonly { action: string; detail: object }[] }>(
    'GET',
    '/audit?action=peer.update',
  )
  assert.deepEqual(
    audit.map(({ detail }) => detail),
    [{ changed: ['size_confirmed'] }],
  )
})
