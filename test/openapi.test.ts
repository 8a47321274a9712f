/** The API document keeps to its specification, and every route in it answers as it says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileSchema, findFaults, type Operation, operationsOf, schemasIn } from './support/openapi.ts'
import { publish } from './support/records.ts'
import { type Answer, ask, enrol, type RunningRegistry, startRegistry } from './support/registry.ts'
import { type Stranger, startStrangers } from './support/strangers.ts'

type Document = Readonly<Record<string, unknown>>

const CARD = {
  protocolVersion: '0.3.0',
  name: 'Card Agent',
  description: 'Plays cards.',
  version: '1.0.0',
  url: 'https://cards.example/a2a',
  capabilities: {},
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  skills: [{ id: 'play', name: 'Play', description: 'Plays a game of cards.', tags: ['games'] }],
}

/** What the requests below are about. */
type World = {
  readonly registry: RunningRegistry
  readonly partner: RunningRegistry
  readonly agentId: string
  readonly peerId: string
  readonly stranger: Stranger
}

type Exchange = (world: World) => Promise<Answer<unknown>>

const get =
  (path: (world: World) => string): Exchange =>
  (world) =>
    world.registry.send('GET', path(world))

/** One request that succeeds for every operation of the document. */
const REQUESTS: Readonly<Record<string, Exchange>> = {
  discoverAgents: get(() => '/api/v1/discovery/agents?include_federated=true&search=agent'),
  listAgents: get(() => '/api/v1/agents?search=card&tags=games'),
  createAgent: ({ registry }) =>
    registry.call('POST', '/agents', {
      body: { card: { ...CARD, provider: { organization: 'A', url: 'https://a.example' } }, tags: ['games'] },
    }),
  getAgent: get(({ agentId }) => `/api/v1/agents/${agentId}`),
  updateAgent: ({ registry, agentId }) =>
    registry.call('PUT', `/agents/${agentId}`, { body: { version: '1.0.1' } }),
  deleteAgent: async ({ registry }) => {
    const { id } = await publish(registry, { name: 'Short-lived' })
    return registry.call('DELETE', `/agents/${id}?reason=A%20test`)
  },
  getAgentCard: get(({ agentId }) => `/api/v1/agents/${agentId}/card`),
  getDidDocument: get(({ agentId }) => `/agents/${agentId}/did.json`),
  importAgents: ({ registry }) =>
    registry.call('POST', '/agents/import', {
      body: '{"name":"Imported","agent_type":"api"}\n{bad\n',
      headers: { 'content-type': 'application/x-ndjson' },
    }),
  exportAgents: get(() => '/api/v1/agents/export'),
  fetchAgentCard: ({ registry, agentId }) =>
    registry.call('POST', '/agents/fetch-card', {
      body: { url: `${registry.url}/api/v1/agents/${agentId}/card` },
    }),
  validateAgent: ({ registry }) => registry.call('POST', '/agents/validate', { body: CARD }),
  listPeers: get(() => '/api/v1/federation/peers'),
  createPeer: async ({ registry, partner }) =>
    registry.call('POST', '/federation/peers', {
      body: { name: 'Same machine', registry_url: `${partner.url}/elsewhere`, metadata: { owner: 'us' } },
    }),
  getPeer: get(({ peerId }) => `/api/v1/federation/peers/${peerId}`),
  updatePeer: ({ registry, peerId }) =>
    registry.call('PUT', `/federation/peers/${peerId}`, { body: { priority: 1 } }),
  deletePeer: async ({ registry, partner }) => {
    const { id } = await registry.succeed<{ id: string }>('POST', '/federation/peers', {
      body: { name: 'Short-lived', registry_url: `${partner.url}/short` },
    })
    return registry.call('DELETE', `/federation/peers/${id}`)
  },
  checkPeer: ({ registry, peerId }) => registry.call('POST', `/federation/peers/${peerId}/check`),
  getPeerHealth: get(({ peerId }) => `/api/v1/federation/peers/${peerId}/health?window=7d`),
  getPeerStats: get(({ peerId }) => `/api/v1/federation/peers/${peerId}/stats`),
  previewAsPeer: get(
    ({ peerId }) =>
      `/api/v1/federation/peers/${peerId}/preview?search=card&policy=${encodeURIComponent('{"fields":["tags"]}')}`,
  ),
  clearPeerCache: ({ registry, peerId }) => registry.call('DELETE', `/federation/peers/${peerId}/cache`),
  listQueryLog: get(({ peerId }) => `/api/v1/federation/query-log?peer=${peerId}&direction=outbound&limit=5`),
  exportQueryLog: get(() => '/api/v1/federation/query-log/export?after=0'),
  listChanges: get(() => '/api/v1/changes?since=0&limit=10'),
  getFacets: get(() => '/api/v1/discovery/facets?search=agent&include_federated=true'),
  findAgentAnywhere: async ({ registry, partner }) => {
    const { agents } = await partner.succeed<{ agents: { did: string }[] }>('GET', '/agents')
    return registry.call('GET', `/discovery/agents/${encodeURIComponent(agents[0]?.did ?? '')}`)
  },
  getRegistryDocument: get(() => '/.well-known/agent-registry.json'),
  getIdentity: get(() => '/api/v1/federation/identity'),
  rotateIdentity: ({ registry }) =>
    registry.call('POST', '/federation/identity/rotate', { body: { overlap_seconds: 86_400 } }),
  createInvite: ({ registry }) => registry.call('POST', '/federation/invites', { body: {} }),
  listInvites: get(() => '/api/v1/federation/invites'),
  revokeInvite: async ({ registry }) => {
    const { id } = await registry.succeed<{ id: string }>('POST', '/federation/invites', { body: {} })
    return registry.call('DELETE', `/federation/invites/${id}`)
  },
  acceptInvite: async ({ registry, partner }) => {
    const body = { auto_accept: true }
    const { invite } = await partner.succeed<{ invite: string }>('POST', '/federation/invites', { body })
    return registry.call('POST', '/federation/invites/accept', { body: { invite } })
  },
  enroll: async ({ registry, stranger }) => {
    const { invite } = await registry.succeed<{ invite: string }>('POST', '/federation/invites', { body: {} })
    const body = await stranger.message(invite)
    return registry.call('POST', '/federation/enroll', { key: null, body })
  },
  confirmPeer: ({ registry, peerId }) =>
    registry.call('POST', `/federation/peers/${peerId}/confirm`, { body: {} }),
  listTokens: get(() => '/api/v1/federation/tokens'),
  createToken: ({ registry, peerId }) =>
    registry.call('POST', '/federation/tokens', { body: { peer_id: peerId, expires_in: 3600 } }),
  revokeToken: async ({ registry, peerId }) => {
    const { id } = await registry.succeed<{ id: string }>('POST', '/federation/tokens', {
      body: { peer_id: peerId },
    })
    return registry.call('DELETE', `/federation/tokens/${id}`)
  },
  rotateToken: async ({ registry, peerId }) => {
    const body = { peer_id: peerId }
    const { id } = await registry.succeed<{ id: string }>('POST', '/federation/tokens', { body })
    return registry.call('POST', `/federation/tokens/${id}/rotate`, { body: { overlap_seconds: 60 } })
  },
  listKeys: get(() => '/api/v1/keys'),
  createKey: ({ registry }) =>
    registry.call('POST', '/keys', { body: { name: 'A program', role: 'viewer', expires_in: 3600 } }),
  revokeKey: async ({ registry }) => {
    const { id } = await registry.succeed<{ id: string }>('POST', '/keys', {
      body: { name: 'Short-lived', role: 'viewer' },
    })
    return registry.call('DELETE', `/keys/${id}`)
  },
  rotateKey: async ({ registry }) => {
    const { id } = await registry.succeed<{ id: string }>('POST', '/keys', {
      body: { name: 'Renewed', role: 'viewer' },
    })
    return registry.call('POST', `/keys/${id}/rotate`, { body: {} })
  },
  getMe: get(() => '/api/v1/me'),
  createSession: ({ registry }) =>
    registry.call('POST', '/session', {
      ...{ key: null, body: { key: registry.adminKey }, headers: { origin: registry.url } },
    }),
  endSession: ({ registry }) => registry.call('DELETE', '/session', { key: null }),
  getSettings: get(() => '/api/v1/settings'),
  listBlocks: async ({ registry }) => {
    await registry.succeed('POST', '/blocks', { body: { origin: 'listed.example' } })
    return registry.call('GET', '/blocks')
  },
  createBlock: ({ registry }) =>
    registry.call('POST', '/blocks', {
      body: { did: 'did:web:spam.example:agents:1', with_endpoints: true, reason: 'Spam' },
    }),
  deleteBlock: async ({ registry }) => {
    const { id } = await registry.succeed<{ id: string }>('POST', '/blocks', {
      body: { origin: 'short.example' },
    })
    return registry.call('DELETE', `/blocks/${id}`)
  },
  takeDownAgent: async ({ registry }) => {
    const agent = await publish(registry, { name: 'Taken down' })
    return registry.call('POST', `/agents/${agent.id}/take-down`, { body: { reason: 'Why', legal: true } })
  },
  restoreAgent: async ({ registry }) => {
    const agent = await publish(registry, { name: 'Restored' })
    return registry.call('DELETE', `/agents/${agent.id}/take-down`)
  },
  listWithheld: get(() => '/api/v1/withheld'),
  transferAgent: async ({ registry }) => {
    const agent = await publish(registry, { name: 'Transferred' })
    const { owner_id } = await registry.succeed<{ owner_id: string }>('POST', '/keys', {
      body: { name: 'Next owner', role: 'publisher' },
    })
    return registry.call('POST', `/agents/${agent.id}/transfer`, { body: { owner_id } })
  },
  reportAgent: async ({ registry }) => {
    const agent = await publish(registry, { name: 'Reported' })
    return registry.call('POST', `/agents/${agent.id}/report`, {
      body: { category: 'spam', detail: 'Spam.' },
    })
  },
  listReports: get(() => '/api/v1/reports?status=open&limit=5'),
  resolveReport: async ({ registry }) => {
    const agent = await publish(registry, { name: 'Reported, too' })
    const { id } = await registry.succeed<{ id: string }>('POST', `/agents/${agent.id}/report`, {
      body: { category: 'broken', detail: 'It never answers.', contact: 'me' },
    })
    return registry.call('POST', `/reports/${id}/resolve`, {
      body: { resolution: 'dismissed', note: 'It does.' },
    })
  },
  suspendKey: async ({ registry }) => {
    const { id } = await registry.succeed<{ id: string }>('POST', '/keys', {
      body: { name: 'S', role: 'publisher' },
    })
    return registry.call('POST', `/keys/${id}/suspend`, { body: { reason: 'Leaked', hide_agents: true } })
  },
  resumeKey: async ({ registry }) => {
    const { id } = await registry.succeed<{ id: string }>('POST', '/keys', {
      body: { name: 'R', role: 'publisher' },
    })
    await registry.succeed('POST', `/keys/${id}/suspend`, { body: { reason: 'Leaked' } })
    return registry.call('POST', `/keys/${id}/resume`)
  },
  listAudit: get(() => '/api/v1/audit?limit=5'),
  getAuditHead: get(() => '/api/v1/audit/head'),
  getAuditReport: get(() => '/api/v1/audit/report?month=2026-11'),
  exportAudit: get(() => '/api/v1/audit/export'),
  isAlive: get(() => '/livez'),
  isReady: get(() => '/readyz'),
  getMetrics: get(() => '/metrics'),
  getHealth: get(() => '/api/v1/health'),
  getFederationHealth: get(() => '/api/v1/federation/health'),
  getFederationStats: get(() => '/api/v1/federation/stats'),
  getOpenApi: get(() => '/api/v1/openapi.json'),
  getDocs: get(() => '/docs'),
  getErrors: get(() => '/docs/errors'),
}

test('the API document is valid OpenAPI 3.1', async (t) => {
  const registry = await startRegistry(t)
  const { status, headers, body } = await registry.call<Document>('GET', '/openapi.json', { key: null })
  assert.equal(status, 200)
  assert.match(headers.get('content-type') ?? '', /^application\/json/)
  assert.deepEqual(findFaults(body), [])
  assert.deepEqual(body.servers, [{ url: registry.url }])
  assert.ok(schemasIn(body).length > 50)
})

test('the judge of documents sees what is wrong', () => {
  const faults = findFaults({
    openapi: '3.1.0',
    info: { title: 'T', version: '1' },
    components: { securitySchemes: {}, schemas: { Broken: { type: 'text' } } },
    paths: {
      '/a/{id}': {
        get: {
          operationId: 'getA',
          responses: { 200: { content: { 'text/html': { schema: { $ref: '#/x' } } } } },
        },
        post: { operationId: 'getA', security: [{ none: [] }], tags: ['unknown'], responses: {} },
      },
    },
  })
  for (const fault of [
    'operationId: not unique',
    'GET /a/{id}: its path and its path parameters differ',
    'GET /a/{id}: 200: no description',
    'POST /a/{id}: a tag is not declared',
    'POST /a/{id}: a security scheme is not declared',
    'POST /a/{id}: no success is described',
  ]) {
    assert.ok(faults.includes(fault), `${fault} in ${faults.join('; ')}`)
  }
  assert.ok(faults.some((fault) => fault.startsWith('components/Broken: ')))
  assert.ok(faults.some((fault) => fault.endsWith('#/x leads nowhere')))
})

test('every operation of the document is exercised here, and answers what the document says', async (t) => {
  const [registry, partner] = await Promise.all([
    startRegistry(t, { name: 'Harbor', env: { REGISTRY_CARD_NETWORKS: '127.0.0.0/8,::1/128' } }),
    startRegistry(t, { name: 'Partner' }),
  ])
  const { peerId } = await enrol(registry, partner)
  await publish(partner, {
    name: 'Foreign Agent',
    description: 'An agent.',
    provider: { organization: 'Acme' },
  })
  const { id: agentId } = await registry.succeed<{ id: string }>('POST', '/agents', {
    body: { card: CARD, visibility: 'public' },
  })
  const document = await registry.succeed<Document>('GET', '/openapi.json')
  const operations = operationsOf(document)
  assert.deepEqual(
    Object.keys(REQUESTS).toSorted(),
    operations.map(({ operationId }) => operationId).toSorted(),
  )

  const [stranger] = await startStrangers(t, 1)
  assert.ok(stranger)
  const faults: string[] = []
  for (const operation of operations) {
    const world: World = { registry, partner, agentId, peerId, stranger }
    const answer: Answer<unknown> | undefined = await REQUESTS[operation.operationId]?.(world)
    assert.ok(answer)
    const fault = differenceFrom(operation, answer, document)
    if (fault !== null) faults.push(`${operation.operationId}: ${answer.status} ${fault}`)
  }
  assert.deepEqual(faults, [])
})

/** What of an answer the document does not say, or says otherwise. */
function differenceFrom(operation: Operation, answer: Answer<unknown>, document: Document): string | null {
  if (answer.status >= 300) return `is no success: ${answer.text}`
  const described = responseOf(operation, String(answer.status))
  if (described === undefined) return 'is not described'
  if (answer.status === 204) return answer.text === '' ? null : 'has a body'
  const [type = ''] = (answer.headers.get('content-type') ?? '').split(';')
  const schema = described.content?.[type]?.schema
  if (schema === undefined) return `as ${type} is not described`
  if (type !== 'application/json') return null
  const validate = compileSchema(schema, document)
  if (validate(answer.body)) return null
  return (validate.errors ?? [])
    .map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)
    .join('; ')
}

type Response = {
  readonly content?: Readonly<Record<string, { readonly schema?: unknown; readonly example?: unknown }>>
}

function responseOf({ value }: Operation, status: string): Response | undefined {
  return (value.responses as Readonly<Record<string, Response>>)[status]
}

test('every operation refuses an unknown parameter with a problem, which the document describes', async (t) => {
  const registry = await startRegistry(t)
  const document = await registry.succeed<Document>('GET', '/openapi.json')
  const id = '0199f000-0000-7000-8000-000000000000'
  for (const operation of operationsOf(document)) {
    const path = operation.path.replaceAll(/\{\w+\}/g, id)
    const bodies = Object.entries((operation.value.requestBody as Response | undefined)?.content ?? {})
    const [[type, { example = {} }] = ['', {}]] = bodies
    const answer = await ask(operation.method, `${registry.url}${path}?colour=red`, {
      key: registry.adminKey,
      ...(type !== '' && { body: example, headers: { 'content-type': type } }),
    })
    const what = `${operation.operationId}: ${answer.status} ${answer.text}`
    assert.equal(answer.status, 400, what)
    assert.match(answer.text, /"pointer":"\?colour"/, what)
    const problem = responseOf(operation, 'default')?.content?.['application/problem+json']?.schema
    assert.ok(problem, operation.operationId)
    assert.ok(compileSchema(problem, document)(answer.body), what)
  }
})

test('the document tells of every operation who may call it, and it is so', async (t) => {
  const registry = await startRegistry(t, { env: { REGISTRY_ANONYMOUS_READ: 'true' } })
  const document = await registry.succeed<Document>('GET', '/openapi.json')
  for (const { method, path, operationId, value } of operationsOf(document)) {
    const answer = await ask(method, `${registry.url}${path.replaceAll(/\{\w+\}/g, 'none')}`)
    const isOpen = (value.security as readonly object[]).some((one) => Object.keys(one).length === 0)
    assert.equal(answer.status === 401, !isOpen, `${operationId}: ${answer.status}`)
  }
})
