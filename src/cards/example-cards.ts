/** One valid card of every format, for the tests of this folder. Each call gives a fresh value. */

/** A2A 1.x, with one security scheme of each kind that is in use. */
export function a2aCard(): Record<string, unknown> {
  return {
    name: 'Route Planner',
    description: 'Plans deliveries for a fleet of vans.',
    version: '3.1.0',
    supportedInterfaces: [
      { url: 'https://agents.vans.example/a2a', protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
      {
        url: 'https://agents.vans.example/rest',
        protocolBinding: 'HTTP+JSON',
        protocolVersion: '1.0',
        tenant: 'eu',
      },
    ],
    provider: { organization: 'Vans & Co', url: 'https://vans.example' },
    capabilities: { streaming: true, extensions: [{ uri: 'https://vans.example/ext/live' }] },
    securitySchemes: {
      key: { apiKeySecurityScheme: { location: 'header', name: 'X-Key' } },
      login: {
        openIdConnectSecurityScheme: { openIdConnectUrl: 'https://id.vans.example/.well-known/openid' },
      },
      other: { apiKeySecurityScheme: { location: 'query', name: 'key' } },
    },
    securityRequirements: [{ schemes: { key: { list: [] } } }],
    defaultInputModes: ['application/json'],
    defaultOutputModes: ['application/json', 'text/plain'],
    skills: [
      {
        id: 'plan',
        name: 'Plan a tour',
        description: 'Orders stops.',
        tags: ['logistics', 'Routing'],
        examples: ['…'],
      },
      { id: 'eta', name: 'Estimate arrival', description: 'Says when.', tags: ['routing', 'time'] },
    ],
    signatures: [{ protected: 'eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIn0', signature: 'c2lnbmF0dXJl' }],
  }
}

/** A2A 0.3: one `url`, security schemes as in OpenAPI. */
export function earlyA2aCard(): Record<string, unknown> {
  return {
    protocolVersion: '0.3.0',
    name: 'Invoice Reader',
    description: 'Reads invoices from scans.',
    url: 'https://invoices.example/rpc',
    preferredTransport: 'JSONRPC',
    additionalInterfaces: [
      { url: 'https://invoices.example/rpc', transport: 'JSONRPC' },
      { url: 'https://invoices.example/grpc', transport: 'GRPC' },
    ],
    version: '0.9.2',
    capabilities: {},
    securitySchemes: { tls: { type: 'mutualTLS' }, login: { type: 'oauth2', flows: {} } },
    defaultInputModes: ['image/png'],
    defaultOutputModes: ['application/json'],
    skills: [{ id: 'read', name: 'Read', description: 'Reads one page.', tags: ['ocr'] }],
  }
}

export function agentVaultCard(): Record<string, unknown> {
  return {
    schemaVersion: '1.0',
    humanReadableId: 'lingua/proofreader',
    agentVersion: '1.4.2',
    name: 'Proofreader',
    description: 'Finds mistakes in German and French texts.',
    url: 'https://lingua.example/agents/proof',
    provider: { name: 'Lingua', url: 'https://lingua.example', support_contact: 'help@lingua.example' },
    capabilities: { a2aVersion: '1.0', mcpVersion: null, teeDetails: { type: 'AMD SEV' } },
    authSchemes: [
      { scheme: 'oauth2', tokenUrl: 'https://id.lingua.example/token', scopes: ['read'] },
      { scheme: 'apiKey', service_identifier: 'lingua' },
    ],
    skills: [
      { id: 'proof', name: 'Proofread', description: 'Marks mistakes.', input_schema: { type: 'object' } },
    ],
    tags: ['language', 'German'],
    privacyPolicyUrl: 'https://lingua.example/privacy',
    iconUrl: null,
    lastUpdated: '2026-02-01',
  }
}

/** MCP `server.json`, shape of December 2025. */
export function serverJson(): Record<string, unknown> {
  return {
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    name: 'io.github.tidewatch/tides',
    title: 'Tide tables',
    description: 'High and low water for harbours',
    version: '2.0.1',
    websiteUrl: 'https://tidewatch.example',
    repository: {
      url: 'https://github.com/tidewatch/servers.git',
      source: 'github',
      subfolder: 'packages/tides',
    },
    packages: [
      { registryType: 'npm', identifier: '@tidewatch/tides', version: '2.0.1', transport: { type: 'stdio' } },
    ],
    remotes: [
      { type: 'streamable-http', url: 'https://mcp.tidewatch.example/mcp' },
      {
        type: 'sse',
        url: 'https://{region}.tidewatch.example/sse',
        variables: { region: { default: 'eu' } },
      },
    ],
  }
}

/** MCP `server.json`, shape of May 2025. */
export function earlyServerJson(): Record<string, unknown> {
  return {
    id: '5f0c0d0e-7d3e-4b0c-9a57-1f8a3f0f9d11',
    name: 'io.github.tidewatch/waves',
    description: 'Wave heights',
    repository: { url: 'https://github.com/tidewatch/waves', source: 'github', id: '12' },
    version_detail: { version: '0.1.0', release_date: '2025-05-16T00:00:00Z', is_latest: true },
    packages: [{ registry_name: 'pypi', name: 'waves', version: '0.1.0' }],
    remotes: [{ transport_type: 'sse', url: 'https://waves.example/sse' }],
  }
}
