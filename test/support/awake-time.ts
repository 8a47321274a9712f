/** How long waits take, on a machine that may not let this process run for half a second. */

const TICK_MS = 5
/** Timers are a few milliseconds late on any machine; what is later is no fault of theirs. */
const PAUSE_MS = 20

/**
 * Does the work and tells how long it took, without the pauses of this process while it was under way: no limit can be
 * kept by who may not run. A pause is time that passes and in which neither a timer that is due fires nor this thread
 * computes anything: work that keeps the event loop busy is not taken for one.
 */
export async function timeAwake<T>(
  work: () => T | PromiseLike<T>,
): Promise<{ readonly value: T; readonly ms: number }> {
  const startedAt = performance.now()
  let pausedMs = 0
  let [seenAt, computedMs] = [startedAt, readComputedMs()]
  const look = (): void => {
    const [now, computed] = [performance.now(), readComputedMs()]
    const unusedMs = now - seenAt - (computed - computedMs)
    if (unusedMs > PAUSE_MS) pausedMs += unusedMs - TICK_MS
    seenAt = now
    computedMs = computed
  }
  const ticker = setInterval(look, TICK_MS)
  try {
    const value = await work()
    look() // what comes after a pause may be served before the ticker
    return { value, ms: seenAt - startedAt - pausedMs }
  } finally {
    clearInterval(ticker)
  }
}

/** What this thread has computed in its life. */
function readComputedMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
