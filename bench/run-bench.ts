/** Runs a bench so that nothing it started or made outlives it, however it ends. */

/**
 * Runs `body`, then disposes of all that it put on the stack, newest first; a signal or a fault does so, too.
 */
export async function runBench(body: (stack: AsyncDisposableStack) => Promise<void>): Promise<void> {
  const stack = new AsyncDisposableStack()
  const stop = (signal: NodeJS.Signals): void => {
    void stack.disposeAsync().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143))
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    await body(stack)
  } finally {
    await stack.disposeAsync()
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}
