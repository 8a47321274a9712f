/** A page that a peer sent, as the answer that is kept of it. */
import type { PeerAnswer } from '../domain/discovery.ts'
import type { ProtocolResult } from './protocols/protocol.ts'
import type { RecordFacts } from './record-facts.ts'

/** Takes the records apart at once, while other peers are still waited for. */
export function answerOf(
  page: Extract<ProtocolResult, { kind: 'answered' }>,
  {
    search,
    facts,
    fetchedAt,
  }: { readonly search: string | null; readonly facts: RecordFacts; readonly fetchedAt: number },
): PeerAnswer {
  const { records, statistics, hasMore, nextCursor, droppedRecords } = page
  for (const { agent, received } of records) {
    if (received !== null) facts.keep(agent, received)
    facts.prepare(agent)
  }
  const agents = records.map(({ agent }) => agent)
  const answer = { agents, statistics, hasMore, nextCursor, droppedRecords, fetchedAt }
  if (search !== null) facts.answersFor(search)(answer)
  return answer
}
