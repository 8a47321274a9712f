/** API keys for tests. */
import type { RunningRegistry } from './registry.ts'

/** A key of a role. */
export async function makeKey(registry: RunningRegistry, role: string): Promise<string> {
  const { key } = await registry.succeed<{ key: string }>('POST', '/keys', {
    body: { name: `${role} key`, role },
  })
  return key
}
