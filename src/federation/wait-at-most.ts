/** What a wait gives that ended before the work did. */
export const LATE: unique symbol = Symbol('late')

/**
 * Waits for work no longer than a time, or until a signal fires; the work itself goes on.
 *
 * @throws what the work throws, unless the wait ended first.
 */
export async function waitAtMost<T>(
  work: Promise<T>,
  timeoutMs: number,
  signal: AbortSignal | null,
): Promise<T | typeof LATE> {
  const { promise: given, resolve } = Promise.withResolvers<typeof LATE>()
  const giveUp = (): void => resolve(LATE)
  const timer = setTimeout(giveUp, timeoutMs)
  signal?.addEventListener('abort', giveUp, { once: true })
  if (signal?.aborted) giveUp()
  try {
    return await Promise.race([work, given])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
  }
}
