/** The validator of a search's answer. @see RFC 9110, section 8.8 */
import { hash } from 'node:crypto'
import type { WireDiscoveredAgent, WireDiscoveryAnswer, WirePeerRow } from '../wire/discovery.ts'

const TAG_CHARS = 22 // 128 bits: nobody meets two answers with one tag

/**
 * A weak tag, equal exactly for answers that say the same: the same results in the same order and the same account.
 * Not looked at is what differs each time, or tells only how the answer was come by: ages, times and durations, which
 * cache an answer was in, and the text of a cursor, which leads to the same next page.
 */
export function answerTag(answer: WireDiscoveryAnswer): string {
  const { agents, federation_stats: stats, next_cursor: cursor, warnings } = answer
  const substance = [agents.map(withoutAge), cursor !== null, warnings ?? [], stats && accountOf(stats)]
  return `W/"${hash('sha256', JSON.stringify(substance), 'base64url').slice(0, TAG_CHARS)}"`
}

function withoutAge({ provenance, ...agent }: WireDiscoveredAgent): unknown {
  const { fetched_at: _, age_seconds: __, ...origin } = provenance
  return { ...agent, provenance: origin }
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
