/** Headers of every answer, and those that let pages of other origins read it. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '../domain/principal.ts'
import { hostName } from './host-check.ts'
import { isLoopbackHost } from './local-caller.ts'

/** Nothing here is a page but `/docs`, which sets its own policy; no answer belongs into a frame. */
const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
} as const

/** What every answer begins with. */
export type FirstHeaders = (requestId: string) => Record<string, string>

export function createFirstHeaders(publicUrl: string): FirstHeaders {
  const kept = { ...SECURITY_HEADERS, ...strictTransport(new URL(publicUrl)) }
  return (requestId) => ({
    ...kept,
    'x-request-id': requestId,
    vary: 'Accept, Authorization, Cookie, Origin, Sec-Fetch-Site, X-Api-Key',
  })
}

const A_YEAR_SECONDS = 31_536_000

/**
 * Who came once over https is not led to plain http for a year: neither by a link nor by whoever sits in between. It goes
 * by the public URL, so that it is the same behind a proxy that speaks TLS for us.
 *
 * Browsers take it for all ports of a host. For this very host alone: those below it may be others', and may speak plain
 * http for good. Nor is it for the lists that come with browsers (`preload`), which nobody leaves soon: that is for who
 * has the domain to say. For the machine itself it would reach whatever else is developed there.
 *
 * @see RFC 6797
 */
function strictTransport({ protocol, host }: URL): Record<string, string> {
  if (protocol !== 'https:' || isLoopbackHost(hostName(host))) return {}
  return { 'strict-transport-security': `max-age=${A_YEAR_SECONDS}` }
}

/** What was answered to credentials is kept by no cache; the rest is asked for anew each time. */
export function setCacheControl(request: FastifyRequest, reply: FastifyReply): void {
  if (reply.hasHeader('cache-control')) return
  const isPersonal = request.principal.kind !== 'anonymous' || carriesCredentials(request)
  reply.header('cache-control', isPersonal || reply.statusCode >= 400 ? 'no-store' : 'no-cache')
}

/**
 * For answers that carry a validator: kept by their asker's own cache, by others only if anyone may see them, and asked
 * about each time. With `no-store` a browser would have nothing to ask about, and would fetch every answer whole.
 */
export function keptByItsAsker({ kind }: Principal): string {
  return kind === 'anonymous' ? 'no-cache' : 'private, no-cache'
}

function carriesCredentials({ headers }: FastifyRequest): boolean {
  return headers.authorization !== undefined || headers['x-api-key'] !== undefined
}

const EXPOSED =
  'Cache-Status, ETag, Location, Retry-After, RateLimit, RateLimit-Policy, Server-Timing, X-Request-Id'
const REQUEST_HEADERS =
  'Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Traceparent, X-Api-Key'

/**
 * Lets pages of the allowed origins read answers, and answers their preflight requests.
 *
 * @returns true when the request was a preflight and is answered.
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function answerCors(
  request: FastifyRequest,
  reply: FastifyReply,
  origins: readonly string[],
): boolean {
  const { origin } = request.headers
  if (origin === undefined || !origins.includes(origin)) return false
  reply.header('access-control-allow-origin', origin)
  reply.header('access-control-expose-headers', EXPOSED)
  reply.header('cross-origin-resource-policy', 'cross-origin')
  const isPreflight =
    request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined
  if (!isPreflight) return false
  reply.header('access-control-allow-methods', 'GET, HEAD, POST, PUT, DELETE')
  reply.header('access-control-allow-headers', REQUEST_HEADERS)
  reply.header('access-control-max-age', '600')
  return true
}
