/**
 * Federated searches work one after another, each in a turn of the event loop of its own. Putting what fifty peers
 * answered in order takes some milliseconds; twenty searches that did it at one go would hold up whoever asks for our own
 * records alone, by as much as all of them take. With turns such a search waits for one of them, however many there are.
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

const NOW = Promise.resolve()

export function createTurns(clock: Pick<Clock, 'soon'>): Turns {
  const goingOn: (() => void)[] = []
  const beginning: (() => void)[] = []
  let isTaken = false

  const giveNext = (): void => {
    const next = goingOn.shift() ?? beginning.shift()
    if (next === undefined) {
      isTaken = false
      return
    }
    next()
    clock.soon(giveNext)
  }

  /** Nobody waits where nobody has worked in this turn of the loop. */
  const take = (line: (() => void)[]): Promise<void> => {
    if (isTaken) return new Promise((resolve) => line.push(resolve))
    isTaken = true
    clock.soon(giveNext)
    return NOW
  }

  return { begin: () => take(beginning), goOn: () => take(goingOn) }
}
