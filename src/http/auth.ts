/**
 * Who is asking. Runs before anything of the request is read but its headers, and throws where credentials are
 * refused: a caller with bad credentials is not taken for one without.
 */
import type { FastifyRequest } from 'fastify'
import type { PeerViews } from '../domain/federation-ports.ts'
import type { NonceStore } from '../domain/ports.ts'
import type { Caller, Principal } from '../domain/principal.ts'
import { assertNever, ProblemError } from '../problem.ts'
import type { SignedRequestReference } from '../security/signature-rfc9421.ts'
import type { ReadClientCertificate } from './client-certificate.ts'
import { type CredentialLookup, type Holder, readCredential } from './credentials.ts'
import type { AuthRefusal, HttpEvents } from './http-events.ts'
import { checkPeerRequest, type PendingSignature, REPLAYED } from './peer-request.ts'
import type { RateLimits } from './rate-limits.ts'
import { ANONYMOUS, CHALLENGE } from './request-state.ts'
import { findSessionHolder, type SessionAuthDeps } from './session-auth.ts'

export type AuthDeps = SessionAuthDeps & {
  readonly credentials: CredentialLookup
  readonly peerViews: PeerViews
  readonly limits: Pick<RateLimits, 'checkAuthFailures' | 'noteAuthFailure'>
  readonly events: Pick<HttpEvents, 'authRefused' | 'rateLimited'>
  readonly federationEnabled: boolean
  readonly requireSignature: boolean
  readonly signatureMaxAgeSeconds: number
  /** Path of our public URL, empty without one. */
  readonly basePath: string
  /** Host and port of our public URL. */
  readonly authority: string
  /** Takes a nonce, once over all replicas. */
  readonly nonces: Pick<NonceStore, 'use'>
  readonly certificateOf: ReadClientCertificate
  /** Unix milliseconds. */
  readonly now: () => number
}

export type Authenticated = {
  readonly principal: Principal
  /** What a message signature covered of the request: its answer is signed over that. Null for all others. */
  readonly signed: SignedRequestReference | null
}

/**
 * @param options.address by which failures are counted.
 * @param options.spend counts the request, and throws where its limit is over: called before what costs more than a
 *   look at a counter (a signature that is computed, the database), and not at all otherwise.
 * @throws ProblemError 401, 403, 429.
 */
export async function authenticate(
  request: FastifyRequest,
  options: { readonly address: string; readonly spend: (caller: Caller) => Promise<void> },
  deps: AuthDeps,
): Promise<Authenticated> {
  const { address } = options
  const presented = readCredential(request.headers)
  // Whoever sends a key means that, whatever a browser sends along.
  if (presented.kind === 'none') return authenticateSession(request, options, deps)
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
      return { principal: holder.principal, signed: null }
    case 'peer': {
      const { principal } = holder
      const misuse = misuseOfToken(request, deps)
      if (misuse !== null) {
        // Spent of what the address has without a key: that the peer sent it nothing has proved, and it is not to pay.
        await options.spend(ANONYMOUS)
        throw misuse
      }
      const verdict = verifyPeer(request, holder, deps)
      if (!verdict.ok) throw await refuse(verdict.reason, verdict.problem, principal.peerId)
      await options.spend(principal)
      let signed: Authenticated['signed'] = null
      if (verdict.pending !== null) {
        const settled = await settleSignature(verdict.pending, deps.nonces)
        if (!settled.ok) throw await refuse(settled.reason, settled.problem, principal.peerId)
        signed = settled.signed
      }
      // What it may see is not remembered along with who it is.
      const view = await deps.peerViews.read(principal.peerId)
      if (view !== undefined) return { principal: { ...principal, view }, signed }
      const detail = 'The peer that this token was given to was removed here.'
      throw await refuse('unknown-credential', unauthenticated(detail), principal.peerId)
    }
    default:
      return assertNever(holder)
  }
}

const NOBODY: Authenticated = { principal: ANONYMOUS, signed: null }

async function authenticateSession(
  request: FastifyRequest,
  options: Parameters<typeof findSessionHolder>[1],
  deps: AuthDeps,
): Promise<Authenticated> {
  const holder = await findSessionHolder(request, options, deps)
  return holder === null ? NOBODY : { principal: holder.principal, signed: null }
}

/** The nonce is taken last: a request that is not genuine must not use up that of one that is. */
async function settleSignature(pending: PendingSignature, nonces: AuthDeps['nonces']) {
  const verified = pending.verify()
  if (!verified.ok) return verified
  const { keyid, nonce, nonceExpiresAt } = pending
  return (await nonces.use(keyid, nonce, nonceExpiresAt)) ? verified : REPLAYED
}

/** What no federation token does here, whoever sends it; null for all else. */
function misuseOfToken(
  { method, headers }: FastifyRequest,
  { federationEnabled }: Pick<AuthDeps, 'federationEnabled'>,
): ProblemError | null {
  if (!federationEnabled) {
    return new ProblemError('federation-disabled', 'Federation is switched off on this registry.')
  }
  if ((method === 'GET' || method === 'HEAD') && !hasBody(headers)) return null
  // No route that changes something is open to peers; refused here, unsigned bodies need not be thought of.
  return new ProblemError('forbidden', 'A federation token reads; it sends no body and changes nothing here.')
}

function verifyPeer(request: FastifyRequest, holder: Extract<Holder, { kind: 'peer' }>, deps: AuthDeps) {
  const { method, originalUrl: target, headers } = request
  return checkPeerRequest({ method, target, headers }, holder, {
    requireSignature: deps.requireSignature,
    maxAgeSeconds: deps.signatureMaxAgeSeconds,
    now: deps.now() / 1000,
    basePath: deps.basePath,
    authority: deps.authority,
    certificate: () => deps.certificateOf(request.raw),
  })
}

/** @see RFC 9112, section 6.3 */
function hasBody(headers: FastifyRequest['headers']): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

function unauthenticated(detail: string): ProblemError {
  return new ProblemError('unauthenticated', detail, { headers: CHALLENGE })
}
