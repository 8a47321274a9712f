/**
 * Federated searches work a few at a time. Putting what fifty peers answered in order takes some milliseconds; twenty
 * searches that did it at one go would hold up whoever asks for our own records alone, by as much as all of them take. So
 * in each turn of the event loop they work for a few milliseconds, and whatever else waits has its turn between.
 *
 * Whoever has begun goes before those who begin: where there is more work than time, some answers are late, not all.
 */
import type { Clock } from '../domain/ports.ts'

export interface Turns {
  /** Resolves when a search may begin. */
  begin(): Promise<void>
  /** Resolves when one that has begun may go on with its next piece of work. */
  goOn(): Promise<void>
}

/** In one turn of the loop; a piece of work that has begun is ended. */
const LONGEST_MS = 8
const MOST_PIECES = 8
const NOW = Promise.resolve()

export function createTurns(clock: Pick<Clock, 'monotonic' | 'soon'>): Turns {
  const goingOn: (() => void)[] = []
  const beginning: (() => void)[] = []
  let isTurn = false
  let endsAt = 0

  const giveNext = (): boolean => {
    const next = goingOn.shift() ?? beginning.shift()
    next?.()
    return next !== undefined
  }

  /** All of one turn are asked for at once: what is asked for in a turn of the loop comes in the next. */
  const planTurn = (): void => {
    let hasGiven = false
    clock.soon(() => {
      endsAt = clock.monotonic() + LONGEST_MS
      hasGiven = giveNext()
    })
    for (let piece = 1; piece < MOST_PIECES; piece += 1) {
      clock.soon(() => {
        if (clock.monotonic() < endsAt) giveNext()
      })
    }
    clock.soon(() => {
      isTurn = hasGiven
      if (isTurn) planTurn()
    })
  }

  /** Nobody waits where nobody has worked in this turn of the loop. */
  const take = (line: (() => void)[]): Promise<void> => {
    if (isTurn) return new Promise((resolve) => line.push(resolve))
    isTurn = true
    planTurn()
    return NOW
  }

  return { begin: () => take(beginning), goOn: () => take(goingOn) }
}
