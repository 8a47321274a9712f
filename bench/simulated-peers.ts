/**
 * The peers of a simulation, drawn from one seed: how long each takes, and which never answer.
 *
 * Medians are lognormal around 60 ms, with σ .5; the answers of one peer are lognormal around its median, with σ .5;
 * of all requests 2 % take ten times as long. One peer in a hundred is hung and one is twenty times as slow. These two
 * are dealt, not drawn: among all the peers of a kind of fleet there are exactly so many, and chance says where. What
 * a request takes follows from who is asked what for the how many-th time, so that two ways of searching that ask the
 * same meet the same times.
 */

import { createRandom } from '../test/support/random.ts'
import { drawLognormal, seedOf } from '../test/world/draws.ts'

const MEDIAN_MS = 60
const SIGMA = 0.5
const SPECIAL_SHARE = 0.01 // of the peers, of each kind
const SLOW_FACTOR = 20
const STRAGGLER_SHARE = 0.02 // of the requests
const STRAGGLER_FACTOR = 10

export type SimulatedPeer = {
  readonly kind: 'usual' | 'slow' | 'hung'
  /** How long its answer takes, for ever for one that hangs. @param attempt 0 for the first request of this search. */
  latencyMs(search: number, attempt: number): number
}

/** So many fleets of one size. */
export function drawFleets(
  seed: number,
  { fleets, peers }: { readonly fleets: number; readonly peers: number },
): readonly (readonly SimulatedPeer[])[] {
  const kinds = dealKinds(seed, fleets * peers)
  return Array.from({ length: fleets }, (_, fleet) =>
    kinds
      .slice(fleet * peers, (fleet + 1) * peers)
      .map((kind, place) => drawPeer(kind, seedOf(seed, 1, fleet, place))),
  )
}

function dealKinds(seed: number, count: number): readonly SimulatedPeer['kind'][] {
  const random = createRandom(seedOf(seed, 0))
  const special = Math.round(SPECIAL_SHARE * count)
  const places = Array.from({ length: count }, (_, place) => ({ place, rank: random.next() }))
  const kinds = Array.from({ length: count }, (): SimulatedPeer['kind'] => 'usual')
  for (const [turn, { place }] of places.toSorted((a, b) => a.rank - b.rank).entries()) {
    if (turn < special) kinds[place] = 'hung'
    else if (turn < 2 * special) kinds[place] = 'slow'
    else break
  }
  return kinds
}

function drawPeer(kind: SimulatedPeer['kind'], seed: number): SimulatedPeer {
  if (kind === 'hung') return { kind, latencyMs: () => Number.POSITIVE_INFINITY }
  const usualMs = drawLognormal(createRandom(seed), MEDIAN_MS, SIGMA)
  const medianMs = kind === 'slow' ? SLOW_FACTOR * usualMs : usualMs
  return {
    kind,
    latencyMs(search, attempt) {
      const random = createRandom(seedOf(seed, search, attempt))
      const ms = drawLognormal(random, medianMs, SIGMA)
      return random.chance(STRAGGLER_SHARE) ? STRAGGLER_FACTOR * ms : ms
    },
  }
}
