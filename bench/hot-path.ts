/**
 * How many requests a second a registry answers with a federated answer it has ready, authentication, limits, metrics
 * and log included: 32 open connections ask the same question with a key. Its bytes are made anew every second, which
 * is part of the figure. Beside it, servers that send the same bytes and headers and know nothing: node:http, Fastify,
 * and Fastify that parses and writes the JSON each time.
 *
 * Limits are counted in the process, or in a Redis that belongs to the bench. A busy key costs Redis about a question a
 * second; so the third turn asks as strangers from thousands of addresses under the limit that addresses have by
 * default, where every request is a question to Redis: no caller can cost more.
 *
 * Every server is a process of its own, and so is the one that asks. They take turns, so that a busy moment of the
 * machine is not one candidate's alone; told are medians.
 */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { percentile, report, sortNumbers } from './figures.ts'
import { makeFolder, startRedis } from './places.ts'
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

const ADDRESSES = 20_000 // so that none has spent its 60 a minute before the end

type Turn = {
  readonly what: string
  readonly promise: number
  readonly isRedisShared: boolean
  /** Strangers behind a proxy, each request from the next of so many addresses; 0 asks with one key. */
  readonly addresses: number
}

const TURNS: readonly Turn[] = [
  { what: 'limits counted in the process', promise: 0.65, isRedisShared: false, addresses: 0 },
  { what: 'limits counted in Redis', promise: 0.4, isRedisShared: true, addresses: 0 },
  { what: 'a question to Redis each', promise: 0.4, isRedisShared: true, addresses: ADDRESSES },
]

type Candidate = {
  readonly name: string
  readonly server: ServerProcess
  readonly question: Question
}
type Question = {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly addresses: number
}

await runBench(async (stack) => {
  const folder = await makeFolder(stack)
  const redis = await startRedis(stack, folder)
  for (const [index, turn] of TURNS.entries()) {
    const { what, promise, isRedisShared, addresses } = turn
    const environment = {
      ...(isRedisShared && { REDIS_URL: redis.url }),
      ...(addresses > 0 && { REGISTRY_TRUSTED_PROXIES: '127.0.0.0/8', REGISTRY_RATE_ANONYMOUS: '60' }),
    }
    const asker = await startRegistry(stack, { folder, name: `asker-${index}`, environment })
    const peer = await startRegistry(stack, { folder, name: `peer-${index}` })
    const question = await makeQuestion(asker, { peer, folder, addresses })
    const references = await startReferences(stack, { folder, asker, question })
    const ours = { name: `registry, ${what}`, server: asker.process, question }
    const askedBefore = await redis.countAdditions()
    const rates = await measure([ours, ...references])
    if (isRedisShared) {
      const asked = (await redis.countAdditions()) - askedBefore
      console.log(
        `  ${asked} questions to Redis${addresses > 0 ? '; addresses have the limit of the defaults' : ''}`,
      )
    }
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
  {
    peer,
    folder,
    addresses,
  }: { readonly peer: BenchRegistry; readonly folder: string; readonly addresses: number },
): Promise<Question> {
  const records = await readCatalogues()
  for (const [place, registry] of [asker, peer].entries()) {
    const half = records.filter((_, at) => at % 2 === place)
    await registry.importFile(await writeImportFile(folder, `half-${place}`, half))
  }
  await addPeer(asker, peer, 'Peer')
  const headers = {
    accept: 'application/json',
    ...(addresses > 0 ? { 'x-forwarded-for': '203.0.113.1' } : { authorization: `Bearer ${asker.adminKey}` }),
  }
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
      return { path, headers, addresses }
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
  const requests = new Map<string, number>()
  for (const { name, server, question } of candidates) {
    requests.set(name, (await load(server, question, WARM_UP_SECONDS)).answered)
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, server, question } of candidates) {
      const before = server.processorMs()
      const { answered, elapsedMs } = await load(server, question, SECONDS)
      requests.set(name, (requests.get(name) ?? 0) + answered)
      rounds.get(name)?.rates.push((answered / elapsedMs) * 1_000)
      rounds.get(name)?.costs.push(((server.processorMs() - before) * 1_000) / answered)
    }
  }
  console.log(`  ${CONNECTIONS} connections, ${ROUNDS} rounds of ${SECONDS} s; ${RAISED_LIMITS_NOTE}`)
  for (const [name, { costs }] of rounds) {
    console.log(
      `  ${name}: ${median(costs).toFixed(0)} µs of processor for each of ${requests.get(name)} requests`,
    )
  }
  return new Map([...rounds].map(([name, { rates }]) => [name, rates]))
}

function median(values: readonly number[]): number {
  return percentile(sortNumbers(values), 0.5)
}

async function load(
  { origin }: ServerProcess,
  { path, headers, addresses }: Question,
  seconds: number,
): Promise<{ readonly answered: number; readonly elapsedMs: number }> {
  const port = Number(new URL(origin).port)
  const order = { port, path, headers, addresses, connections: CONNECTIONS, seconds }
  const { stdout } = await run(process.execPath, ['bench/load.js', JSON.stringify(order)])
  return JSON.parse(stdout) as { answered: number; elapsedMs: number }
}
