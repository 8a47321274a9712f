/**
 * How many requests a caller may make a minute: peers, key holders and anonymous addresses each have their own
 * allowance, and so have failed authentications of an address. Counted in this process.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (draft 10: `RateLimit-Policy`, `RateLimit`)
 */
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import type { Principal } from '../domain/principal.ts'
import { assertNever, ProblemError } from '../problem.ts'

const WINDOW_SECONDS = 60
/** Passing the caches costs peers their patience. */
const FORCED_REFRESHES_PER_MINUTE = 10

export type RateLimitPolicy = 'peer' | 'key' | 'anonymous' | 'auth-failures' | 'force-refresh'

/** Headers for the answer, and what to refuse the request with. */
export type Spent = {
  readonly headers: Readonly<Record<string, string>>
  readonly refusal: { readonly policy: RateLimitPolicy; readonly problem: ProblemError } | null
}

export interface RateLimits {
  /** Counts one request of this caller. */
  spend(principal: Principal, address: string): Promise<Spent>
  /** Counts one search of a key that passes the caches. */
  spendForcedRefresh(keyId: string): Promise<Spent>
  /** Whether an address has failed to authenticate too often; the refusal if so. */
  checkAuthFailures(address: string): Promise<Spent>
  noteAuthFailure(address: string): Promise<void>
}

export function createRateLimits(perMinute: {
  readonly peer: number
  readonly key: number
  readonly anonymous: number
  readonly authFailures: number
}): RateLimits {
  const limiter = (policy: RateLimitPolicy, points: number) => ({
    policy,
    points,
    counter: new RateLimiterMemory({ points, duration: WINDOW_SECONDS, keyPrefix: policy }),
  })
  const peers = limiter('peer', perMinute.peer)
  const keys = limiter('key', perMinute.key)
  const addresses = limiter('anonymous', perMinute.anonymous)
  const failures = limiter('auth-failures', perMinute.authFailures)
  const refreshes = limiter('force-refresh', FORCED_REFRESHES_PER_MINUTE)

  return {
    spend(principal, address) {
      switch (principal.kind) {
        case 'peer':
          return consume(peers, principal.peerId)
        case 'key':
          return consume(keys, principal.keyId)
        case 'anonymous':
          return consume(addresses, address)
        default:
          return assertNever(principal)
      }
    },
    spendForcedRefresh: (keyId) => consume(refreshes, keyId),
    async checkAuthFailures(address) {
      const count = await failures.counter.get(address)
      return count === null || count.consumedPoints < failures.points
        ? NOTHING_SPENT
        : outcome(failures, count, true)
    },
    async noteAuthFailure(address) {
      await failures.counter.penalty(address)
    },
  }
}

const NOTHING_SPENT: Spent = { headers: {}, refusal: null }

type Limiter = {
  readonly policy: RateLimitPolicy
  readonly points: number
  readonly counter: RateLimiterMemory
}

async function consume(limiter: Limiter, key: string): Promise<Spent> {
  const count = await limiter.counter.penalty(key) // counts without rejecting; the verdict is ours
  return outcome(limiter, count, count.consumedPoints > limiter.points)
}

function outcome({ policy, points }: Limiter, count: RateLimiterRes, isRefused: boolean): Spent {
  const seconds = Math.max(1, Math.ceil(count.msBeforeNext / 1000))
  const remaining = Math.max(0, points - count.consumedPoints)
  const headers = {
    'ratelimit-policy': `"${policy}";q=${points};w=${WINDOW_SECONDS}`,
    ratelimit: `"${policy}";r=${remaining};t=${seconds}`,
  }
  if (!isRefused) return { headers, refusal: null }
  const what = policy === 'auth-failures' ? 'Too many failed attempts to authenticate' : 'Too many requests'
  const problem = new ProblemError('rate-limited', `${what}: try again in ${seconds} s.`, {
    headers: { ...headers, 'retry-after': String(seconds) },
  })
  return { headers, refusal: { policy, problem } }
}
