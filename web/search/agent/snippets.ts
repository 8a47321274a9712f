/** How to use an agent, to copy: only what its record says, and nothing where it says nothing. Pure. */
import type { WireAgent, WireEndpoint } from '../../../src/wire/agent.ts'
import { plainText, webAddress } from '../../design/foreign-text.ts'

export type Snippet = { readonly title: string; readonly text: string; readonly note: string | null }

type Described = Pick<WireAgent, 'name' | 'endpoints' | 'card_url' | 'card_format' | 'auth_schemes'>

/** What clients call the ways MCP is spoken over HTTP. */
const MCP_TYPES: Readonly<Record<string, string>> = { 'streamable-http': 'http', http: 'http', sse: 'sse' }

export function snippetsOf(agent: Described): readonly Snippet[] {
  const note = authNote(agent.auth_schemes)
  return [
    ...agent.endpoints.flatMap((endpoint) => mcpSnippet(agent.name, endpoint, note)),
    ...a2aSnippet(agent, note),
    ...agent.endpoints.flatMap((endpoint) => httpSnippet(endpoint, note)),
  ]
}

function mcpSnippet(name: string, { url, protocol, binding }: WireEndpoint, note: string | null): Snippet[] {
  const type = MCP_TYPES[binding ?? '']
  const address = webAddress(url)
  if (protocol !== 'mcp' || type === undefined || address === null) return []
  const configuration = { mcpServers: { [serverName(name)]: { type, url: address.href } } }
  return [{ title: 'Configuration of an MCP client', text: JSON.stringify(configuration, null, 2), note }]
}

function a2aSnippet({ endpoints, card_url, card_format }: Described, note: string | null): Snippet[] {
  const card = card_format === 'a2a' && card_url !== null ? webAddress(card_url) : null
  if (card !== null) return [{ title: 'A2A client, by the card', text: a2aProgram(card), note }]
  return endpoints.flatMap(({ url, protocol, binding }) => {
    const address = webAddress(url)
    if (protocol !== 'a2a' || binding === 'repository' || address === null) return []
    // Without a card nothing says which version is spoken there, which clients have to be told.
    const title = binding === null ? 'A2A address' : `A2A address, ${plainText(binding)}`
    return [{ title, text: address.href, note }]
  })
}

/**
 * For `@a2a-js/sdk` 1: agents whose cards are of A2A 0.3 are understood only where that is asked for, and the record does
 * not say of which version the card is.
 */
function a2aProgram(card: URL): string {
  return [
    "import { SendMessageRequest } from '@a2a-js/sdk'",
    "import * as a2a from '@a2a-js/sdk/client'",
    '',
    'const older = { legacyCompat: { enabled: true } } // A2A 0.3 as well as 1.0',
    'const factory = new a2a.ClientFactory({',
    '  cardResolver: new a2a.DefaultAgentCardResolver(older),',
    '  transports: [new a2a.JsonRpcTransportFactory(older), new a2a.RestTransportFactory(older)],',
    '})',
    `const client = await factory.createFromUrl(${JSON.stringify(card.href)}, '')`,
    'const answer = await client.sendMessage(SendMessageRequest.fromJSON({',
    "  message: { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ text: 'Hello' }] },",
    '}))',
  ].join('\n')
}

function httpSnippet({ url, protocol, binding }: WireEndpoint, note: string | null): Snippet[] {
  const address = webAddress(url)
  if (protocol !== 'http' || binding === 'repository' || address === null) return []
  return [{ title: 'Over HTTP', text: `curl ${quoted(address.href)}`, note }]
}

/** For a shell: nothing within single quotes means anything, but a single quote. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function authNote(schemes: readonly string[]): string | null {
  return schemes.length === 0 ? null : `The record asks for authentication: ${schemes.join(', ')}.`
}

/** A name as configurations have them: lower case, words joined by hyphens. */
export function serverName(name: string): string {
  const words = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[a-z0-9]+/g)
  return words?.join('-').slice(0, 48) ?? 'agent'
}
