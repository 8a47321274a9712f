/** Where an answer came from, for who looks at its headers. @see RFC 9211 @see https://www.w3.org/TR/server-timing/ */
import type { FederationStats, PeerRow } from '../domain/discovery.ts'

/** An answer without results is fresh for so long, as `federation/freshness.ts` has it. */
const EMPTY_TTL_SECONDS = 30

export type AnswerOrigin = {
  /** Of the answer; null without a federated search. */
  readonly stats: FederationStats | null
  /** Bytes that were made for an earlier question; or for this one, perhaps together with others who asked it. */
  readonly from: 'prepared' | 'joined' | 'search'
  readonly forceRefresh: boolean
  /** `FEDERATION_CACHE_TTL`. */
  readonly cacheTtlSeconds: number
}

/**
 * The `Cache-Status` of an answer. It is a hit if nobody had to be asked for it: its bytes were ready, or all peers'
 * answers were in the cache. `ttl` is how long all of these are fresh, below zero if one is shown beyond that.
 *
 * @param cacheName as `cacheName` gives it.
 */
export function cacheStatus(cacheName: string, { stats, from, ...rest }: AnswerOrigin): string {
  const asked = (stats?.peers ?? []).filter(({ outcome }) => outcome !== 'skipped')
  const cached = asked.filter(({ cache }) => cache === 'hit' || cache === 'revalidating')
  const isAllCached = cached.length === asked.length
  if (from === 'prepared' || (asked.length > 0 && isAllCached)) {
    const ttls = cached.map((row) => ttlOf(row, rest.cacheTtlSeconds))
    return `${cacheName}; hit; ttl=${ttls.length === 0 ? PREPARED_TTL_SECONDS : Math.min(...ttls)}`
  }
  const collapsed = from === 'joined' ? '; collapsed' : ''
  const detail =
    cached.length > 0 ? `; detail="${cached.length} of ${asked.length} peers from the cache"` : ''
  return `${cacheName}; fwd=${reasonFor(asked, rest)}${collapsed}${detail}`
}

const PREPARED_TTL_SECONDS = 1

/** Why peers, or our own records, were asked. */
function reasonFor(asked: readonly PeerRow[], { forceRefresh }: Pick<AnswerOrigin, 'forceRefresh'>): string {
  if (forceRefresh) return 'request'
  return asked.some(({ outcome }) => outcome === 'stale') ? 'stale' : 'miss'
}

function ttlOf({ results, hasMore, ageSeconds, cache }: PeerRow, cacheTtlSeconds: number): number {
  const isEmpty = results === 0 && !hasMore
  const ttl = (isEmpty ? Math.min(EMPTY_TTL_SECONDS, cacheTtlSeconds) : cacheTtlSeconds) - (ageSeconds ?? 0)
  // Not for its age alone: the peer may have told that it has changed since.
  return cache === 'revalidating' ? Math.min(ttl, -1) : ttl
}

/** This registry as a cache: its host, as a token where that can be one and quoted else (RFC 9651, section 3.3). */
export function cacheName(registryUrl: string): string {
  const { host } = new URL(registryUrl)
  return /^[A-Za-z*][\w!#$%&'*+.^`|~:/-]*$/.test(host) ? host : `"${host}"`
}

/** `Server-Timing` in ms: our own search where it was the only one, else the slowest peer; and all of it. */
export function serverTiming(stats: FederationStats | null, totalMs: number): string {
  const total = `total;dur=${totalMs.toFixed(1)}`
  if (stats === null) return `local;dur=${totalMs.toFixed(1)}, ${total}`
  const waits = stats.peers.flatMap(({ durationMs }) => (durationMs === null ? [] : [durationMs]))
  return waits.length === 0 ? total : `peers;dur=${Math.max(...waits)}, ${total}`
}
