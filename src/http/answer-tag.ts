/** The validator of a search's answer. @see RFC 9110, section 8.8 */
import { hash } from 'node:crypto'
import type { WireDiscoveryAnswer, WireFinding, WirePeerRow } from '../wire/discovery.ts'
import type { WrittenRecord } from '../wire/written-record.ts'

const TAG_CHARS = 22 // 128 bits: nobody meets two answers with one tag

export type TaggedResult = {
  readonly record: Pick<WrittenRecord, 'digest'>
  readonly finding: WireFinding
}

/**
 * A weak tag, equal exactly for answers that say the same: the same results in the same order and the same account.
 * Not looked at is what differs each time, or tells only how the answer was come by: ages, times and durations, which
 * cache an answer was in, and the text of a cursor, which leads to the same next page.
 */
export function answerTag(
  results: readonly TaggedResult[],
  rest: Omit<WireDiscoveryAnswer, 'agents'>,
): string {
  const { federation_stats: stats, next_cursor: cursor, warnings } = rest
  const substance = [results.map(withoutAge), cursor !== null, warnings ?? [], stats && accountOf(stats)]
  return `W/"${hash('sha256', JSON.stringify(substance), 'base64url').slice(0, TAG_CHARS)}"`
}

function withoutAge({ record, finding }: TaggedResult): unknown {
  const { provenance, ...told } = finding
  const { fetched_at: _, age_seconds: __, ...origin } = provenance
  return [record.digest, told, origin]
}

function accountOf({
  duration_ms: _,
  cache_hits: __,
  peers,
  ...figures
}: NonNullable<WireDiscoveryAnswer['federation_stats']>): unknown {
  return { ...figures, peers: peers.map(rowWithoutTimes) }
}

function rowWithoutTimes(row: WirePeerRow): unknown {
  const { duration_ms: _, age_seconds: __, retry_at: ___, cache: ____, error, ...rest } = row
  // Sentences name how long a peer was waited for.
  return { ...rest, error: error?.replaceAll(/\d+(?= m?s\b)/g, '…') }
}
