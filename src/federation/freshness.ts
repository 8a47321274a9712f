/** What a kept answer is still good for. Pure. */
import type { PeerAnswer } from '../domain/discovery.ts'

/**
 * `fresh` answers; `revalidate` answers, while the peer is asked in the background; `fallback` is shown, marked, only
 * if the peer cannot be asked or fails.
 *
 * @see RFC 5861, for `stale-while-revalidate` and `stale-if-error`
 */
export type Freshness = 'fresh' | 'revalidate' | 'fallback' | 'expired'

export const REVALIDATE_SECONDS = 600
export const FALLBACK_SECONDS = 86_400
const EMPTY_SECONDS = 30 // what a peer lacks now, it may have been given a minute later

export type FreshnessRule = {
  /** Unix ms. */
  readonly now: number
  /** `FEDERATION_CACHE_TTL`. */
  readonly ttlSeconds: number
  /** Answers from before this time have been overtaken by changes at the peer; Unix ms. */
  readonly staleBefore: number | null
}

export function freshnessOf(
  answer: Pick<PeerAnswer, 'agents' | 'hasMore' | 'fetchedAt'>,
  rule: FreshnessRule,
): Freshness {
  const ageSeconds = (rule.now - answer.fetchedAt) / 1000
  const ttlSeconds = freshSeconds(answer, rule.ttlSeconds)
  const isOvertaken = rule.staleBefore !== null && answer.fetchedAt < rule.staleBefore
  if (ageSeconds <= ttlSeconds && !isOvertaken) return 'fresh'
  if (ageSeconds <= ttlSeconds + REVALIDATE_SECONDS) return 'revalidate'
  return ageSeconds <= FALLBACK_SECONDS ? 'fallback' : 'expired'
}

/** How long an answer counts as fresh: an empty one not as long as others. */
export function freshSeconds(
  { agents, hasMore }: Pick<PeerAnswer, 'agents' | 'hasMore'>,
  ttlSeconds: number,
): number {
  const isEmpty = agents.length === 0 && !hasMore
  return isEmpty ? Math.min(EMPTY_SECONDS, ttlSeconds) : ttlSeconds
}
