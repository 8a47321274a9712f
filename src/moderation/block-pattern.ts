/**
 * What a block says, in one spelling: whoever is blocked picks the other spellings of its names.
 *
 * A DID stands for one agent, and with `*` at its end for all that begin so. Origins and endpoints are addresses without
 * scheme: `evil.example`, with `*.` for all hosts below it, with a port for that one alone, with a path for what is under
 * it. An endpoint's path is compared without case, since who is blocked decides what its own server makes of case.
 */
import { domainToASCII } from 'node:url'
import { isDid } from '../cards/did.ts'
import type { BlockKind, BlockPattern } from '../domain/moderation.ts'

export type ReadPattern =
  | { readonly ok: true; readonly block: BlockPattern }
  | { readonly ok: false; readonly problem: string }

const MOST_CHARS = 2_048

/** Reads what an operator wrote. */
export function readBlockPattern(kind: BlockKind, written: string): ReadPattern {
  const text = written.trim()
  const refuse = (problem: string): ReadPattern => ({ ok: false, problem })
  if (text === '' || text.length > MOST_CHARS) return refuse(`Takes 1 to ${MOST_CHARS} characters.`)
  if (kind === 'did') {
    const isPrefix = text.endsWith('*')
    const pattern = canonicalDid(isPrefix ? text.slice(0, -1).replace(/:$/, '') : text)
    if (pattern === null || (isPrefix && pattern.split(':').length < 3)) {
      return refuse('Takes a DID such as did:web:evil.example:agents:7, or the beginning of some and *.')
    }
    return { ok: true, block: { kind, pattern: isPrefix ? `${pattern}:*` : pattern } }
  }
  const address = readAddress(text.replace(/(?<=.)\/?\*$/, ''))
  if (address === null) {
    return refuse(
      'Takes a host or an address, such as evil.example, *.evil.example or https://evil.example/agents.',
    )
  }
  return { ok: true, block: { kind, pattern: writeAddress(address) } }
}

/**
 * A DID in one spelling: method and host of a `did:web` in lower case, the host as punycode without a final dot or the
 * default port, escapes only where they must be. `null` for what is no DID.
 */
export function canonicalDid(text: string): string | null {
  const [plain = ''] = text.trim().split(/[/?#]/)
  const [scheme = '', method = '', ...segments] = plain.split(':')
  const did = [scheme.toLowerCase(), method.toLowerCase(), ...segments].join(':')
  if (!isDid(did)) return null
  const decoded = segments.map(decode)
  if (decoded.includes(null)) return null
  const [host = '', ...path] = decoded.map(String)
  const parts = method.toLowerCase() === 'web' ? [canonicalHost(host), ...path] : [host, ...path]
  if (parts.includes(null)) return null
  return ['did', method.toLowerCase(), ...parts.map((part) => encodeURIComponent(String(part)))].join(':')
}

/** Host and port as one text, `null` for what is no host. */
function canonicalHost(text: string): string | null {
  const address = readAddress(text)
  if (address === null || address.path !== '' || address.isWildcard) return null
  return hostOf(address)
}

/** An address taken apart. */
export type Address = {
  /** Punycode, lower case. */
  readonly host: string
  /** '' for any. */
  readonly port: string
  /** Without a slash at its end; '' for all. */
  readonly path: string
  /** All hosts below it. */
  readonly isWildcard: boolean
}

const DEFAULT_PORTS: readonly string[] = ['', '80', '443']

/** An address as it stands in a record or a pattern, of whatever scheme; `null` for what is none. */
export function readAddress(text: string): Address | null {
  const isWildcard = text.startsWith('*.')
  const rest = (isWildcard ? text.slice(2) : text).replace(/^[a-z][a-z0-9+.-]*:[/\\]{2}/i, '')
  // Always as https: of other schemes the parser leaves the host as it is written.
  const url = URL.parse(`https://${rest.replace(/^[/\\]+/, '')}`)
  if (url === null || url.hostname === '') return null
  const host = url.hostname.startsWith('[') ? url.hostname : domainToASCII(url.hostname.replace(/\.+$/, ''))
  if (host === '' || host.includes('*')) return null
  return {
    host: LOOPBACK.test(host) ? 'localhost' : host,
    port: DEFAULT_PORTS.includes(url.port) ? '' : url.port,
    path: canonicalPath(url.pathname),
    isWildcard,
  }
}

/** As in DIDs that registries mint. */
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|\[::1\])$/

function canonicalPath(pathname: string): string {
  const segments = pathname.split('/').filter((segment) => segment !== '')
  return segments.map((segment) => `/${encodeURIComponent(decode(segment) ?? segment)}`).join('')
}

function hostOf({ host, port }: Address): string {
  return port === '' ? host : `${host}:${port}`
}

export function writeAddress(address: Address): string {
  return `${address.isWildcard ? '*.' : ''}${hostOf(address)}${address.path}`
}

/** Whether an address lies within a pattern. */
export function isWithin(address: Address, pattern: Address): boolean {
  const isHost = pattern.isWildcard
    ? address.host.endsWith(`.${pattern.host}`)
    : withoutWww(address.host) === withoutWww(pattern.host)
  if (!isHost || (pattern.port !== '' && pattern.port !== address.port)) return false
  const [path, prefix] = [address.path.toLowerCase(), pattern.path.toLowerCase()]
  return prefix === '' || path === prefix || path.startsWith(`${prefix}/`)
}

function withoutWww(host: string): string {
  return host.replace(/^www\.(?=[^.]+\.)/, '')
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null // not UTF-8 once decoded
  }
}
