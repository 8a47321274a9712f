/**
 * Answers searches whose bytes are ready before the framework sees them: status, headers, body, limits, figures and log
 * as on the ordinary way, for a fraction of its cost.
 *
 * It takes only what the ordinary way has taken before: the same address, host and `Accept`, from a caller who may see
 * the same. So everything that depends on these alone (the host, the parameters, who may ask the federation) has been
 * checked. What depends on the very request is checked here: its credential, known within the last seconds, and its
 * limits. Anything else goes the ordinary way untouched.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { LRUCache } from 'lru-cache'
import type { Principal } from '../domain/principal.ts'
import { scopeKey, scopeOf } from '../domain/principal.ts'
import { findTraceParent } from '../domain/trace-context.ts'
import { hashToken } from '../security/tokens.ts'
import { findAccess } from './access.ts'
import type { AnswerUses } from './answer-uses.ts'
import { callerAddress, countedAddress, type TrustProxy } from './caller-address.ts'
import { type CredentialLookup, credentialText } from './credentials.ts'
import { isKnownTag } from './entity-tags.ts'
import type { HttpEvents } from './http-events.ts'
import type { WholeAnswer } from './json-answer.ts'
import type { Spent } from './rate-limits.ts'
import { createReadyHeaders } from './ready-headers.ts'
import { ANONYMOUS, describePrincipal } from './request-state.ts'
import type { FirstHeaders } from './response-headers.ts'
import { DISCOVERY_PATH } from './routes/discovery.ts'
import type { SessionCookie } from './session-cookie.ts'
import type { WholeAnswers } from './whole-answer.ts'

export type HotPathDeps = {
  readonly answers: Pick<WholeAnswers, 'findReady'>
  readonly uses: Pick<AnswerUses, 'note'>
  readonly credentials: Pick<CredentialLookup, 'recall'>
  readonly cookie: Pick<SessionCookie, 'read'>
  readonly limits: { spend(principal: Principal, address: string): Spent | Promise<Spent> }
  readonly events: Pick<HttpEvents, 'requestServed' | 'requestFailed'>
  readonly trustProxy: TrustProxy
  readonly firstHeaders: FirstHeaders
  readonly isStopping: () => boolean
  readonly newRequestId: () => string
}

type Next = (request: IncomingMessage, response: ServerResponse) => void

/** What of a request that was answered makes another one the same. */
export type AnsweredRequest = {
  /** The address as it was received. */
  readonly originalUrl: string
  readonly raw: Pick<IncomingMessage, 'headers' | 'socket'>
  readonly principal: Principal
}

export interface HotPath {
  /** Answers the request, or passes it on to `next`. */
  handle(request: IncomingMessage, response: ServerResponse, next: Next): void
  /** Takes in that such requests are answered with the answer to this question. */
  remember(request: AnsweredRequest, question: string): void
  /** What `handle` has counted for a request that it then passed on. */
  spentFor(request: IncomingMessage): Spent | undefined
}

const MAX_KNOWN_CHARS = 2 * 1024 * 1024 // some 5,000 addresses
const MOST_VARIANTS = 32 // of one address: hosts, forms and scopes it is asked with

/** What besides its address makes a request one that was answered before. */
type Variant = {
  readonly host: string | undefined
  readonly accept: string | undefined
  /** The host a proxy of ours was asked for; null for who comes through none. */
  readonly forwardedHost: string | null
  readonly scope: string
  readonly question: string
}

export function createHotPath(deps: HotPathDeps): HotPath {
  const { answers, uses, credentials, cookie, limits, events, trustProxy, isStopping, newRequestId } = deps
  const access = findAccess('GET', DISCOVERY_PATH)
  const known = new LRUCache<string, readonly Variant[]>({
    maxSize: MAX_KNOWN_CHARS,
    sizeCalculation: (variants, url) =>
      variants.reduce((sum, { question, accept = '' }) => sum + question.length + accept.length, url.length),
  })
  const spentFor = new WeakMap<IncomingMessage, Spent>()
  const headersOf = createReadyHeaders(deps.firstHeaders)

  // A connection mostly carries one key.
  const hashes = new WeakMap<Socket, { readonly text: string; readonly hash: string }>()

  const hashOf = (text: string, socket: Socket): string => {
    const last = hashes.get(socket)
    if (last?.text === text) return last.hash
    const hash = hashToken(text)
    hashes.set(socket, { text, hash })
    return hash
  }

  const principalOf = ({ headers, socket }: IncomingMessage): Principal | undefined => {
    const text = credentialText(headers)
    // Where a session's requests come from is looked at on the ordinary way.
    if (text === null) return cookie.read(headers) === null ? ANONYMOUS : undefined
    const holder = text === undefined ? undefined : credentials.recall(hashOf(text, socket))
    const isAllowed = holder?.kind === 'key' && access?.roles.includes(holder.principal.role) === true
    return isAllowed ? holder.principal : undefined
  }

  const variantOf = ({ headers, socket }: AnsweredRequest['raw'], principal: Principal) => {
    const isProxied = headers['x-forwarded-for'] !== undefined && trustProxy(socket.remoteAddress ?? '')
    return {
      host: headers.host,
      accept: headers.accept,
      forwardedHost: isProxied ? String(headers['x-forwarded-host']) : null,
      scope: scopeKey(scopeOf(principal)),
    }
  }

  const recognize = (request: IncomingMessage): Hit | undefined => {
    const { method, url = '', headers } = request
    const variants = method === 'GET' ? known.get(url) : undefined
    if (variants === undefined || isUnusual(headers) || isStopping()) return
    const principal = principalOf(request)
    const variant = principal && findVariant(variants, variantOf(request, principal))
    const ready = variant && answers.findReady(variant.question)
    return ready && { ready, principal }
  }

  const send = (hit: Hit, spent: Spent, { request, response, requestId, started }: Exchange): void => {
    const { ready, principal } = hit
    uses.note(ready.answer.shown)
    const isKnown = isKnownTag(request.headers['if-none-match'], ready.answer.tag)
    const status = isKnown ? 304 : 200
    response.on('finish', () => {
      const durationMs = performance.now() - started
      const sent = { status, durationMs, bodyBytes: isKnown ? 0 : ready.answer.body.length }
      const traceParent = findTraceParent(request.headers.traceparent)
      const who = { principal: describePrincipal(principal), peerName: null, traceParent }
      events.requestServed({ requestId, method: 'GET', route: DISCOVERY_PATH, ...sent, ...who })
    })
    response.writeHead(status, headersOf(ready, { requestId, principal, spent: spent.headers, isKnown }))
    response.end(isKnown ? undefined : ready.answer.body)
  }

  return {
    handle(request, response, next) {
      const started = performance.now()
      const hit = recognize(request)
      if (hit === undefined) {
        next(request, response)
        return
      }
      const requestId = newRequestId()
      const settle = (spent: Spent): void => {
        if (spent.refusal !== null) {
          // The ordinary way knows how to refuse, and must not count twice.
          spentFor.set(request, spent)
          next(request, response)
          return
        }
        try {
          send(hit, spent, { request, response, requestId, started })
        } catch (error) {
          // A bug costs this request its answer, not the process its life.
          events.requestFailed(error, requestId)
          response.destroy()
        }
      }
      const { headers, socket } = request
      const address = callerAddress(socket.remoteAddress ?? '', headers['x-forwarded-for'], trustProxy)
      const spent = limits.spend(hit.principal, countedAddress(address))
      if (spent instanceof Promise) spent.then(settle, () => next(request, response))
      else settle(spent)
    },
    remember({ originalUrl, raw, principal }, question) {
      const variant = variantOf(raw, principal)
      const variants = known.get(originalUrl) ?? []
      if (findVariant(variants, variant) !== undefined) return
      known.set(originalUrl, [{ ...variant, question }, ...variants].slice(0, MOST_VARIANTS))
    },
    spentFor: (request) => spentFor.get(request),
  }
}

type Hit = { readonly ready: WholeAnswer; readonly principal: Principal }

type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly requestId: string
  /** By `performance.now()`. */
  readonly started: number
}

/** Headers that ask for more than an answer. */
function isUnusual(headers: IncomingHttpHeaders): boolean {
  return (
    headers.origin !== undefined ||
    headers.expect !== undefined ||
    headers['x-federation-registry'] !== undefined ||
    headers['content-length'] !== undefined ||
    headers['transfer-encoding'] !== undefined
  )
}

function findVariant(variants: readonly Variant[], like: Omit<Variant, 'question'>): Variant | undefined {
  return variants.find(
    ({ host, accept, forwardedHost, scope }) =>
      host === like.host &&
      accept === like.accept &&
      forwardedHost === like.forwardedHost &&
      scope === like.scope,
  )
}
