/** Time without what this process is not let run for: on a busy machine that may be half a second. */

const TICK_MS = 5
/** Timers are a few milliseconds late on any machine; what is later is no fault of theirs. */
const PAUSE_MS = 20

let pausedMs = 0
let [seenAt, computedMs] = [performance.now(), readComputedMs()]
setInterval(look, TICK_MS).unref()

/**
 * Milliseconds of a clock that stands still while this process does. A pause is time that passes and in which neither a
 * timer that is due fires nor this thread computes anything: work that keeps the event loop busy is not taken for one.
 */
export function awakeNow(): number {
  look() // what comes after a pause may be served before the ticker
  return seenAt - pausedMs
}

/** Does the work and tells how long it took, without the pauses: no limit can be kept by who may not run. */
export async function timeAwake<T>(
  work: () => T | PromiseLike<T>,
): Promise<{ readonly value: T; readonly ms: number }> {
  const startedAt = awakeNow()
  const value = await work()
  return { value, ms: awakeNow() - startedAt }
}

function look(): void {
  const [now, computed] = [performance.now(), readComputedMs()]
  const unusedMs = now - seenAt - (computed - computedMs)
  if (unusedMs > PAUSE_MS) pausedMs += unusedMs - TICK_MS
  seenAt = now
  computedMs = computed
}

/** What this thread has computed in its life. */
function readComputedMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
