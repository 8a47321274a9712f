/** Facts of the server worth counting or logging. Whoever listens must not throw. */

import type { QuotaKind } from '../domain/peer-quota.ts'
import type { PeerCaller } from '../domain/principal.ts'
import type { TraceParent } from '../domain/trace-context.ts'
import type { CertificateRefusal } from '../security/peer-tls.ts'
import type { TlsReload } from '../security/tls-keeper.ts'
import type { PeersShown } from './answer-uses.ts'
import type { RateLimitPolicy } from './rate-limits.ts'

export type ServedRequest = {
  readonly requestId: string
  readonly method: string
  /** The route's pattern, not the address: that may hold what was searched for. Null when there is none. */
  readonly route: string | null
  readonly status: number
  readonly durationMs: number
  /** Of the answer; 0 where it is not known beforehand, as of a stream. */
  readonly bodyBytes: number
  /** `anonymous`, `key:<id>` or `peer:<id>`. */
  readonly principal: string
  /** The asker's name when it is a peer. */
  readonly peerName: string | null
  /** What the caller's `traceparent` says, if it sent one. */
  readonly traceParent: TraceParent | null
}

export type AuthRefusal =
  | 'malformed-credential'
  | 'unknown-credential'
  | 'too-many-failures'
  | 'cross-site'
  | 'inbound-disabled'
  | `certificate-${CertificateRefusal}`
  | 'registry-mismatch'
  | 'signature-missing'
  | 'signature-malformed'
  | 'signature-expired'
  | 'signature-from-the-future'
  | 'signature-mismatch'
  | 'signature-too-weak'
  | 'signature-unknown-key'
  | 'signature-replayed'

export interface HttpEvents {
  requestServed(request: ServedRequest): void
  /** A fault of this registry that cost a request its answer. */
  requestFailed(error: unknown, requestId: string): void
  /** Credentials that were refused; a peer's id when the token told it. */
  authRefused(
    reason: AuthRefusal,
    context: { readonly requestId: string; readonly peerId: string | null },
  ): void
  rateLimited(policy: RateLimitPolicy, requestId: string): void
  /** A peer was refused for the day: it has taken as much of this as it may. */
  quotaExceeded(peer: Pick<PeerCaller, 'peerId' | 'name'>, kind: QuotaKind, requestId: string): void
  /** What came of peers in a search was shown to others who asked the same, so many times more. */
  peersShownAgain(shown: PeersShown, times: number): void
  /** The TLS files were changed on disk: they are in use now, or cannot be used. */
  tlsReloaded(reload: Exclude<TlsReload, { kind: 'unchanged' }>): void
  /** A fault beside a request that went on, such as noting a key's use. */
  fault(error: unknown, during: string): void
}
