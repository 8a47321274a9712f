/**
 * What V8's collector is told of a registry's work.
 *
 * It is made to give memory back after heavy work. V8 keeps what an import made it take, hundreds of megabytes for a live
 * set of thirty, until pressure it never sees in a process with gigabytes to spare; operators see a registry that grows.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Long enough for a client's next request of a series to begin, and for the answer to be on its way. */
const QUIET_MS = 500

export interface MemoryKeeper extends Disposable {
  /** Collects everything once no more heavy work has ended for half a second. The pause is some 50 ms. */
  heavyWorkEnded(): void
}

export function createMemoryKeeper(): MemoryKeeper {
  let timer: NodeJS.Timeout | undefined
  let collect: CollectGarbage | undefined
  return {
    heavyWorkEnded() {
      clearTimeout(timer)
      timer = setTimeout(() => {
        collect ??= exposeCollector()
        // The flavour that also hands empty pages back to the system.
        collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
      }, QUIET_MS)
      timer.unref()
    },
    [Symbol.dispose]() {
      clearTimeout(timer)
    },
  }
}

/**
 * Tells V8's collector what a registry's work is like, in all of this process; to be called before it begins. See
 * docs/adr/0023.
 *
 * Every new object begins its life in the young generation. Where most of what one place of a program makes has once
 * stayed, V8 makes all that comes from there in old memory from then on. Searches stay while they wait for slow peers.
 * Answered from memory later, they are over in a millisecond, but each still left its plan and its account there.
 *
 * And old memory may grow by three tenths before all of it is looked through, which holds up everybody; V8's own choice
 * is a tenth where little is new.
 */
export function tuneCollector(): void {
  // A V8 that does not know one of them any more says so in a line and goes on.
  setFlagsFromString('--no-allocation-site-pretenuring')
  setFlagsFromString('--heap-growing-percent=30')
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
