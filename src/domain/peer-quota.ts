/** How much a peer may take in a day (UTC). */

export type PeerQuota = {
  /** Questions; `null` for no end, as of all of them. */
  readonly queries: number | null
  /** Records in answers, public ones included. */
  readonly results: number | null
  /** Bytes of answers. */
  readonly bytes: number | null
}

export type QuotaKind = keyof PeerQuota
export const QUOTA_KINDS: readonly QuotaKind[] = ['queries', 'results', 'bytes']

/** What was taken. */
export type PeerUsage = Readonly<Record<QuotaKind, number>>

export const NOTHING_USED: PeerUsage = { queries: 0, results: 0, bytes: 0 }
export const DAY_MS = 86_400_000

/** The first kind of which nothing is left; `undefined` while something is left of each. */
export function findUsedUp(quota: PeerQuota, used: PeerUsage): QuotaKind | undefined {
  return QUOTA_KINDS.find((kind) => used[kind] >= (quota[kind] ?? Number.POSITIVE_INFINITY))
}

/** The midnight that a time follows, and the next one; Unix ms. */
export function dayOf(now: number): { readonly start: number; readonly end: number } {
  const start = Math.floor(now / DAY_MS) * DAY_MS
  return { start, end: start + DAY_MS }
}

export type WirePeerQuota = {
  readonly queries_per_day: number | null
  readonly results_per_day: number | null
  readonly bytes_per_day: number | null
}

/** `null` where nothing is bounded. */
export function quotaFromWire(wire: Partial<WirePeerQuota> | null): PeerQuota | null {
  const quota: PeerQuota = {
    queries: wire?.queries_per_day ?? null,
    results: wire?.results_per_day ?? null,
    bytes: wire?.bytes_per_day ?? null,
  }
  return QUOTA_KINDS.every((kind) => quota[kind] === null) ? null : quota
}

export function quotaToWire(quota: PeerQuota | null): WirePeerQuota | null {
  if (quota === null) return null
  return { queries_per_day: quota.queries, results_per_day: quota.results, bytes_per_day: quota.bytes }
}
