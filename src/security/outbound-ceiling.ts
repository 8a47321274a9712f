import { PassingMap } from '../domain/passing-map.ts'

/**
 * The longest that any request may take, whatever its caller allows: one timer for all requests under way, since they
 * all have the same time and so end in the order in which they began.
 */
export interface Ceiling {
  readonly ms: number
  /** A request begins; it is told when its time is over. Must not throw. */
  begin(isOver: () => void): void
  /** It has ended, in time or not. */
  end(isOver: () => void): void
}

export function createCeiling(ms: number): Ceiling {
  /** Who is under way, the first to begin first, and when their time is over, in ms of the clock that never jumps. */
  const underWay = new PassingMap<() => void, number>()
  let timer: NodeJS.Timeout | null = null

  const look = (): void => {
    timer = null
    const now = performance.now()
    for (const [isOver, end] of underWay) {
      if (end > now) {
        timer = setTimeout(look, end - now)
        return
      }
      underWay.delete(isOver)
      isOver()
    }
  }

  return {
    ms,
    begin(isOver) {
      underWay.set(isOver, performance.now() + ms)
      timer ??= setTimeout(look, ms)
    },
    end(isOver) {
      underWay.delete(isOver)
      if (underWay.size > 0 || timer === null) return
      // A process that has nothing left to do need not wait for it.
      clearTimeout(timer)
      timer = null
    },
  }
}
