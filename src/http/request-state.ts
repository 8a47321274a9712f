/** What the hooks learn of a request and the routes read. */
import type { Actor, Principal, Scope } from '../domain/principal.ts'
import { scopeOf } from '../domain/principal.ts'
import { ProblemError } from '../problem.ts'
import type { SignedRequestReference } from '../security/signature-rfc9421.ts'
import type { BodyKind } from './bodies.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; anonymous until authenticated. */
    principal: Principal
    /** What of it a peer's message signature covered: its answer is signed over that. */
    signedRequest: SignedRequestReference | null
    /** The caller's address as far as it can be believed, IPv6 in full. */
    callerAddress: string
    /** The body's bytes as they came, for routes that keep or slice them. */
    rawBody: Uint8Array | null
  }
  interface FastifyContextConfig {
    /** What the route takes as a body; nothing by default. */
    body?: BodyKind
    /** Bytes that do not depend on who asks, and cost nothing: neither authenticated nor counted. */
    isSameForAll?: boolean
    /** For people without JavaScript: what goes wrong is told as a page, too. */
    isPage?: boolean
    /** Signs in or out, and so looks at the session's cookie itself. */
    isSignIn?: boolean
    /** Of a JSON body that is known to be small. */
    maxBodyBytes?: number
  }
}

export const ANONYMOUS: Principal = { kind: 'anonymous' }

export type KeyPrincipal = Extract<Principal, { kind: 'key' }>

/** The holder of a key. @throws ProblemError for others: for routes that the access table opens to keys alone. */
export function keyHolder({ principal }: { readonly principal: Principal }): KeyPrincipal {
  if (principal.kind === 'key') return principal
  throw new ProblemError('unauthenticated', 'This needs an API key of this registry.', { headers: CHALLENGE })
}

/** Which records the asker may see. */
export function scopeOfRequest({ principal }: { readonly principal: Principal }): Scope {
  return scopeOf(principal)
}

/** Who the audit log names for a change. */
export function actorOf(request: { readonly principal: Principal; readonly id: string }): Actor {
  return { id: describePrincipal(request.principal), requestId: request.id }
}

/** A principal as logs name it. */
export function describePrincipal(principal: Principal): string {
  switch (principal.kind) {
    case 'anonymous':
      return 'anonymous'
    case 'key':
      return `key:${principal.keyId}`
    case 'peer':
      return `peer:${principal.peerId}`
  }
}

/** How to authenticate (RFC 9110, section 11.6.1), sent along with every 401. */
export const CHALLENGE = { 'www-authenticate': 'Bearer realm="agentvault-registry"' } as const
