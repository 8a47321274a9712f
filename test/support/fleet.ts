/** A registry and four peers of it, with records of one subject in uneven numbers. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createRandom } from './random.ts'
import { enrol, type RunningRegistry, type StartOptions, startRegistry } from './registry.ts'

const WORDS = ['ferry', 'harbour', 'tide', 'bridge', 'cargo', 'crew', 'route', 'berth', 'pilot', 'lock']

/** What finds all of them; its words are common in some registries and rare in others. */
export const FERRIES = 'search=ferry+tide+cargo'

/**
 * Publishes so many records that `FERRIES` finds, each told in words of its own; of one seed, the same. The first of
 * each registry is one and the same agent.
 */
export async function publishFerries(registry: RunningRegistry, count: number, seed: number): Promise<void> {
  const random = createRandom(seed)
  const topic = random.pick(WORDS)
  const lines = Array.from({ length: count }, (_, place) => {
    const words = Array.from({ length: random.between(3, 25) }, () =>
      random.chance(0.3) ? topic : random.pick(WORDS),
    )
    const url = `https://ferries.example/${place === 0 ? 'common' : `${seed}/${place}`}`
    return {
      name: `Ferry ${registry.name} ${place}`,
      description: words.join(' '),
      agent_type: 'a2a',
      visibility: 'public',
      endpoints: [{ url, protocol: 'a2a' }],
    }
  })
  const imported = await registry.succeed<{ created: number }>('POST', '/agents/import', {
    body: lines.map((line) => JSON.stringify(line)).join('\n'),
    headers: { 'content-type': 'application/x-ndjson' },
  })
  assert.equal(imported.created, count)
}

export type FleetOptions = {
  /** How many records each peer has. */
  readonly sizes: readonly number[]
  readonly peers?: readonly StartOptions[]
}

/** Peers named Peer 0, Peer 1 …, started and filled; `asker` may ask them all. */
export async function startPeers(
  t: TestContext,
  asker: RunningRegistry,
  { sizes, peers = [] }: FleetOptions,
): Promise<RunningRegistry[]> {
  const started = await Promise.all(
    sizes.map((_, place) => startRegistry(t, { name: `Peer ${place}`, ...peers[place] })),
  )
  for (const [place, peer] of started.entries()) {
    await publishFerries(peer, sizes[place] ?? 0, place + 1)
    await enrol(asker, peer)
  }
  return started
}
