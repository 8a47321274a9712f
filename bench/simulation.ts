/**
 * How long searches take and how much they find among peers as networks have them, in virtual time: the engine as it
 * is, over latencies drawn from one seed (`simulated-peers.ts` says which). 10,000 searches at 3 peers, 10,000 at 50
 * and 1,000 at 1,000, none of them made before, so that no cache helps.
 *
 * One peer in a hundred hangs and one is slow, also where a registry has three: therefore a hundred registries are
 * run with three peers each, of which by the deal three have a peer that hangs and three a slow one; twenty with
 * fifty; one with a thousand. Each begins with knowing nothing of its peers, and what it learns belongs to the
 * figures. Searches come at random times (Poisson), one a second on average: what one registry with many users
 * sees, and a fifth of what each peer may be asked.
 *
 * Beside it the design document's way over the same times: all peers at once, each for up to 5 s, an answer when the
 * last is done. `BENCH_SEED` draws other peers.
 */
import { seedOf } from '../test/world/draws.ts'
import { percentile, report, sortNumbers } from './figures.ts'
import { type FleetResult, runFleet } from './simulated-fleet.ts'
import { drawFleets, type SimulatedPeer } from './simulated-peers.ts'

const SEED = Number(process.env.BENCH_SEED ?? 1)
const PAUSE_MS = 1_000
const SEED_WAY_TIMEOUT_MS = 5_000
const LEARNING_SEARCHES = 25 // by then most peers have answered the 20 times after which their own times count
const MOST_EXTRA_PERCENT = 5

type Size = {
  readonly peers: number
  readonly fleets: number
  /** Of each fleet. */
  readonly searches: number
  readonly p99Ms: number
  readonly answeredPercent: number
}

const SIZES: readonly Size[] = [
  { peers: 3, fleets: 100, searches: 100, p99Ms: 500, answeredPercent: 97 },
  { peers: 50, fleets: 20, searches: 500, p99Ms: 1_000, answeredPercent: 95 },
  { peers: 1_000, fleets: 1, searches: 1_000, p99Ms: 500, answeredPercent: 95 },
]

type Simulated = FleetResult & { readonly peers: readonly SimulatedPeer[] }
/** What a way of searching came to: how long each search took, and the share of the live peers that answered. */
type Way = { readonly times: readonly number[]; readonly shares: readonly number[] }

console.log(`  seed ${SEED}`)
for (const [turn, size] of SIZES.entries()) {
  const seed = seedOf(SEED, turn)
  const started = performance.now()
  const fleets: Simulated[] = []
  for (const [fleet, peers] of drawFleets(seed, size).entries()) {
    const run = { seed: seedOf(seed, 2, fleet), peers, searches: size.searches, pauseMs: PAUSE_MS }
    fleets.push({ ...(await runFleet(run)), peers })
  }
  const seconds = ((performance.now() - started) / 1_000).toFixed(0)
  console.log(
    `  ${size.fleets} x ${size.searches} searches at ${size.peers} peers took ${seconds} s to simulate`,
  )
  tell(size, fleets)
}

function tell(size: Size, fleets: readonly Simulated[]): void {
  const at = `${size.peers.toLocaleString('en')} peers`
  const engine = engineWay(fleets)
  const seedWay = designDocumentWay(fleets)
  report({
    what: `cold search at ${at}, p99`,
    measured: percentile(sortNumbers(engine.times), 0.99),
    unit: 'ms',
    reference: { what: "the design document's way", measured: percentile(sortNumbers(seedWay.times), 0.99) },
    promise: { atMost: size.p99Ms },
  })
  report({
    what: `live peers answered at ${at}, mean`,
    measured: 100 * mean(engine.shares),
    unit: '%',
    reference: { what: "the design document's way", measured: 100 * mean(seedWay.shares) },
    promise: { atLeast: size.answeredPercent },
  })
  const first = sum(fleets, ({ requests, repeated }) => requests - repeated)
  report({
    what: `requests beyond one for a peer and search at ${at}`,
    measured: (100 * sum(fleets, ({ repeated }) => repeated)) / first,
    unit: '%',
    promise: { atMost: MOST_EXTRA_PERCENT },
  })
  tellParts(fleets)
}

/** Where the time goes, without a promise. */
function tellParts(fleets: readonly Simulated[]): void {
  const isWith = (kind: SimulatedPeer['kind']) => (fleet: Simulated) =>
    fleet.peers.some((peer) => peer.kind === kind)
  const parts: readonly (readonly [string, readonly Simulated[]])[] = [
    ['all', fleets],
    ['with a slow peer', fleets.filter(isWith('slow'))],
    ['with a hung peer', fleets.filter(isWith('hung'))],
    ['with neither', fleets.filter((fleet) => !isWith('slow')(fleet) && !isWith('hung')(fleet))],
  ]
  for (const [what, chosen] of parts) {
    if (chosen.length === 0 || (chosen !== fleets && chosen.length === fleets.length)) continue
    const early = describeTimes(chosen.flatMap(({ searches }) => searches.slice(0, LEARNING_SEARCHES)))
    const later = describeTimes(chosen.flatMap(({ searches }) => searches.slice(LEARNING_SEARCHES)))
    console.log(
      `    ${what}, ${chosen.length} of ${fleets.length}: first ${LEARNING_SEARCHES} ${early}; later ${later}`,
    )
  }
}

function describeTimes(searches: readonly { readonly elapsedMs: number }[]): string {
  const sorted = sortNumbers(searches.map(({ elapsedMs }) => elapsedMs))
  return `p50 ${percentile(sorted, 0.5).toFixed(0)}, p99 ${percentile(sorted, 0.99).toFixed(0)} ms`
}

function engineWay(fleets: readonly Simulated[]): Way {
  const all = fleets.flatMap(({ searches, live }) =>
    searches.map(({ elapsedMs, answeredLive }) => ({ elapsedMs, share: answeredLive / live })),
  )
  return { times: all.map(({ elapsedMs }) => elapsedMs), shares: all.map(({ share }) => share) }
}

/** Wait for all, 5 s each, learn nothing. */
function designDocumentWay(fleets: readonly Simulated[]): Way {
  const all = fleets.flatMap(({ peers, searches, live }) =>
    searches.map((_, search) => {
      const latencies = peers.map((peer) => peer.latencyMs(search, 0))
      const answered = latencies.filter((ms) => ms <= SEED_WAY_TIMEOUT_MS).length
      return { elapsedMs: Math.min(SEED_WAY_TIMEOUT_MS, Math.max(...latencies)), share: answered / live }
    }),
  )
  return { times: all.map(({ elapsedMs }) => elapsedMs), shares: all.map(({ share }) => share) }
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length
}

function sum<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((total, one) => total + of(one), 0)
}
