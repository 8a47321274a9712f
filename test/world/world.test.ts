/**
 * Some worlds of each size; `test/heavy/world.heavy.ts` runs many. `WORLD=seed,peers,searches` runs one alone, as a
 * failed one says.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runWorld, type WorldOptions } from './world.ts'

function chooseWorlds(): readonly WorldOptions[] {
  const [seed, peers = 3, searches = 100] = process.env.WORLD?.split(',').map(Number) ?? []
  if (seed !== undefined) return [{ seed, peers, searches }]
  const sizes = [
    { peers: 1, searches: 150 },
    { peers: 2, searches: 150 },
    { peers: 3, searches: 150 },
    { peers: 20, searches: 50 },
    { peers: 80, searches: 15 },
  ]
  const some = sizes.flatMap((size, place) =>
    [1, 2, 3, 4].map((seed) => ({ ...size, seed: 10 * place + seed })),
  )
  return [...some, { peers: 1_000, searches: 4, seed: 1 }]
}

test('whatever peers do: figures add up, time is kept, nothing is shown as newer than it is, nobody is asked in vain', async (t) => {
  let [searches, requests] = [0, 0]
  for (const world of chooseWorlds()) {
    const tally = await runWorld(world)
    assert.equal(tally.searches, world.searches)
    searches += tally.searches
    requests += tally.requests
  }
  t.diagnostic(`${searches} searches, ${requests} requests`)
})
