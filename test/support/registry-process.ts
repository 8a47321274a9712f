/** Whole registries, each a process of its own, for tests that look at them from outside alone. */
import type { TestContext } from 'node:test'
import { describeRunning, findFreePort, type RunningRegistry, type Settings } from './registry.ts'
import { startServe, stopServe } from './serve-process.ts'

/**
 * Starts one with these settings, on a free port unless they name one; it ends with the test.
 * @param env as of `settingsFor`, whose name and key are those of the registry.
 */
export async function startRegistryProcess(t: TestContext, env: Settings): Promise<RunningRegistry> {
  const port = env.REGISTRY_PORT === '0' ? String(await findFreePort()) : env.REGISTRY_PORT
  const serving = startServe(t, { ...env, ...(port !== undefined && { REGISTRY_PORT: port }) })
  await serving.listening
  const at = `http://localhost:${port}`
  const stop = async (): Promise<void> => void (await stopServe(serving))
  return describeRunning(
    { notices: [], publicUrl: env.REGISTRY_PUBLIC_URL ?? at, [Symbol.asyncDispose]: stop },
    { name: env.REGISTRY_NAME ?? '', adminKey: env.REGISTRY_ADMIN_KEY ?? '', at },
  )
}
