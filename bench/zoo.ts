/**
 * What peers that misbehave in every way there is (`test/zoo`) do to those who search this registry's own records: their
 * p99 while the zoo is asked, against what it is without. In turns, so that an hour when the machine is slower is no
 * matter; and no question twice, so that each goes to the zoo unless the breaker keeps it.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { Agent, request } from 'undici'
import { percentile, report, sortNumbers } from './figures.ts'
import { pace } from './pace.ts'
import { makeFolder } from './places.ts'
import { loadRecords, makeQueries, toImportLine } from './records.ts'
import { type BenchRegistry, startRegistry, writeImportFile } from './registry.ts'
import { runBench } from './run-bench.ts'

const TURNS = 5
const TURN_SECONDS = 8
const LOCAL_PER_SECOND = 40
const ROUNDS = 3 // searches over the zoo in a turn
const FEW = 60

type Ask = (parameters: Readonly<Record<string, string>>) => Promise<number>

await runBench(async (stack) => {
  const folder = await makeFolder(stack)
  const records = loadRecords()
  const file = await writeImportFile(folder, 'all', records.map(toImportLine))
  const queries = makeQueries(records, 1_000, 61)
  const peers = await startZoo(stack)
  const few = peers.filter(
    (_, place) => Math.floor((place * FEW) / peers.length) !== Math.floor(((place - 1) * FEW) / peers.length),
  )
  for (const [name, zoo, isPromised] of [
    ['few', few, true],
    ['all', peers, false],
  ] as const) {
    const registry = await startRegistry(stack, { folder, name })
    await registry.importFile(file)
    for (const [behaviour, url] of zoo) {
      await registry.call('POST', '/federation/peers', { name: behaviour, registry_url: url })
    }
    const { alone, beside } = await compare(openCaller(stack, registry), queries)
    report({
      what: `local search beside ${ROUNDS} rounds in ${TURN_SECONDS} s over ${zoo.length} misbehaving peers, p99, median of ${TURNS} turns`,
      measured: beside,
      unit: 'ms',
      reference: { what: 'without them', measured: alone },
      ...(isPromised && { promise: { atMost: alone + Math.max(0.2 * alone, 5) } }),
    })
  }
})

function openCaller(stack: AsyncDisposableStack, registry: BenchRegistry): Ask {
  const dispatcher = stack.adopt(new Agent({ connections: 64 }), (agent) => agent.destroy())
  const headers = { authorization: `Bearer ${registry.adminKey}` }
  return async (parameters) => {
    const address = `${registry.url}/api/v1/discovery/agents?${new URLSearchParams(parameters)}`
    const started = performance.now()
    const response = await request(address, { dispatcher, headers })
    const text = await response.body.text()
    if (response.statusCode !== 200) throw new Error(`the registry answered ${text}`)
    return performance.now() - started
  }
}

/** The turn in the middle, by what the zoo costs. */
async function compare(
  ask: Ask,
  queries: readonly string[],
): Promise<{ readonly alone: number; readonly beside: number }> {
  const pick = (turn: number): string => queries[turn % queries.length] ?? ''
  const localTurns = TURN_SECONDS * LOCAL_PER_SECOND
  const local = (turn: number): Promise<number> => ask({ search: pick(turn) })
  const searchAlone = (): Promise<number[]> => pace(localTurns, LOCAL_PER_SECOND, local)
  const searchBeside = async (turn: string): Promise<number[]> => {
    const [beside] = await Promise.all([
      searchAlone(),
      pace(ROUNDS, ROUNDS / TURN_SECONDS, (round) =>
        ask({ search: `${pick(round)} ${turn} ${round}`, include_federated: 'true' }),
      ),
    ])
    return beside
  }
  // What is called often is compiled by then, of searches here and of what the zoo needs.
  await searchAlone()
  await searchBeside('warm')
  const turns: { readonly alone: number; readonly beside: number }[] = []
  for (let turn = 0; turn < TURNS; turn += 1) {
    const alone = await searchAlone()
    const beside = await searchBeside(`${turn}`)
    turns.push({ alone: p99(alone), beside: p99(beside) })
  }
  const inOrder = turns.toSorted((a, b) => a.beside - a.alone - (b.beside - b.alone))
  return inOrder[Math.floor(TURNS / 2)] ?? { alone: 0, beside: 0 }
}

function p99(times: readonly number[]): number {
  return percentile(sortNumbers(times), 0.99)
}

async function startZoo(stack: AsyncDisposableStack): Promise<readonly (readonly [string, string])[]> {
  const child = spawn(process.execPath, ['bench/zoo-peers.ts'], { stdio: ['ignore', 'pipe', 'inherit'] })
  stack.defer(() => void child.kill('SIGTERM'))
  for await (const line of createInterface({ input: child.stdout }))
    return JSON.parse(line) as [string, string][]
  throw new Error('the zoo did not open')
}
