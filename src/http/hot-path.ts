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
import { LRUCache } from 'lru-cache'
import type { Principal } from '../domain/principal.ts'
import { scopeKey, scopeOf } from '../domain/principal.ts'
import { findAccess } from './access.ts'
import { countedAddress, type TrustProxy } from './caller-address.ts'
import { type CredentialLookup, credentialText } from './credentials.ts'
import { isKnownTag } from './entity-tags.ts'
import type { HttpEvents } from './http-events.ts'
import { answerHeaders, contentHeaders } from './json-answer.ts'
import type { Spent } from './rate-limits.ts'
import { ANONYMOUS, describePrincipal } from './request-state.ts'
import { firstHeaders } from './response-headers.ts'
import { DISCOVERY_PATH } from './routes/discovery.ts'
import type { WholeAnswer, WholeAnswers } from './whole-answer.ts'

export type HotPathDeps = {
  readonly answers: Pick<WholeAnswers, 'findReady'>
  readonly credentials: Pick<CredentialLookup, 'recall'>
  readonly limits: { spend(principal: Principal, address: string): Spent | Promise<Spent> }
  readonly events: Pick<HttpEvents, 'requestServed'>
  readonly trustProxy: TrustProxy
  readonly isStopping: () => boolean
  readonly newRequestId: () => string
}

type Next = (request: IncomingMessage, response: ServerResponse) => void

/** What of a request that was answered makes another one the same. */
export type AnsweredRequest = {
  /** The address as it was received. */
  readonly originalUrl: string
  readonly headers: IncomingHttpHeaders
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

export function createHotPath(deps: HotPathDeps): HotPath {
  const { answers, credentials, limits, events, trustProxy, isStopping, newRequestId } = deps
  const access = findAccess('GET', DISCOVERY_PATH)
  const questions = new LRUCache<string, string>({
    maxSize: MAX_KNOWN_CHARS,
    sizeCalculation: (question, request) => question.length + request.length,
  })
  const spentFor = new WeakMap<IncomingMessage, Spent>()

  const principalOf = (headers: IncomingHttpHeaders): Principal | undefined => {
    const text = credentialText(headers)
    if (text === null) return ANONYMOUS
    const holder = text === undefined ? undefined : credentials.recall(text)
    const isAllowed = holder?.kind === 'key' && access?.roles.includes(holder.principal.role) === true
    return isAllowed ? holder.principal : undefined
  }

  const recognize = ({ method, url = '', headers, socket }: IncomingMessage): Hit | undefined => {
    if (method !== 'GET' || !url.includes(DISCOVERY_PATH) || isUnusual(headers) || isStopping()) return
    const address = socket.remoteAddress ?? ''
    if (trustProxy(address)) return
    const principal = principalOf(headers)
    if (principal === undefined) return
    const question = questions.get(requestKey({ originalUrl: url, headers, principal }))
    const ready = question === undefined ? undefined : answers.findReady(question)
    return ready && { ...ready, principal, address }
  }

  const send = (hit: Hit, spent: Spent, { request, response, started }: Exchange): void => {
    const { answer, source, principal } = hit
    const requestId = newRequestId()
    const status = isKnownTag(request.headers['if-none-match'], answer.tag) ? 304 : 200
    response.on('finish', () =>
      events.requestServed({
        ...{
          requestId,
          method: 'GET',
          route: DISCOVERY_PATH,
          status,
          durationMs: performance.now() - started,
          bodyBytes: status === 200 ? answer.body.length : 0,
        },
        ...{ principal: describePrincipal(principal), peerName: null },
      }),
    )
    response.writeHead(status, {
      ...firstHeaders(requestId),
      ...spent.headers,
      ...answerHeaders(answer, principal, source),
      ...(status === 200 && contentHeaders(answer)),
    })
    response.end(status === 200 ? answer.body : undefined)
  }

  return {
    handle(request, response, next) {
      const started = performance.now()
      const hit = recognize(request)
      if (hit === undefined) {
        next(request, response)
        return
      }
      const settle = (spent: Spent): void => {
        if (spent.refusal === null) {
          send(hit, spent, { request, response, started })
        } else {
          // The ordinary way knows how to refuse, and must not count twice.
          spentFor.set(request, spent)
          next(request, response)
        }
      }
      const spent = limits.spend(hit.principal, countedAddress(hit.address))
      if (spent instanceof Promise) spent.then(settle, () => next(request, response))
      else settle(spent)
    },
    remember: (request, question) => void questions.set(requestKey(request), question),
    spentFor: (request) => spentFor.get(request),
  }
}

type Hit = WholeAnswer & { readonly principal: Principal; readonly address: string }

type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
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

/** No header holds a line break, nor does an address. */
function requestKey({ originalUrl, headers, principal }: AnsweredRequest): string {
  return `${scopeKey(scopeOf(principal))}\n${headers.host}\n${headers.accept}\n${originalUrl}`
}
