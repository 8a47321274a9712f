/**
 * Signing in to the console and out of it. A session takes the place of the key in the browser: the page forgets the key
 * at once, and what it has instead no script can read, ends by itself, and is of no use to other sites.
 */
import type { FastifyRequest } from 'fastify'
import { ProblemError } from '../../problem.ts'
import { hashToken, isWellFormedToken, mintToken } from '../../security/tokens.ts'
import type { App } from '../app.ts'
import type { CredentialLookup, Holder } from '../credentials.ts'
import type { HttpDeps } from '../deps.ts'
import type { AuthRefusal } from '../http-events.ts'
import { strictObject } from '../json-schema.ts'
import { crossSite, isFromOwnPage, lacksHttps } from '../own-page.ts'
import type { RateLimits } from '../rate-limits.ts'
import { CHALLENGE } from '../request-state.ts'
import { answer, answers, text, WIRE } from '../schemas.ts'
import type { SessionCookie } from '../session-cookie.ts'

const NO_QUERY = strictObject({})
const TAGS = ['keys']
// A long working day: who comes back the next morning signs in again.
const SESSION_SECONDS = 12 * 3_600
const BODY = strictObject(
  { key: text('An API key of this registry.', 200) },
  { examples: [{ key: 'ava_0000000000000000000000000000000000000000000000000' }] },
)

type KeyHolder = Extract<Holder, { kind: 'key' }>

export function registerSession(
  app: App,
  { storage, clock, events, self }: HttpDeps,
  {
    credentials,
    limits,
    cookie,
  }: {
    readonly credentials: CredentialLookup
    readonly limits: Pick<RateLimits, 'checkAuthFailures' | 'noteAuthFailure'>
    readonly cookie: SessionCookie
  },
): void {
  const { sessions } = storage
  const ownOrigin = new URL(self.url).origin
  const clearing = { 'clear-site-data': cleared(self.url) }

  app.post('/api/v1/session', {
    config: { body: 'json', maxBodyBytes: 4_096, isSignIn: true },
    schema: {
      operationId: 'createSession',
      summary: 'Sign in to the console',
      description:
        'For pages of this registry alone: the request must say that one began it (`Origin`, `Sec-Fetch-Site`). The session is a cookie that no script reads. It may do what the key may, and ends with the key, at sign-out, or after twelve hours. Programs send their key with each request instead.',
      tags: TAGS,
      querystring: NO_QUERY,
      body: BODY,
      response: answers({
        200: answer('You are signed in.', {
          ...{ key_id: WIRE.string, owner_id: WIRE.string, name: WIRE.string, role: WIRE.string },
          expires_at: WIRE.time,
        }),
      }),
    },
    async handler(request, reply) {
      refuseOthers(request)
      const { principal } = await holderOf(request.body.key, request)
      // Always a new token: one that somebody else put into this browser stays worthless.
      const token = mintToken('avs')
      const expiresAt = clock.now() + SESSION_SECONDS * 1_000
      await sessions.begin({ keyId: principal.keyId, tokenHash: hashToken(token), expiresAt }, request.id)
      await endOf(request)
      reply.headers({ 'set-cookie': cookie.write(token, SESSION_SECONDS), 'cache-control': 'no-store' })
      const { keyId, ownerId, name, role } = principal
      return { key_id: keyId, owner_id: ownerId, name, role, expires_at: new Date(expiresAt).toISOString() }
    },
  })

  app.delete('/api/v1/session', {
    config: { isSignIn: true },
    schema: {
      operationId: 'endSession',
      summary: 'Sign out of the console',
      description: 'The session that the cookie names ends, here at once, on all replicas within 5 s.',
      tags: TAGS,
      querystring: NO_QUERY,
      response: answers({ 204: { type: 'null', description: 'You are signed out.' } }),
    },
    async handler(request, reply) {
      if (cookie.read(request.headers) !== null) refuseOthers(request)
      await endOf(request)
      return reply
        .code(204)
        .headers({ ...clearing, 'set-cookie': cookie.removal })
        .send()
    },
  })

  /** @throws ProblemError 403 for what no page of ours began, and where the cookie would not be kept. */
  function refuseOthers(request: FastifyRequest): void {
    if (!isFromOwnPage(request, ownOrigin)) {
      events.authRefused('cross-site', { requestId: request.id, peerId: null })
      throw crossSite()
    }
    if (!lacksHttps(request)) return
    const detail =
      'The console needs https: over plain http, a browser keeps no session. Open it by the https address of this registry, or on the machine itself by http://localhost.'
    throw new ProblemError('https-needed', detail)
  }

  async function endOf({ headers, id }: FastifyRequest): Promise<void> {
    const token = cookie.read(headers)
    if (token !== null && (await sessions.end(hashToken(token), id))) credentials.forget()
  }

  /** @throws ProblemError 401, 429: wrong keys are counted here as they are everywhere. */
  async function holderOf(key: string, request: FastifyRequest): Promise<KeyHolder> {
    const { callerAddress: address, id: requestId } = request
    const tell = (reason: AuthRefusal) => events.authRefused(reason, { requestId, peerId: null })
    const isKey = isWellFormedToken(key, 'ava')
    const { refusal } = limits.checkAuthFailures(address)
    if (refusal !== null && !(isKey && credentials.wasGood(key))) {
      tell('too-many-failures')
      throw refusal.problem
    }
    const holder = isKey ? await credentials.find({ kind: 'key', text: key }) : undefined
    if (holder?.kind === 'key') return holder
    tell(isKey ? 'unknown-credential' : 'malformed-credential')
    await limits.noteAuthFailure(address)
    const detail = isKey
      ? 'This key is not known here, or was revoked, or has expired.'
      : 'This is not an API key of this registry: its form is wrong, perhaps a part of it is missing.'
    throw new ProblemError('unauthenticated', detail, { headers: CHALLENGE })
  }
}

/**
 * What a browser forgets at sign-out, where others may sit down at it next: answers that were opened by their address
 * (`private, no-cache`: kept, to be asked about again; the console's own requests are not), pages it would go back to,
 * and what scripts kept.
 *
 * Not `cookies`: browsers would drop those of the whole domain, and sign its user out elsewhere; ours goes by its name.
 * What scripts kept is of the origin, so under a path it may be that of others, which is not the registry's to take.
 * Ours keep the choice of light or dark there, and nothing else.
 *
 * @see https://www.w3.org/TR/clear-site-data/
 */
function cleared(publicUrl: string): string {
  return new URL(publicUrl).pathname === '/' ? '"cache", "storage"' : '"cache"'
}
