import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serverName, snippetsOf } from './snippets.ts'

const AGENT = { name: 'Weather Desk', endpoints: [], card_url: null, card_format: null, auth_schemes: [] }
const mcp = (url: string, binding: string | null) => ({
  ...AGENT,
  endpoints: [{ url, protocol: 'mcp', binding }],
})

test('an MCP server that is spoken to over HTTP gets a configuration', () => {
  const [snippet] = snippetsOf(mcp('https://w.example/mcp', 'streamable-http'))
  assert.deepEqual(JSON.parse(snippet?.text ?? ''), {
    mcpServers: { 'weather-desk': { type: 'http', url: 'https://w.example/mcp' } },
  })
})

test('nothing is said where the record says nothing', () => {
  assert.deepEqual(snippetsOf(AGENT), [])
  assert.deepEqual(snippetsOf(mcp('https://github.com/x/y', 'repository')), [])
  assert.deepEqual(snippetsOf(mcp('https://w.example/mcp', null)), [])
})

test('addresses that are no pages get no snippet', () => {
  assert.deepEqual(snippetsOf(mcp('javascript:alert(1)', 'sse')), [])
  assert.deepEqual(snippetsOf({ ...AGENT, card_url: 'javascript:x', card_format: 'a2a' }), [])
})

test('an A2A agent is used by its card, or else by its address', () => {
  const endpoints = [{ url: 'https://w.example/a2a', protocol: 'a2a', binding: 'JSONRPC' }]
  const [byCard] = snippetsOf({ ...AGENT, endpoints, card_url: 'https://r.example/card', card_format: 'a2a' })
  assert.match(byCard?.text ?? '', /createFromUrl\("https:\/\/r\.example\/card", ''\)/)
  const [byAddress] = snippetsOf({ ...AGENT, endpoints })
  assert.equal(byAddress?.title, 'A2A address, JSONRPC')
  assert.equal(byAddress?.text, 'https://w.example/a2a')
})

test('hostile names and addresses cannot leave their place in a snippet', () => {
  const url = "https://w.example/'$(rm -rf)'\"};evil()//"
  const [http] = snippetsOf({ ...AGENT, endpoints: [{ url, protocol: 'http', binding: 'HTTP+JSON' }] })
  assert.equal(http?.text, "curl 'https://w.example/'\\''$(rm%20-rf)'\\''%22%7D;evil()//'")
  const [server] = snippetsOf({ ...mcp('https://w.example/', 'sse'), name: '"},"evil":{"' })
  assert.deepEqual(Object.keys(JSON.parse(server?.text ?? '').mcpServers), ['evil'])
})

test('what the record asks for is said beside it', () => {
  const [snippet] = snippetsOf({ ...mcp('https://w.example/', 'sse'), auth_schemes: ['oauth2', 'bearer'] })
  assert.equal(snippet?.note, 'The record asks for authentication: oauth2, bearer.')
})

test('serverName: is made of what every configuration takes', () => {
  assert.deepEqual(['Café Olé', '日本語', 'A  b_c'].map(serverName), ['cafe-ole', 'agent', 'a-b-c'])
})
