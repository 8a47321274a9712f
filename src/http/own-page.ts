/**
 * Whether a request was begun by a page of this registry. Browsers send cookies along by themselves, so a cookie alone
 * proves nothing of who meant the request. `SameSite=Strict` keeps it from what other sites begin; but a site is all
 * ports of a host and all hosts of a domain, which may well be others'.
 *
 * @see https://www.w3.org/TR/fetch-metadata/ and RFC 6454, section 7
 */
import type { IncomingHttpHeaders } from 'node:http'
import { ProblemError } from '../problem.ts'
import { hostName } from './host-check.ts'
import { isLoopbackHost } from './local-caller.ts'

/** What of a request tells where it was begun. */
export type Begun = {
  readonly headers: IncomingHttpHeaders
  /** The host and port it was asked for, which has passed the host check. */
  readonly host: string
}

/** Proof, for what changes something: a browser says that a page of ours began it. */
export function isFromOwnPage({ headers, host }: Begun, ownOrigin: string): boolean {
  const { origin, 'sec-fetch-site': site } = headers
  if (site !== undefined && site !== 'same-origin') return false
  return origin === undefined ? site === 'same-origin' : isOwnOrigin(origin, { host, ownOrigin })
}

/** For what only reads: nothing says that another page began it, and it may have been typed in. */
export function isFromNoOtherPage({ headers, host }: Begun, ownOrigin: string): boolean {
  const { origin, 'sec-fetch-site': site } = headers
  const isOther = site !== undefined && site !== 'same-origin' && site !== 'none'
  return !isOther && (origin === undefined || isOwnOrigin(origin, { host, ownOrigin }))
}

/** Whether the page came over plain http from another machine: there a browser keeps no secure cookie. */
export function lacksHttps({ headers }: Pick<Begun, 'headers'>): boolean {
  const { protocol, host } = URL.parse(headers.origin ?? '') ?? { protocol: '', host: '' }
  return protocol === 'http:' && !isLoopbackHost(hostName(host))
}

/** Of a request that would have done something in the name of who is signed in. */
export function crossSite(): ProblemError {
  const detail =
    'This is for pages of this registry, and another page, or a program, sent it. Programs send their key with each request.'
  return new ProblemError('cross-site', detail)
}

/** A registry answers at its public URL and at whatever other host it is told to: a page is of the one it came from. */
function isOwnOrigin(
  origin: string,
  { host, ownOrigin }: { readonly host: string; readonly ownOrigin: string },
): boolean {
  return origin === ownOrigin || URL.parse(origin)?.host === host.toLowerCase()
}
