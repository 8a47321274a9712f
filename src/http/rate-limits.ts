/**
 * How many requests a caller may make a minute: peers, key holders and anonymous addresses each have their own
 * allowance, and so have failed authentications of an address. Replicas that share counters hold a caller to one
 * allowance for all of them; alone, each to its own.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (draft 10: `RateLimit-Policy`, `RateLimit`)
 */
import type { Clock } from '../domain/ports.ts'
import type { Caller } from '../domain/principal.ts'
import type { SharedCounters } from '../domain/sharing.ts'
import { assertNever, ProblemError } from '../problem.ts'
import {
  createRequestCounter,
  type RequestCounter,
  type Standing,
  WINDOW_SECONDS,
} from './request-counter.ts'

/** Passing the caches costs peers their patience. */
const FORCED_REFRESHES_PER_MINUTE = 10

/** Each makes us look at up to five addresses of somebody's choice. */
const CARD_FETCHES_PER_MINUTE = 20

/** Each makes us look at another address; nobody enrols more often by hand. */
const ENROLMENTS_PER_HOUR = 5

export type RateLimitPolicy =
  | 'peer'
  | 'key'
  | 'anonymous'
  | 'auth-failures'
  | 'force-refresh'
  | 'card-fetch'
  | 'enrolment'

/** Headers for the answer, and what to refuse the request with. */
export type Spent = {
  readonly headers: Readonly<Record<string, string>>
  readonly refusal: { readonly policy: RateLimitPolicy; readonly problem: ProblemError } | null
}

/** What is known in this process is told at once; a promise waits for the other replicas, milliseconds at most. */
export interface RateLimits {
  /** Counts one request of this caller. */
  spend(caller: Caller, address: string): Spent | Promise<Spent>
  /** Counts one search of a key that passes the caches. */
  spendForcedRefresh(keyId: string): Spent | Promise<Spent>
  /** Counts one search of a key for an agent's card. */
  spendCardFetch(keyId: string): Spent | Promise<Spent>
  /** Counts one attempt of an address to enrol. */
  spendEnrolment(address: string): Spent | Promise<Spent>
  /**
   * Whether an address has failed to authenticate too often; the refusal if so. What happens at other replicas is
   * known here after the next failure here.
   */
  checkAuthFailures(address: string): Spent
  noteAuthFailure(address: string): Promise<void>
}

export function createRateLimits(
  perMinute: {
    readonly peer: number
    readonly key: number
    readonly anonymous: number
    readonly authFailures: number
  },
  { clock, shared }: { readonly clock: Pick<Clock, 'monotonic'>; readonly shared: SharedCounters | null },
): RateLimits {
  const limiter = (
    policy: RateLimitPolicy,
    allowance: number,
    windowSeconds: number = WINDOW_SECONDS,
  ): Limiter => ({
    policy,
    policyHeader: `"${policy}";q=${allowance};w=${windowSeconds}`,
    counter: createRequestCounter({ name: policy, allowance, windowSeconds, clock, shared }),
  })
  const peers = limiter('peer', perMinute.peer)
  const keys = limiter('key', perMinute.key)
  const addresses = limiter('anonymous', perMinute.anonymous)
  const failures = limiter('auth-failures', perMinute.authFailures)
  const enrolments = limiter('enrolment', ENROLMENTS_PER_HOUR, 3_600)
  const refreshes = limiter('force-refresh', FORCED_REFRESHES_PER_MINUTE)
  const cardFetches = limiter('card-fetch', CARD_FETCHES_PER_MINUTE)

  return {
    spend(principal, address) {
      switch (principal.kind) {
        case 'peer':
          return spend(peers, principal.peerId)
        case 'key':
          return spend(keys, principal.keyId)
        case 'anonymous':
          return spend(addresses, address)
        default:
          return assertNever(principal)
      }
    },
    spendEnrolment: (address) => spend(enrolments, address),
    spendForcedRefresh: (keyId) => spend(refreshes, keyId),
    spendCardFetch: (keyId) => spend(cardFetches, keyId),
    checkAuthFailures(address) {
      const standing = failures.counter.peek(address)
      return standing.isOver ? describe(failures, standing) : NOTHING_SPENT
    },
    async noteAuthFailure(address) {
      await failures.counter.spend(address)
    },
  }
}

const NOTHING_SPENT: Spent = { headers: {}, refusal: null }

type Limiter = {
  readonly policy: RateLimitPolicy
  readonly policyHeader: string
  readonly counter: RequestCounter
}

const TOO_MANY: Partial<Record<RateLimitPolicy, string>> = {
  'auth-failures': 'Too many failed attempts to authenticate',
  enrolment: `More than ${ENROLMENTS_PER_HOUR} attempts to enrol within an hour`,
}

function spend(limiter: Limiter, caller: string): Spent | Promise<Spent> {
  const standing = limiter.counter.spend(caller)
  if (standing instanceof Promise) return standing.then((later) => describe(limiter, later))
  return describe(limiter, standing)
}

function describe({ policy, policyHeader }: Limiter, { isOver, remaining, msLeft }: Standing): Spent {
  const seconds = Math.max(1, Math.ceil(msLeft / 1000))
  const headers = {
    'ratelimit-policy': policyHeader,
    ratelimit: `"${policy}";r=${remaining};t=${seconds}`,
  }
  if (!isOver) return { headers, refusal: null }
  const what = TOO_MANY[policy] ?? 'Too many requests'
  const problem = new ProblemError('rate-limited', `${what}: try again in ${seconds} s.`, {
    headers: { ...headers, 'retry-after': String(seconds) },
  })
  return { headers, refusal: { policy, problem } }
}
