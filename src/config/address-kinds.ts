/** Settings that name hosts, networks and addresses. */
import { isIP } from 'node:net'
import { parseNetworks } from '../security/addresses.ts'
import { normalizeRegistryUrl } from '../security/peer-url.ts'
import { bad, good, type Kind, listOf, type Parsed, plain } from './kinds.ts'
import { asClause } from './mistakes.ts'

/** Where the server listens. */
export function bindHost(): Kind<string> {
  return plain({
    takes: 'an address such as 127.0.0.1, :: or 0.0.0.0, or a host name',
    parse: (text) => {
      if (isIP(text) !== 0) return good(text)
      const host = /^[\w.-]+$/.test(text) ? hostOf(text) : undefined
      return host === undefined ? bad('is neither an address nor a host name') : good(host)
    },
    show: (value) => value,
  })
}

/** Names of hosts, spelled as `URL.hostname` does. */
export function hostNames(): Kind<readonly string[]> {
  return listOf('host names or addresses without scheme and port, separated by commas', (entry) => {
    const host = hostOf(isIP(entry) === 6 ? `[${entry}]` : entry)
    return host === undefined ? bad('is not a host name') : good(host)
  })
}

export function networks(): Kind<readonly string[]> {
  return listOf('networks such as 10.0.0.0/8 or ::1/128, separated by commas', (entry) => {
    try {
      parseNetworks([entry])
      return good(entry)
    } catch (error) {
      if (error instanceof TypeError) return bad('is not a network')
      throw error
    }
  })
}

/** Origins (RFC 6454) of web pages; `*` is none, since each page that may read must be named. */
export function origins(): Kind<readonly string[]> {
  return listOf('origins such as https://console.example, separated by commas', (entry) => {
    const url = /^https?:\/\/[^/?#\\@\s]+$/i.test(entry) ? URL.parse(entry) : null
    return url === null ? bad('is not an origin') : good(url.origin)
  })
}

/** This registry's own address: plain http passes, for tests and for proxies that add TLS. */
export function registryUrl(): Kind<string> {
  return plain({
    takes: 'an http:// or https:// address without user name, query or fragment',
    parse: parseRegistryUrl,
    show: (value) => value,
  })
}

/** Reads a registry's address; what `normalizeRegistryUrl` would drop is refused, since someone meant it. */
export function parseRegistryUrl(text: string): Parsed<string> {
  const url = normalizeRegistryUrl(text)
  if (!url.ok) return bad(`is not accepted: ${asClause(url.problem)}`)
  return /[?#]/.test(text) ? bad('is not accepted: it has a query or fragment') : good(url.url)
}

/** A host as URLs write it, or undefined where there is more or less than a host. */
function hostOf(text: string): string | undefined {
  if (/[/\\?#@\s*%]/.test(text) || /:\d*$/.test(text)) return undefined
  const hostname = URL.parse(`http://${text}`)?.hostname.replace(/\.$/, '')
  // A dotted number that URLs read as an address, such as 127.1, is not what it looks like.
  if (hostname === undefined || hostname === '' || hostname.split('.').includes('')) return undefined
  return isIP(hostname) !== 0 && hostname !== text ? undefined : hostname
}
