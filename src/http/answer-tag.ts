/** The validator of a search's answer. @see RFC 9110, section 8.8 */
import { hash } from 'node:crypto'
import type { WireDiscoveryAnswer, WireFinding, WirePeerRow } from '../wire/discovery.ts'
import type { WrittenRecord } from '../wire/written-record.ts'

const TAG_CHARS = 22 // 128 bits: nobody meets two answers with one tag
/** Half the time that a cursor holds: who is told to keep theirs has as long left to go on with it. */
const CURSOR_PERIOD_MS = 300_000

export type TaggedResult = {
  readonly record: Pick<WrittenRecord, 'digest'>
  readonly finding: WireFinding
}

/**
 * A weak tag, equal exactly for answers that say the same: the same results in the same order and the same account.
 * Not looked at is what differs each time, or tells only how the answer was come by: ages, times and durations, which
 * cache an answer was in, and the text of a cursor, which leads to the same next page.
 *
 * A cursor holds for ten minutes, and who gets no new answer goes on with the old one's: so an answer with a cursor has
 * another tag every five. Cursors that do not expire are treated alike, at the price of an answer sent again.
 *
 * @param madeAt Unix ms at which the answer, and with it the cursor, was made.
 */
export function answerTag(
  results: readonly TaggedResult[],
  rest: Omit<WireDiscoveryAnswer, 'agents'>,
  madeAt: number,
): string {
  const { federation_stats: stats, next_cursor: cursor, warnings } = rest
  const period = cursor === null ? null : Math.floor(madeAt / CURSOR_PERIOD_MS)
  const substance = [results.map(withoutAge), period, warnings ?? [], stats && accountOf(stats)]
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

/** What of a peer's line is not looked at. */
type OfThisTime = 'duration_ms' | 'age_seconds' | 'retry_at' | 'cache'

/** Member by member: to take the others out of a copy is dearer, and an answer has fifty of them. */
function rowWithoutTimes(row: WirePeerRow): unknown {
  const { peer_id, name, registry_url, outcome, results, more, scoring, dropped_records, reason } = row
  // Sentences name how long a peer was waited for.
  const error = row.error?.replaceAll(/\d+(?= m?s\b)/g, '…')
  const told = {
    peer_id,
    name,
    registry_url,
    outcome,
    results,
    more,
    scoring,
    dropped_records,
    error,
    reason,
  }
  return told satisfies Record<Exclude<keyof WirePeerRow, OfThisTime>, unknown>
}
