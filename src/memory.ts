/**
 * Gives memory back after heavy work, and in quiet times. V8 keeps what an import made it take, hundreds of megabytes for
 * a live set of thirty, until pressure it never sees in a process with gigabytes to spare; operators see a registry that
 * grows. While searches come, it is let to grow: to collect then is felt by all who ask.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Long enough for a client's next request of a series to begin, and for the answer to be on its way. */
const QUIET_MS = 500

const LOOK_EVERY_MS = 10_000
/** Share of the time between two looks in which a process that hardly anybody asks anything does something. */
const QUIET_UTILIZATION = 0.005
/** Grown by less, it is not worth the pause. */
const WORTH_BYTES = 32 * 1024 * 1024

export interface MemoryKeeper extends Disposable {
  /** Collects everything once no more heavy work has ended for half a second. The pause is some 50 ms. */
  heavyWorkEnded(): void
}

/** @param lookEveryMs how often it looks whether the time is quiet. */
export function createMemoryKeeper(lookEveryMs: number = LOOK_EVERY_MS): MemoryKeeper {
  let timer: NodeJS.Timeout | undefined
  let collect: CollectGarbage | undefined
  let bytesAtRest = usedBytes()
  let lastLook = performance.eventLoopUtilization()

  const collectAll = (): void => {
    collect ??= exposeCollector()
    // The flavour that also hands empty pages back to the system.
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    bytesAtRest = usedBytes()
  }
  const look = (): void => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, lastLook)
    lastLook = now
    if (utilization < QUIET_UTILIZATION && usedBytes() - bytesAtRest > WORTH_BYTES) collectAll()
  }
  const looking = setInterval(look, lookEveryMs)
  looking.unref()
  return {
    heavyWorkEnded() {
      clearTimeout(timer)
      timer = setTimeout(collectAll, QUIET_MS)
      timer.unref()
    },
    [Symbol.dispose]() {
      clearTimeout(timer)
      clearInterval(looking)
    },
  }
}

function usedBytes(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

type CollectGarbage = (options: {
  readonly type: 'major'
  readonly execution: 'sync'
  readonly flavor: 'last-resort'
}) => void

/** V8 hands its collector to contexts made while the flag is set, so to this one alone. */
function exposeCollector(): CollectGarbage {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  if (typeof collect !== 'function') return () => {}
  return (options) => void Reflect.apply(collect, undefined, [options])
}
