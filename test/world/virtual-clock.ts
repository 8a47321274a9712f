/**
 * Time for simulated worlds: it passes from one event to the next, as fast as the machine works them off. All that
 * follows from an event is done before the next one comes, as if computing took no time.
 */
import type { Clock } from '../../src/domain/ports.ts'

export type VirtualClock = Clock & {
  sleep(ms: number): Promise<void>
  /**
   * Lets time pass until the work is done. For one caller at a time.
   * @throws Error when nothing is left to happen and the work is not done: somebody waits for ever.
   */
  run<T>(work: Promise<T>): Promise<T>
  /** How many calls back are due and not called off. */
  readonly pending: number
}

type Event = { readonly at: number; readonly order: number; callBack: (() => void) | null }

/** @param startsAt Unix ms. */
export function createVirtualClock(startsAt: number): VirtualClock {
  const events = createHeap()
  let elapsed = 0
  let order = 0
  let pending = 0

  const after = (delayMs: number, callBack: () => void): (() => void) => {
    const event: Event = { at: elapsed + Math.max(0, delayMs), order, callBack }
    order += 1
    pending += 1
    events.push(event)
    return () => {
      if (event.callBack === null) return
      event.callBack = null
      pending -= 1
    }
  }

  const next = (): boolean => {
    for (;;) {
      const event = events.pop()
      if (event === undefined) return false
      const { callBack } = event
      if (callBack === null) continue
      event.callBack = null
      pending -= 1
      elapsed = event.at
      callBack()
      return true
    }
  }

  return {
    now: () => Math.floor(startsAt + elapsed), // whole, as the clocks of machines are
    monotonic: () => elapsed,
    after,
    soon: (callBack) => void after(0, callBack),
    get pending() {
      return pending
    },
    sleep: (ms) => new Promise((resolve) => after(ms, resolve)),
    async run(work) {
      let isDone = false
      const end = (): void => {
        isDone = true
      }
      work.then(end, end)
      for (;;) {
        await new Promise(setImmediate) // all that follows from the last event
        if (isDone) return work
        if (!next()) throw new Error('Nothing is left to happen, and somebody still waits.')
      }
    },
  }
}

/** Events, the soonest first, and of those at one time the one that was set first. */
function createHeap(): { push(event: Event): void; pop(): Event | undefined } {
  const heap: Event[] = []
  const isBefore = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)
  const swap = (a: number, b: number): void => {
    const [first, second] = [heap[a], heap[b]]
    if (first === undefined || second === undefined) return
    heap[a] = second
    heap[b] = first
  }
  const isOutOfOrder = (above: number, below: number): boolean => {
    const [first, second] = [heap[above], heap[below]]
    return first !== undefined && second !== undefined && isBefore(second, first)
  }
  return {
    push(event) {
      let place = heap.push(event) - 1
      for (let above = (place - 1) >> 1; place > 0 && isOutOfOrder(above, place); above = (place - 1) >> 1) {
        swap(above, place)
        place = above
      }
    },
    pop() {
      swap(0, heap.length - 1)
      const soonest = heap.pop()
      let place = 0
      for (;;) {
        const left = 2 * place + 1
        const sooner = isOutOfOrder(left, left + 1) ? left + 1 : left
        if (!isOutOfOrder(place, sooner)) return soonest
        swap(place, sooner)
        place = sooner
      }
    },
  }
}
