import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalEndpoint } from './canonical-url.ts'
import earlyServerJson from './examples/server-2025-05.json' with { type: 'json' }
import serverJson from './examples/server-2025-12.json' with { type: 'json' }
import { extractFields } from './mcp-server.ts'

function pointersOf(card: unknown): string[] {
  const result = extractFields(card)
  return result.ok ? [] : result.faults.map((fault) => fault.pointer).sort()
}

test('server.json: gives the fields that search needs; remotes with variables are no addresses yet', () => {
  const result = extractFields(serverJson)
  assert.deepEqual(result.ok && result.fields, {
    agentType: 'mcp-server',
    name: 'Tide tables',
    description: 'High and low water for harbours',
    version: '2.0.1',
    status: 'active',
    endpoints: [
      { url: 'https://mcp.tidewatch.example/mcp', protocol: 'mcp', binding: 'streamable-http' },
      {
        url: 'https://github.com/tidewatch/servers/tree/HEAD/packages/tides',
        protocol: 'mcp',
        binding: 'repository',
      },
    ],
    provider: { organization: 'io.github.tidewatch', url: 'https://tidewatch.example' },
  })
})

test('server.json: reads the earlier shape', () => {
  const result = extractFields({ ...earlyServerJson, status: 'deprecated' })
  assert.deepEqual(result.ok && result.fields, {
    agentType: 'mcp-server',
    name: 'io.github.tidewatch/waves',
    description: 'Wave heights',
    version: '0.1.0',
    status: 'deprecated',
    endpoints: [
      { url: 'https://waves.example/sse', protocol: 'mcp', binding: 'sse' },
      { url: 'https://github.com/tidewatch/waves', protocol: 'mcp', binding: 'repository' },
    ],
    provider: { organization: 'io.github.tidewatch', url: null },
  })
})

test('server.json: two servers of one repository have different addresses', () => {
  const addressOf = (subfolder: string) => {
    const repository = { url: 'https://github.com/tidewatch/servers', source: 'github', subfolder }
    const result = extractFields({ ...serverJson, remotes: [], repository })
    return result.ok ? canonicalEndpoint(result.fields.endpoints?.[0]?.url ?? '') : null
  }
  assert.equal(addressOf('src/tides'), 'github.com/tidewatch/servers/src/tides')
  assert.equal(addressOf('./src/waves/'), 'github.com/tidewatch/servers/src/waves')
})

test('server.json: a repository without address is none', () => {
  const result = extractFields({ ...serverJson, remotes: undefined, repository: { url: '', source: '' } })
  assert.deepEqual(result.ok && result.fields.endpoints, [])
})

test('server.json: everything required and missing is named at once', () => {
  assert.deepEqual(pointersOf({}), ['/description', '/name', '/version'])
  const broken = {
    ...serverJson,
    name: 'no namespace',
    packages: [{ registryType: 'npm' }, {}],
    remotes: [{ type: 'sse' }, { url: 'https://x.example' }, { type: 'sse', url: 'file:///etc/passwd' }],
    repository: { url: 'https://github.com/a/b', subfolder: '../../c/d' },
    websiteUrl: 'https://me:secret@x.example',
  }
  assert.deepEqual(pointersOf(broken), [
    '/name',
    '/packages/0/identifier',
    '/packages/1/identifier',
    '/packages/1/registryType',
    '/remotes/0/url',
    '/remotes/1/type',
    '/remotes/2/url',
    '/repository/subfolder',
    '/websiteUrl',
  ])
})
