/**
 * How often answers were given that were made for somebody else. What came of their peers counts for every search that
 * shows it; counting it peer by peer each time would cost a ready answer more than sending it.
 */
import type { FederationStats } from '../domain/discovery.ts'
import type { HttpEvents } from './http-events.ts'

export interface AnswerUses {
  /** Notes one use of an answer with this account. */
  note(stats: FederationStats | null): void
  /** Tells what was noted; to be called before figures are read. */
  tell(): void
}

const MOST_NOTED = 256

export function createAnswerUses(events: Pick<HttpEvents, 'peersShownAgain'>): AnswerUses {
  const uses = new Map<FederationStats, number>()
  const tell = (): void => {
    for (const [{ peers }, times] of uses) events.peersShownAgain(peers, times)
    uses.clear()
  }
  return {
    note(stats) {
      if (stats === null) return
      uses.set(stats, (uses.get(stats) ?? 0) + 1)
      if (uses.size >= MOST_NOTED) tell()
    },
    tell,
  }
}
