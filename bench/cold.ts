/**
 * What a federated search costs that nobody asked before: twenty peers that answer after 5 ms, with 50 records in all,
 * 25 KB. Once with records that came in earlier answers, as they do in nine of ten answers of real registries, and once
 * with records that nobody has seen. The same is told, without a promise, of peers that fill their pages: 50 records
 * each, a thousand in all, 500 KB.
 *
 * Beside it, in turn: the same requests by bare undici, each answer through `JSON.parse` and no further. The peers are
 * one process; the engine, with real sockets, is another, the bare requests a third: each one's processor time is told.
 * What a registry writes behind its answers, copies of records and a log, takes time of its own that no search waits for:
 * it is measured in a fourth, with a real database, and told without a promise.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Took, Turn, WayName } from './cold-asker.ts'
import { percentile, report, sortNumbers } from './figures.ts'
import { runBench } from './run-bench.ts'

/** By then what is called often is compiled: of 3,000 searches, the first thousand take a fifth more time. */
const WARM_UP_SEARCHES = 1_500
const WHOLE_WARM_UP_SEARCHES = 500 // with whole pages, the same code runs many times in each
const ROUNDS = 20
const WRITING_ROUNDS = 5 // each ends with a rest
const SEARCHES = 15
const MOST_WHOLE = 0.95 // of the answers hold all peers, or they are not to be compared
const WRITES_END_AFTER_MS = 1_000

type Asker = (turn: Turn) => Promise<Took>
type Promised = { readonly atMost: number } | undefined
/** Of each search in ms, and the processor time of each round's usual search. */
type Taken = { readonly times: number[]; readonly cpuMs: number[] }

await runBench(async (stack) => {
  const urls = await startPeers(stack)
  const start = (way: WayName): Promise<Asker> => startAsker(stack, way, urls)
  const [bare, engine, registry] = await Promise.all([start('bare'), start('engine'), start('registry')])
  for (const [kind, what, promise] of [
    ['known few', 'records seen before', { atMost: 2.5 }],
    ['new few', 'records never seen', { atMost: 5 }],
    ['known whole', 'whole pages, records seen before', undefined],
    ['new whole', 'whole pages, records never seen', undefined],
  ] as const) {
    const taken = await compare(kind, [bare, engine])
    tell(what, taken, promise)
    const [writing] = await compare(kind, [registry], { restMs: WRITES_END_AFTER_MS, rounds: WRITING_ROUNDS })
    console.log(
      `  with all that is written behind: ${p50(writing?.cpuMs ?? []).toFixed(1)} ms of processor time`,
    )
  }
})

/** Lets the ways take turns. @param options.restMs after each way's turn, which count to its processor time. */
async function compare(
  kind: string,
  askers: readonly Asker[],
  { restMs = 0, rounds = ROUNDS } = {},
): Promise<Taken[]> {
  const searches = (count: number, words: string): string[] =>
    Array.from({ length: count }, (_, nth) => `${kind} signal ${words} ${nth}`)
  const warmUps = kind.endsWith('whole') ? WHOLE_WARM_UP_SEARCHES : WARM_UP_SEARCHES
  for (const ask of askers) await ask({ searches: searches(warmUps, 'warm'), restMs })
  const taken = askers.map((): Taken => ({ times: [], cpuMs: [] }))
  for (let round = 0; round < rounds; round += 1) {
    for (const [place, ask] of askers.entries()) {
      const { times, cpuMs } = await ask({ searches: searches(SEARCHES, `round ${round}`), restMs })
      taken[place]?.times.push(...times)
      taken[place]?.cpuMs.push(cpuMs)
    }
  }
  const fewest = Math.min(...taken.map(({ times }) => times.length))
  if (fewest < MOST_WHOLE * rounds * SEARCHES)
    throw new Error('the machine is too busy: peers answer too late')
  return taken
}

function p50(values: readonly number[]): number {
  return percentile(sortNumbers([...values]), 0.5)
}

function tell(what: string, [bare, ours]: readonly Taken[], promise: Promised): void {
  for (const [figure, of] of [
    ['p50', (taken?: Taken) => p50(taken?.times ?? [])],
    ['processor time', (taken?: Taken) => p50(taken?.cpuMs ?? [])],
  ] as const) {
    console.log(`  ${what}, ${figure}: ${of(ours).toFixed(2)} ms, bare requests ${of(bare).toFixed(2)} ms`)
    report({
      what: `cold fan-out to 20 peers, ${what}: ${figure} as a multiple of that of bare requests`,
      measured: of(ours) / of(bare),
      unit: '',
      ...(promise && { promise }),
    })
  }
}

async function startPeers(stack: AsyncDisposableStack): Promise<string[]> {
  const child = spawn(process.execPath, ['bench/cold-peers.ts'], { stdio: ['ignore', 'pipe', 'inherit'] })
  stack.defer(() => void child.kill('SIGTERM'))
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as string[]
  throw new Error('the peers did not start')
}

async function startAsker(
  stack: AsyncDisposableStack,
  way: WayName,
  urls: readonly string[],
): Promise<Asker> {
  const child = fork('bench/cold-asker.ts', [way, ...urls])
  stack.defer(() => end(child))
  await answerOf(child)
  return async (turn) => {
    const answer = answerOf(child)
    child.send(turn)
    return (await answer) as Took
  }
}

/** What it sends next. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const over = new AbortController()
  const ended = once(child, 'exit', { signal: over.signal }).then(() => {
    throw new Error('one that asks has ended')
  })
  try {
    const [answer] = (await Promise.race([
      once(child, 'message', { signal: over.signal }),
      ended,
    ])) as unknown[]
    return answer
  } finally {
    over.abort()
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  if (child.connected) child.disconnect()
  await ended
}
