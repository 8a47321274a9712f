/**
 * What fifty peers of every temper do to a registry's users: 35 answer after 5 to 60 ms, 5 hang, 5 answer 500 and 5
 * take 2 s. All sockets are real: the registry with the real records is one process, the peers another, and this one
 * asks.
 *
 * First 200 queries that nobody asked before, five a second; then the same ones at random, 100 a second for a minute,
 * in slices between which only local searches run, so that those can be compared with and without. Beside it the
 * design document's way: all peers at once, each for up to 5 s, an answer when the last is done.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import type { Temper } from './fault-peers.ts'
import { percentile, report, sortNumbers } from './figures.ts'
import { pace } from './pace.ts'
import { makeFolder } from './places.ts'
import { createRandom, loadRecords, makeQueries, toImportLine } from './records.ts'
import { type BenchRegistry, RAISED_LIMITS_NOTE, startRegistry, writeImportFile } from './registry.ts'
import { runBench } from './run-bench.ts'
import { type Peers, startPeers } from './start-peers.ts'

const TEMPERS = { good: 35, hung: 5, broken: 5, slow: 5 }
const QUERIES = 200
const COLD_PER_SECOND = 5
const WARM_PER_SECOND = 100
const LOCAL_PER_SECOND = 40
const SLICES = 5
const SLICE_MS = 12_000
const SEED_WAY_SEARCHES = 10
const DEADLINE_MS = 1_500 // the longest that a search takes because of a peer

type Stats = {
  readonly queried_registries: number
  readonly successful_queries: number
  readonly failed_queries: number
  readonly skipped_registries: number
  readonly total_federated_results: number
  readonly peers: readonly { readonly name: string; readonly results?: number }[]
}

await runBench(async (stack) => {
  const folder = await makeFolder(stack)
  const records = loadRecords()
  const peers = await startPeers(stack, TEMPERS)
  const registry = await startRegistry(stack, { folder, name: 'asker', run: 'package' })
  await registry.importFile(await writeImportFile(folder, 'all', records.map(toImportLine)))
  await Promise.all(
    peers.peers.map(({ temper, url }, place) =>
      registry.call('POST', '/federation/peers', { name: `${temper} ${place}`, registry_url: url }),
    ),
  )
  const queries = [...new Set(makeQueries(records, 3 * QUERIES, 33))].slice(0, QUERIES)
  const ask = createCaller(stack, registry, peers.peers.length)
  console.log(`  50 peers, ${queries.length} queries; ${RAISED_LIMITS_NOTE}`)

  const cold = await pace(queries.length, COLD_PER_SECOND, (turn) => ask.federated(queries[turn] ?? ''))
  ask.checkAccounts()
  await sleep(3_000) // late answers come in
  const seed = await designDocumentWay(stack, peers, queries)
  report({
    what: 'federated search nobody asked before, p99',
    measured: percentile(sortNumbers(cold), 0.99),
    unit: 'ms',
    reference: { what: "the design document's way", measured: percentile(sortNumbers(seed), 0.99) },
    promise: { atMost: DEADLINE_MS + 50 },
  })

  const random = createRandom(5)
  const warm: number[] = []
  const ratios: { readonly alone: number; readonly beside: number }[] = []
  const pick = (): string => queries[Math.floor(random() * queries.length)] ?? ''
  const local = (): Promise<number> => ask.local(pick())
  for (let slice = 0; slice < SLICES; slice += 1) {
    const localTurns = (SLICE_MS / 1000) * LOCAL_PER_SECOND
    const alone = await pace(localTurns, LOCAL_PER_SECOND, local)
    const [beside, federated] = await Promise.all([
      pace(localTurns, LOCAL_PER_SECOND, local),
      pace((SLICE_MS / 1000) * WARM_PER_SECOND, WARM_PER_SECOND, () => ask.federated(pick())),
    ])
    ask.checkAccounts()
    warm.push(...federated)
    ratios.push({
      alone: percentile(sortNumbers(alone), 0.99),
      beside: percentile(sortNumbers(beside), 0.99),
    })
  }
  report({
    what: `the same queries at ${WARM_PER_SECOND}/s for ${(SLICES * SLICE_MS) / 1000} s, p95`,
    measured: percentile(sortNumbers(warm), 0.95),
    unit: 'ms',
    promise: { atMost: 50 },
  })
  console.log(
    `  p50 ${percentile(sortNumbers(warm), 0.5).toFixed(1)} ms, p99 ${percentile(sortNumbers(warm), 0.99).toFixed(1)} ms`,
  )
  console.log(`  local p99 beside them (without), turn by turn: ${ratios.map(inWords).join(', ')} ms`)
  const median = ratios.toSorted((a, b) => a.beside - a.alone - (b.beside - b.alone))[Math.floor(SLICES / 2)]
  const { alone = 0, beside = 0 } = median ?? {}
  report({
    what: `local search beside them, p99, median of ${SLICES} turns`,
    measured: beside,
    unit: 'ms',
    reference: { what: 'without them', measured: alone },
    promise: { atMost: alone + Math.max(0.2 * alone, 5) },
  })
  await reportCalls(peers)
})

function inWords({ alone, beside }: { readonly alone: number; readonly beside: number }): string {
  return `${beside.toFixed(1)} (${alone.toFixed(1)})`
}

function createCaller(stack: AsyncDisposableStack, registry: BenchRegistry, peerCount: number) {
  const connect = (): Agent =>
    stack.adopt(new Agent({ connections: 64, pipelining: 1 }), (agent) => agent.destroy())
  // Who asks for our own records has connections of their own, and waits for nobody else's answer on them.
  const dispatchers = { federated: connect(), local: connect() }
  const headers = { authorization: `Bearer ${registry.adminKey}` }
  const get = async (
    query: URLSearchParams,
    dispatcher: Agent,
  ): Promise<{ readonly elapsedMs: number; readonly body: Uint8Array }> => {
    const started = performance.now()
    const response = await request(`${registry.url}/api/v1/discovery/agents?${query}`, {
      dispatcher,
      headers,
    })
    const body = await response.body.bytes()
    const elapsedMs = performance.now() - started
    if (response.statusCode !== 200) throw new Error(`the registry answered ${Buffer.from(body)}`)
    return { elapsedMs, body }
  }
  let unchecked: Uint8Array[] = []
  return {
    async federated(search: string): Promise<number> {
      const query = new URLSearchParams({ search, include_federated: 'true' })
      const { elapsedMs, body } = await get(query, dispatchers.federated)
      unchecked.push(body)
      return elapsedMs
    },
    /** Of all federated answers since the last time: reading them meanwhile would be timed with other searches. */
    checkAccounts(): void {
      for (const body of unchecked) {
        const { federation_stats } = JSON.parse(Buffer.from(body).toString()) as { federation_stats: Stats }
        checkAccount(federation_stats, peerCount)
      }
      unchecked = []
    },
    local: async (search: string): Promise<number> =>
      (await get(new URLSearchParams({ search }), dispatchers.local)).elapsedMs,
  }
}

function checkAccount(stats: Stats, peerCount: number): void {
  const names = new Set(stats.peers.map(({ name }) => name))
  const results = stats.peers.reduce((sum, row) => sum + (row.results ?? 0), 0)
  const isRight =
    names.size === peerCount &&
    stats.peers.length === stats.queried_registries + stats.skipped_registries &&
    stats.queried_registries === stats.successful_queries + stats.failed_queries &&
    results === stats.total_federated_results
  if (!isRight) throw new Error(`the account does not add up: ${JSON.stringify(stats)}`)
}

/** Wait for all, 5 s each, share nothing. */
async function designDocumentWay(
  stack: AsyncDisposableStack,
  { peers }: Peers,
  queries: readonly string[],
): Promise<number[]> {
  const dispatcher = stack.adopt(new Agent({ connections: 64 }), (agent) => agent.destroy())
  const times: number[] = []
  for (const search of queries.slice(0, SEED_WAY_SEARCHES)) {
    const started = performance.now()
    await Promise.all(
      peers.map(async ({ url }) => {
        const target = `${url}/api/v1/agents?${new URLSearchParams({ search: `${search} `, limit: '50' })}`
        try {
          const response = await request(target, { dispatcher, signal: AbortSignal.timeout(5_000) })
          JSON.parse(await response.body.text())
        } catch {
          // It logs and goes on as if there were no results.
        }
      }),
    )
    times.push(performance.now() - started)
  }
  return times
}

async function reportCalls({ counter, peers }: Peers): Promise<void> {
  const response = await request(counter)
  const calls = (await response.body.json()) as number[][]
  const of = (temper: Temper): number[][] => calls.filter((_, place) => peers[place]?.temper === temper)
  // The design document's way asked for other texts, once each.
  report({
    what: 'requests to a good peer for one query',
    measured: Math.max(...of('good').flat()),
    unit: '',
    promise: { atMost: 1 },
  })
  const bad = (['hung', 'broken', 'slow'] as const).map((temper) => ({
    temper,
    perPeer: of(temper).map((counts) => counts.reduce((sum, count) => sum + count, 0) - SEED_WAY_SEARCHES),
  }))
  report({
    what: 'requests to a bad peer for all queries: what opens the breaker, what was under way, and trials',
    measured: Math.max(...bad.flatMap(({ perPeer }) => perPeer)),
    unit: '',
    promise: { atMost: QUERIES / 10 },
  })
  for (const { temper, perPeer } of bad) {
    console.log(`  requests to each ${temper} peer: ${perPeer.join(', ')}`)
  }
}
