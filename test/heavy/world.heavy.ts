/**
 * Worlds from as many seeds as there is time for: `WORLDS` of them (200), from the seed `WORLD_FROM` on, by default
 * other ones each time. One that fails says how to run it alone.
 */
import { test } from 'node:test'
import { runWorld } from '../world/world.ts'

const WORLDS = Number(process.env.WORLDS ?? 200)
const FROM = Number(process.env.WORLD_FROM ?? Math.floor(Date.now() / 1_000) % 1_000_000)
const SIZES = [1, 2, 3, 5, 10, 20, 20, 50, 200, 1_000]

test(`${WORLDS} worlds of up to a thousand peers, from seed ${FROM} on`, async (t) => {
  let [searches, requests] = [0, 0]
  for (let seed = FROM; seed < FROM + WORLDS; seed += 1) {
    const peers = SIZES[seed % SIZES.length] ?? 3
    const tally = await runWorld({ seed, peers, searches: Math.ceil(5_000 / (peers + 10)) })
    searches += tally.searches
    requests += tally.requests
  }
  t.diagnostic(`${searches} searches, ${requests} requests`)
})
