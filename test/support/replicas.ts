/** One registry as several processes of an operator would run it: one database, one key ring, one public address. */
import type { TestContext } from 'node:test'
import { createKeyRing, formatKeyRing } from '../../src/security/key-ring.ts'
import { mintToken } from '../../src/security/tokens.ts'
import { createPostgresDatabase, type EngineUnderTest } from '../conformance/engines.ts'
import {
  describeRunning,
  findFreePort,
  openRegistry,
  type RunningRegistry,
  type StartOptions,
  settingsFor,
} from './registry.ts'

export { hasPostgres } from '../conformance/engines.ts'

export type Replicas = {
  /** Peers reach the first. */
  readonly all: readonly RunningRegistry[]
  readonly database: EngineUnderTest
}

/** Starts as many replicas as there are options, each asked at its own port; they end, and the database goes, with the test. */
export async function startReplicas(
  t: TestContext,
  each: readonly Pick<StartOptions, 'env' | 'overrides'>[],
  name = 'Harbor',
): Promise<Replicas> {
  const database = await createPostgresDatabase()
  const running: RunningRegistry[] = []
  t.after(async () => {
    for (const replica of running) await replica.stop()
    await database.dispose()
  })
  const adminKey = mintToken('ava')
  const ports = await Promise.all(each.map(findFreePort))
  const shared = {
    ...settingsFor({ name, adminKey, database }),
    REGISTRY_KEYS: formatKeyRing(createKeyRing()),
    REGISTRY_PUBLIC_URL: `http://localhost:${ports[0]}`,
  }
  for (const [place, { env, overrides }] of each.entries()) {
    const port = String(ports[place])
    const registry = await openRegistry({ ...shared, REGISTRY_PORT: port, ...env }, overrides)
    running.push(describeRunning(registry, { name, adminKey, at: `http://localhost:${port}` }))
    await registry.listen()
  }
  return { all: running, database }
}
