/** One registry's part of a walk: the pages of it that are at hand, and where it goes on. */
import type { Agent } from '../domain/agent.ts'
import type { PeerAnswer, PeerOutcome } from '../domain/discovery.ts'
import type { Peer } from '../domain/peer.ts'
import { assertNever } from '../problem.ts'
import type { Candidate } from './identity.ts'
import type { WalkPosition } from './walk-state.ts'

/** Ours, or a peer's. */
export type Source = {
  readonly peer: Peer | null
  readonly position: WalkPosition
  /** The pages at hand, and the cursor each was asked for with. */
  readonly pages: { readonly cursor: string | null; readonly answer: PeerAnswer }[]
  /** What came of asking it last, if it was. */
  outcome: PeerOutcome | null
}

/** Notes what came of asking a peer for its next page. */
export function take(source: Source, outcome: PeerOutcome): void {
  const cursor = nextCursorOf(source)
  source.outcome = withEarlier(source.outcome, outcome)
  if (outcome.kind === 'answered' || outcome.kind === 'stale') {
    const { answer } = outcome
    const isLedBack = answer.nextCursor !== null && wasFollowed(source, answer.nextCursor, cursor)
    source.pages.push({ cursor, answer: isLedBack ? { ...answer, nextCursor: null } : answer })
  }
}

/** A registry whose pages run in a circle would be walked for ever. */
function wasFollowed({ pages }: Source, next: string, current: string | null): boolean {
  return next === current || pages.some(({ cursor }) => cursor === next)
}

/** What came of the last page, told as little fresh as the least fresh of all. */
function withEarlier(before: PeerOutcome | null, last: PeerOutcome): PeerOutcome {
  if (before?.kind !== 'answered' || last.kind !== 'answered') return last
  const cache = LEAST_FRESH_FIRST.find((one) => one === before.cache || one === last.cache)
  return { ...last, cache: cache ?? last.cache }
}

const LEAST_FRESH_FIRST = ['revalidating', 'miss', 'hit'] as const

/** Where the page begins that follows those at hand. */
export function nextCursorOf(source: Source | undefined): string | null {
  if (source === undefined) return null
  const last = source.pages.at(-1)
  if (last !== undefined) return last.answer.nextCursor
  return source.position.kind === 'at' ? source.position.cursor : null
}

/** Whether it is known to have more than is at hand, and can be asked for it. */
export function hasMore({ pages }: Source): boolean {
  return (pages.at(-1)?.answer.nextCursor ?? null) !== null
}

export function hasFailed({ outcome }: Source): boolean {
  return outcome !== null && outcome.kind !== 'answered'
}

/**
 * Its records at hand, each once and as it was sent last: while a walk goes on, a record may move from one page to the
 * next, and a registry may send the same again and again.
 */
export function recordsOf({ pages }: Pick<Source, 'pages'>): readonly Agent[] {
  const [first] = pages
  if (first !== undefined && pages.length === 1) return first.answer.agents
  const oldestFirst = pages.map(({ answer }) => answer).toSorted((a, b) => a.fetchedAt - b.fetchedAt)
  const newest = new Map(oldestFirst.flatMap(({ agents }) => agents.map((agent) => [agent.id, agent])))
  return [...newest.values()]
}

/** What the account and the merge are told of a peer: all its pages as one answer, and how the last request ended. */
export function outcomeOf({ peer, pages, outcome, position }: Source, now: number): PeerOutcome[] {
  if (peer === null) return []
  const answer = pages.length === 0 ? null : joinPages(pages)
  if (outcome === null) {
    // Everything it has was shown; there was nothing to ask.
    const nothing = { agents: [], statistics: null, hasMore: position.kind === 'at', nextCursor: null }
    const empty = { ...nothing, droppedRecords: 0, fetchedAt: now }
    return [{ kind: 'answered', peerId: peer.id, answer: answer ?? empty, cache: 'hit', durationMs: 0 }]
  }
  if (answer === null) return [outcome]
  switch (outcome.kind) {
    case 'answered':
    case 'stale':
      return [{ ...outcome, answer }]
    case 'failed':
    case 'skipped':
      return [partly(peer, answer, outcome)]
    default:
      return assertNever(outcome)
  }
}

/** Pages at hand are shown although the next could not be had: less than all, which is no success. */
function partly(
  { id: peerId }: Peer,
  answer: PeerAnswer,
  outcome: Extract<PeerOutcome, { kind: 'failed' | 'skipped' }>,
): PeerOutcome {
  if (outcome.kind === 'failed') return { ...outcome, kind: 'stale', answer, retryAt: null }
  const { reason, retryAt } = outcome
  const error = 'It could not be asked for more just now.'
  if (reason === 'not-selected') throw new Error('a peer that was not selected has pages')
  return { kind: 'stale', peerId, answer, reason, error, durationMs: 0, retryAt }
}

function joinPages(pages: Source['pages']): PeerAnswer {
  const last = pages.at(-1)
  if (last === undefined) throw new Error('no page has no answer')
  if (pages.length === 1) return last.answer
  return {
    ...last.answer,
    agents: recordsOf({ pages }),
    droppedRecords: pages.reduce((sum, { answer }) => sum + answer.droppedRecords, 0),
    fetchedAt: Math.min(...pages.map(({ answer }) => answer.fetchedAt)),
  }
}

/** From the first page on that holds something not shown. */
export function positionAfter(source: Source, isShown: (candidate: Candidate) => boolean): WalkPosition {
  const { peer, pages, position } = source
  if (pages.length === 0) return position
  const first = pages.findIndex(({ answer }) =>
    answer.agents.some((agent) => !isShown({ agent, peer, score: null })),
  )
  const page = pages[first]
  if (page !== undefined) return { kind: 'at', cursor: page.cursor, pages: pages.length - first }
  const last = pages.at(-1)
  const cursor = last?.answer.nextCursor ?? null
  if (cursor !== null) return { kind: 'at', cursor, pages: 1 }
  // A copy shown in place of an answer is no end: its registry is asked again, and told of as long as it fails.
  return last !== undefined && hasFailed(source)
    ? { kind: 'at', cursor: last.cursor, pages: 1 }
    : { kind: 'end' }
}
