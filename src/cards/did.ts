/**
 * Decentralised identifiers of the records of this registry: minting, documents, and the way back.
 *
 * @see https://www.w3.org/TR/did-core/ and https://w3c-ccg.github.io/did-method-web/
 */
import { BlockList, isIP } from 'node:net'
import type { Agent, AgentId, Did } from '../domain/agent.ts'

/** A DID document, no more than is needed to find the agent. */
export type DidDocument = {
  readonly '@context': readonly string[]
  readonly id: Did
  readonly service: readonly {
    readonly id: string
    readonly type: string
    readonly serviceEndpoint: string
  }[]
}

// DID Core 3.1; each segment may be empty but the last.
const DID = /^did:[a-z0-9]+:(?:(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})*:)*(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})+$/
const MAX_DID_CHARS = 2_048

/** Whether a text is a DID: without path, query or fragment, and not longer than a URL may be. */
export function isDid(text: string): text is Did {
  return text.length <= MAX_DID_CHARS && DID.test(text)
}

/**
 * The DID of one record, `did:web:host%3Aport:path:agents:<id>`. The method knows no IP addresses: a loopback one is
 * written `localhost`, any other one is percent-encoded and resolves with lenient resolvers only.
 *
 * @param publicUrl the registry's public URL; a path of it becomes segments.
 */
export function mintDid(publicUrl: string, id: AgentId): Did {
  const url = new URL(publicUrl)
  const host = isLoopback(url.hostname) ? `localhost${url.port === '' ? '' : `:${url.port}`}` : url.host
  const segments = [...url.pathname.split('/').filter((segment) => segment !== ''), 'agents', id]
  return `did:web:${[encodeURIComponent(host), ...segments].map(escapeSegment).join(':')}` as Did
}

/** What every DID begins with that the registry at this address mints, up to its own `agents:<id>`. */
export function didRootOf(registryUrl: string): string {
  const root = mintDid(registryUrl, '-' as AgentId)
  return root.slice(0, -'agents:-'.length)
}

/** The same as `mintDid` gives, from the root of the registry: where many are minted. */
export function mintDidUnder(root: string, id: AgentId): Did {
  return `${root}agents:${escapeSegment(id)}` as Did
}

/** Whether a registry with this root may speak for the DID. Host names and escapes compare without case, paths do not. */
export function isUnderRoot(did: string, didRoot: string): boolean {
  return did.startsWith(didRoot) || lowerHost(did).startsWith(lowerHost(didRoot))
}

function lowerHost(did: string): string {
  return did.replace(/^did:web:[^:]*/, (host) => host.toLowerCase())
}

/** Path at which the document of a record's DID is served. */
export function didDocumentPath(publicUrl: string, id: AgentId): string {
  return `${basePath(publicUrl)}/agents/${id}/did.json`
}

/** Address of a record's card, byte for byte as published. */
export function cardUrl(publicUrl: string, id: AgentId): string {
  return `${new URL(publicUrl).origin}${basePath(publicUrl)}/api/v1/agents/${id}/card`
}

/**
 * The document of a record's DID. It has no `alsoKnownAs`: a claimed DID is unproved, and the registry does not
 * lend it its name.
 */
export function didDocument(agent: Agent, publicUrl: string): DidDocument {
  const card = { id: `${agent.did}#card`, type: 'AgentCard', serviceEndpoint: cardUrl(publicUrl, agent.id) }
  const endpoints = agent.endpoints.map((endpoint, index) => ({
    id: `${agent.did}#endpoint-${index + 1}`,
    type: endpoint.protocol,
    serviceEndpoint: endpoint.url,
  }))
  return {
    '@context': ['https://www.w3.org/ns/did/v1'],
    id: agent.did,
    service: agent.cardFormat === null ? endpoints : [card, ...endpoints],
  }
}

/** Where a `did:web` resolves; `null` for another method, or one whose parts would lead somewhere else. */
export function didWebUrl(did: string): string | null {
  if (!isDid(did) || !did.startsWith('did:web:')) return null
  const [host = '', ...segments] = did.slice('did:web:'.length).split(':')
  if (segments.some(leavesItsPlace)) return null
  const path = segments.length === 0 ? '/.well-known' : `/${segments.join('/')}`
  const authority = decode(host)
  // A host that decodes to user information, a path or a query is none.
  if (authority === null || !/^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(authority))
    return null
  return URL.parse(`https://${authority}${path}/did.json`)?.href ?? null
}

function basePath(publicUrl: string): string {
  return new URL(publicUrl).pathname.replace(/\/+$/, '')
}

function escapeSegment(segment: string): string {
  return segment.replaceAll(/%[0-9A-Fa-f]{2}|[^A-Za-z0-9._-]/gu, (part) =>
    part.length === 3 && part.startsWith('%') ? part : percentEncode(part),
  )
}

function percentEncode(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}

function leavesItsPlace(segment: string): boolean {
  const text = decode(segment)
  return text === null || text === '' || text === '.' || text === '..' || /[/\\]/.test(text)
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment)
  } catch {
    return null // not UTF-8 once decoded, so no part of a URL
  }
}

function isLoopback(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, '')
  const family = isIP(address)
  if (family === 0) return address === 'localhost'
  return LOOPBACK.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')
