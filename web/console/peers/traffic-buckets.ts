/** Questions counted over equal parts of a time. */
import { isFailed } from '../../api/figures.ts'
import type { LoggedQuery } from '../../api/peer-reports.ts'

type Bucket = {
  /** Where it begins; Unix ms. */
  readonly at: number
  readonly outbound: number
  readonly inbound: number
  /** Of both. */
  readonly failed: number
}

const PARTS = 30

export function bucketsOf(
  queries: readonly Pick<LoggedQuery, 'created_at' | 'direction' | 'outcome'>[],
  { until, spanMs }: { readonly until: number; readonly spanMs: number },
): readonly Bucket[] {
  const length = spanMs / PARTS
  // Parts begin at whole multiples of their length, so that the same question stays in the same one.
  const first = Math.ceil((until - spanMs) / length) * length
  const buckets = Array.from({ length: PARTS }, (_, part) => ({
    ...{ at: first + part * length, outbound: 0, inbound: 0, failed: 0 },
  }))
  for (const { created_at: at, direction, outcome } of queries) {
    const bucket = buckets[Math.floor((Date.parse(at) - first) / length)]
    if (bucket === undefined) continue
    bucket[direction] += 1
    if (isFailed(outcome)) bucket.failed += 1
  }
  return buckets
}
