/**
 * Who is asking. Runs before anything of the request is read but its headers, and throws where credentials are
 * refused: a caller with bad credentials is not taken for one without.
 */
import type { FastifyRequest } from 'fastify'
import type { Principal } from '../domain/principal.ts'
import { assertNever, ProblemError } from '../problem.ts'
import { type CredentialLookup, type Holder, readCredential } from './credentials.ts'
import type { AuthRefusal, HttpEvents } from './http-events.ts'
import { checkPeerRequest } from './peer-request.ts'
import type { RateLimits } from './rate-limits.ts'
import { ANONYMOUS, CHALLENGE } from './request-state.ts'

export type AuthDeps = {
  readonly credentials: CredentialLookup
  readonly limits: Pick<RateLimits, 'checkAuthFailures' | 'noteAuthFailure'>
  readonly events: Pick<HttpEvents, 'authRefused' | 'rateLimited'>
  readonly federationEnabled: boolean
  readonly requireSignature: boolean
  readonly signatureMaxAgeSeconds: number
  /** Path of our public URL, empty without one. */
  readonly basePath: string
  /** Unix milliseconds. */
  readonly now: () => number
}

/**
 * @param address by which failures are counted.
 * @throws ProblemError 401, 403, 429.
 */
export async function authenticate(
  request: FastifyRequest,
  address: string,
  deps: AuthDeps,
): Promise<Principal> {
  const presented = readCredential(request.headers)
  if (presented.kind === 'none') return ANONYMOUS
  const refuse = async (reason: AuthRefusal, problem: ProblemError, peerId: string | null = null) => {
    deps.events.authRefused(reason, { requestId: request.id, peerId })
    await deps.limits.noteAuthFailure(address)
    return problem
  }
  // Who guesses is slowed down; neighbours behind the same address whose keys are known go on.
  const { refusal } = deps.limits.checkAuthFailures(address)
  if (refusal !== null && (presented.kind === 'malformed' || !deps.credentials.wasGood(presented.text))) {
    deps.events.authRefused('too-many-failures', { requestId: request.id, peerId: null })
    throw refusal.problem
  }
  if (presented.kind === 'malformed')
    throw await refuse('malformed-credential', unauthenticated(presented.detail))
  const holder = await deps.credentials.find(presented)
  if (holder === undefined) {
    const detail = 'This key is not known here, or was revoked, or has expired.'
    throw await refuse('unknown-credential', unauthenticated(detail))
  }
  switch (holder.kind) {
    case 'key':
      return holder.principal
    case 'peer': {
      const verdict = verifyPeer(request, holder, deps)
      if (verdict.ok) return holder.principal
      throw await refuse(verdict.reason, verdict.problem, holder.principal.peerId)
    }
    default:
      return assertNever(holder)
  }
}

function verifyPeer(request: FastifyRequest, holder: Extract<Holder, { kind: 'peer' }>, deps: AuthDeps) {
  if (!deps.federationEnabled) {
    throw new ProblemError('federation-disabled', 'Federation is switched off on this registry.')
  }
  if ((request.method !== 'GET' && request.method !== 'HEAD') || hasBody(request.headers)) {
    // No route that changes something is open to peers; refused here, unsigned bodies need not be thought of.
    throw new ProblemError(
      'forbidden',
      'A federation token reads; it sends no body and changes nothing here.',
    )
  }
  const { method, originalUrl: target, headers } = request
  return checkPeerRequest({ method, target, headers }, holder, {
    requireSignature: deps.requireSignature,
    maxAgeSeconds: deps.signatureMaxAgeSeconds,
    now: deps.now() / 1000,
    basePath: deps.basePath,
  })
}

/** @see RFC 9112, section 6.3 */
function hasBody(headers: FastifyRequest['headers']): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

function unauthenticated(detail: string): ProblemError {
  return new ProblemError('unauthenticated', detail, { headers: CHALLENGE })
}
