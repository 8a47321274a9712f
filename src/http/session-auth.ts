/** Who is signed in at the browser that sends a request. */
import type { FastifyRequest } from 'fastify'
import type { Caller } from '../domain/principal.ts'
import { ProblemError } from '../problem.ts'
import { isWellFormedToken } from '../security/tokens.ts'
import type { CredentialLookup, Holder } from './credentials.ts'
import type { HttpEvents } from './http-events.ts'
import { crossSite, isFromNoOtherPage, isFromOwnPage, lacksHttps } from './own-page.ts'
import type { RateLimits } from './rate-limits.ts'
import { ANONYMOUS, CHALLENGE } from './request-state.ts'
import type { SessionCookie } from './session-cookie.ts'

export type SessionAuthDeps = {
  readonly credentials: Pick<CredentialLookup, 'find' | 'wasGood'>
  readonly cookie: SessionCookie
  readonly limits: Pick<RateLimits, 'checkAuthFailures' | 'noteAuthFailure'>
  readonly events: Pick<HttpEvents, 'authRefused'>
  /** Scheme, host and port of our public URL. */
  readonly ownOrigin: string
}

type KeyHolder = Extract<Holder, { kind: 'key' }>

/**
 * The key that a request's session stands for; null without a session, and for what another site asks for: it is
 * answered as it would be to anyone.
 *
 * @param options.address by which failures are counted.
 * @param options.spend counts the request, and throws where its limit is over.
 * @throws ProblemError 401 when the session has ended, 403 when another page would change something by it, 429.
 */
export async function findSessionHolder(
  request: FastifyRequest,
  { address, spend }: { readonly address: string; readonly spend: (caller: Caller) => Promise<void> },
  deps: SessionAuthDeps,
): Promise<KeyHolder | null> {
  const { cookie, credentials, limits, events, ownOrigin } = deps
  const text = cookie.read(request.headers)
  if (text === null || request.routeOptions.config.isSignIn === true) return null
  const tell = (reason: Parameters<typeof events.authRefused>[0]) =>
    events.authRefused(reason, { requestId: request.id, peerId: null })
  if (request.method === 'GET' || request.method === 'HEAD') {
    if (!isFromNoOtherPage(request, ownOrigin)) return null
  } else if (!isFromOwnPage(request, ownOrigin) || lacksHttps(request)) {
    // Spent of what the address has without a key, as if it had come without the cookie, which gave it nothing. It is no
    // failure to authenticate: the cookie may well be good, and another page could have its visitor's keys refused. Nor
    // does the key behind the cookie pay for it.
    await spend(ANONYMOUS)
    tell('cross-site')
    throw crossSite()
  }
  const { refusal } = limits.checkAuthFailures(address)
  const wasGood = credentials.wasGood(text)
  if (refusal !== null && !wasGood) {
    tell('too-many-failures')
    throw refusal.problem
  }
  const isToken = isWellFormedToken(text, 'avs')
  const holder = isToken ? await credentials.find({ kind: 'session', text }) : undefined
  if (holder?.kind === 'key') return holder
  tell(isToken ? 'unknown-credential' : 'malformed-credential')
  // One that was good here has ended; that the page asked on until it learned so is no guessing. It is nobody's now.
  if (wasGood) await spend(ANONYMOUS)
  else await limits.noteAuthFailure(address)
  // The cookie goes, so that who asks again is nobody rather than refused again.
  const headers = { ...CHALLENGE, 'set-cookie': cookie.removal }
  throw new ProblemError('unauthenticated', 'Your session ended: sign in again.', { headers })
}
