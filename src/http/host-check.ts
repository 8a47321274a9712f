/**
 * Refuses requests for other hosts: a page in a browser must not reach a registry on the visitor's own machine by
 * pointing a host name of its own at it (DNS rebinding).
 */
import { ProblemError } from '../problem.ts'
import { parseNetworks } from '../security/addresses.ts'

export type HostRule = (host: string | undefined) => void

/** A check that throws 421 for any host but ours, loopback, `localhost` and the allowed ones. Ports do not matter. */
export function createHostRule(publicUrl: string, allowedHosts: readonly string[]): HostRule {
  const names = new Set([new URL(publicUrl).hostname, 'localhost', ...allowedHosts])
  const loopback = parseNetworks(['127.0.0.0/8', '::1/128'])
  return (host) => {
    const name = hostName(host)
    if (name !== undefined && (names.has(name) || loopback.contains(name.replace(/^\[|\]$/g, '')))) return
    throw new ProblemError(
      'wrong-host',
      `This registry does not answer for the host ${name === undefined ? 'given' : JSON.stringify(name)}.`,
    )
  }
}

/** As `URL.hostname` writes it; undefined for what is no `Host` header. */
export function hostName(host: string | undefined): string | undefined {
  if (
    host === undefined ||
    !/^[A-Za-z0-9._~%-]+(?::\d{0,5})?$|^\[[0-9A-Fa-f:.]+\](?::\d{0,5})?$/.test(host)
  ) {
    return undefined
  }
  return URL.parse(`http://${host}`)?.hostname.replace(/\.$/, '')
}
