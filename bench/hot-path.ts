/**
 * How many requests a second a registry answers with a federated answer it has ready, authentication, limits, metrics
 * and log included: 32 open connections ask the same question with a key. Its bytes are made anew every second, which
 * is part of the figure. Beside it, servers that send the same bytes and headers and know nothing: node:http, Fastify,
 * and Fastify that parses and writes the JSON each time.
 *
 * Every server is a process of its own, and so is the one that asks. They take turns, so that a busy moment of the
 * machine is not one candidate's alone; told are medians.
 */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { percentile, report, sortNumbers } from './figures.ts'
import { makeFolder } from './places.ts'
import {
  addPeer,
  type BenchRegistry,
  RAISED_LIMITS_NOTE,
  readCatalogues,
  startRegistry,
  writeImportFile,
} from './registry.ts'
import { runBench } from './run-bench.ts'
import { findFreePort, ServerProcess } from './server-process.ts'

const run = promisify(execFile)

const CONNECTIONS = 32
const ROUNDS = 7
const SECONDS = 2
const WARM_UP_SECONDS = 4 // until what is called often is compiled
const WANTED_BYTES = 25_000
const SEARCH = 'search documents and data'

/** Registries to measure. One that counts limits in Redis (REDIS_URL) joins here, with its own promise of 0.4. */
const REGISTRIES: readonly {
  readonly what: string
  readonly environment: Readonly<Record<string, string>>
  readonly promise: number
}[] = [{ what: 'limits counted in the process', environment: {}, promise: 0.65 }]

type Candidate = {
  readonly name: string
  readonly server: ServerProcess
  readonly question: Question
}
type Question = { readonly path: string; readonly headers: Readonly<Record<string, string>> }

await runBench(async (stack) => {
  const folder = await makeFolder(stack)
  for (const [index, { what, environment, promise }] of REGISTRIES.entries()) {
    const asker = await startRegistry(stack, { folder, name: `asker-${index}`, environment })
    const peer = await startRegistry(stack, { folder, name: `peer-${index}` })
    const question = await makeQuestion(asker, { peer, folder })
    const references = await startReferences(stack, { folder, asker, question })
    const ours = { name: `registry, ${what}`, server: asker.process, question }
    const rates = await measure([ours, ...references])
    const rawRates = rates.get('node:http') ?? []
    const shareOf = (name: string): number => {
      // Within a round all had the same machine.
      const shares = (rates.get(name) ?? []).map((rate, round) => rate / (rawRates[round] ?? Number.NaN))
      return median(shares)
    }
    for (const [name, all] of rates) {
      console.log(`  ${name}: ${median(all).toFixed(0)} requests/s, ${shareOf(name).toFixed(2)} of node:http`)
    }
    report({
      ...{ what: `a ready answer, ${what}: share of node:http`, measured: shareOf(ours.name), unit: '' },
      promise: { atLeast: promise },
    })
  }
})

/** A search of both registries whose answer has about the wanted size, asked until its bytes are ready. */
async function makeQuestion(
  asker: BenchRegistry,
  { peer, folder }: { readonly peer: BenchRegistry; readonly folder: string },
): Promise<Question> {
  const records = await readCatalogues()
  for (const [place, registry] of [asker, peer].entries()) {
    const half = records.filter((_, at) => at % 2 === place)
    await registry.importFile(await writeImportFile(folder, `half-${place}`, half))
  }
  await addPeer(asker, peer, 'Peer')
  const headers = { accept: 'application/json', authorization: `Bearer ${asker.adminKey}` }
  for (let limit = 10; limit <= 100; limit += 1) {
    const query = new URLSearchParams({ search: SEARCH, include_federated: 'true', limit: String(limit) })
    const path = `/api/v1/discovery/agents?${query}`
    const answered = await fetch(asker.url + path, { headers })
    const body = await answered.text()
    if (body.length >= WANTED_BYTES) {
      const found = JSON.parse(body) as { readonly agents: readonly { readonly is_federated: boolean }[] }
      const federated = found.agents.filter(({ is_federated: isFederated }) => isFederated).length
      console.log(
        `  ${body.length} characters, ${found.agents.length} agents, ${federated} of them the peer's`,
      )
      return { path, headers }
    }
  }
  throw new Error('no answer is large enough')
}

/** Servers that send what the registry sent, headers included. */
async function startReferences(
  stack: AsyncDisposableStack,
  {
    folder,
    asker,
    question,
  }: { readonly folder: string; readonly asker: BenchRegistry; readonly question: Question },
): Promise<Candidate[]> {
  const answered = await fetch(asker.url + question.path, { headers: question.headers })
  const body = await answered.text()
  const headers = Object.fromEntries(
    [...answered.headers].filter(([name]) => !['connection', 'date', 'keep-alive'].includes(name)),
  )
  const file = join(folder, 'answer.json')
  await writeFile(file, JSON.stringify({ headers, body }))
  const candidates: Candidate[] = []
  for (const [kind, name] of [
    ['raw', 'node:http'],
    ['fastify', 'Fastify, the same bytes'],
    ['fastify-parse', 'Fastify, JSON parsed and written each time'],
  ] as const) {
    const port = await findFreePort()
    const server = await ServerProcess.start({
      arguments: ['bench/bytes-server.js', kind, String(port), file],
      port,
      environment: {},
      logFile: join(folder, `${kind}.log`),
    })
    stack.use(server)
    candidates.push({ name, server, question })
  }
  return candidates
}

/** Requests per second of each, by name and round. */
async function measure(candidates: readonly Candidate[]): Promise<Map<string, readonly number[]>> {
  const rounds = new Map(
    candidates.map(({ name }) => [name, { rates: [] as number[], costs: [] as number[] }]),
  )
  for (const { server, question } of candidates) await load(server, question, WARM_UP_SECONDS)
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, server, question } of candidates) {
      const before = server.processorMs()
      const { answered, elapsedMs } = await load(server, question, SECONDS)
      rounds.get(name)?.rates.push((answered / elapsedMs) * 1_000)
      rounds.get(name)?.costs.push(((server.processorMs() - before) * 1_000) / answered)
    }
  }
  console.log(`  ${CONNECTIONS} connections, ${ROUNDS} rounds of ${SECONDS} s; ${RAISED_LIMITS_NOTE}`)
  for (const [name, { costs }] of rounds) {
    console.log(`  ${name}: ${median(costs).toFixed(0)} µs of processor a request`)
  }
  return new Map([...rounds].map(([name, { rates }]) => [name, rates]))
}

function median(values: readonly number[]): number {
  return percentile(sortNumbers(values), 0.5)
}

async function load(
  { origin }: ServerProcess,
  { path, headers }: Question,
  seconds: number,
): Promise<{ readonly answered: number; readonly elapsedMs: number }> {
  const port = Number(new URL(origin).port)
  const order = { port, path, headers, connections: CONNECTIONS, seconds }
  const { stdout } = await run(process.execPath, ['bench/load.js', JSON.stringify(order)])
  return JSON.parse(stdout) as { answered: number; elapsedMs: number }
}
