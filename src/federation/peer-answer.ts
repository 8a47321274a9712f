/** A page that a peer sent, as the answer that is kept of it. */
import type { Agent } from '../domain/agent.ts'
import type { PeerAnswer, SearchStatistics } from '../domain/discovery.ts'
import type { ProtocolResult } from './protocols/protocol.ts'
import type { RecordFacts } from './record-facts.ts'

type Page = Extract<ProtocolResult, { kind: 'answered' }>

/**
 * Takes the records apart at once, while other peers are still waited for.
 *
 * @param kept the peer's answer before to the same question: where nothing has changed since, its very lists are taken,
 *   so that what was worked out of them holds.
 */
export function answerOf(
  page: Page,
  {
    search,
    facts,
    fetchedAt,
    kept,
  }: {
    readonly search: string | null
    readonly facts: RecordFacts
    readonly fetchedAt: number
    readonly kept?: PeerAnswer | undefined
  },
): PeerAnswer {
  const { records, hasMore, nextCursor, droppedRecords } = page
  for (const { agent, received } of records) {
    if (received !== null) facts.keep(agent, received)
    facts.prepare(agent)
  }
  const { agents, statistics } = kept !== undefined && hasSameContent(page, kept) ? kept : contentOf(page)
  const answer = { agents, statistics, hasMore, nextCursor, droppedRecords, fetchedAt }
  if (search !== null) facts.answersFor(search)(answer)
  return answer
}

type Content = { readonly agents: readonly Agent[]; readonly statistics: SearchStatistics | null }

function contentOf({ records, statistics }: Page): Content {
  return { agents: records.map(({ agent }) => agent), statistics }
}

/** Records of the same bytes are the same objects: see `RecordMemory`. */
function hasSameContent({ records, statistics }: Page, kept: PeerAnswer): boolean {
  return (
    records.length === kept.agents.length &&
    records.every(({ agent }, place) => agent === kept.agents[place]) &&
    saysTheSame(statistics, kept.statistics)
  )
}

function saysTheSame(a: SearchStatistics | null, b: SearchStatistics | null): boolean {
  if (a === null || b === null) return a === b
  return (
    a.documents === b.documents &&
    a.isEstimated === b.isEstimated &&
    a.documentFrequency.size === b.documentFrequency.size &&
    [...a.documentFrequency].every(([term, count]) => b.documentFrequency.get(term) === count)
  )
}
