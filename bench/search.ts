/**
 * How fast and how well a registry searches its own records, all the real ones, over HTTP and on both engines:
 * `GET /discovery/agents` as users ask it, one question at a time on an open connection. The order is compared with
 * scoring every match; the time with a server of Node's that answers the same bytes without knowing anything.
 * Then single records, by id and by DID.
 *
 * PostgreSQL gets `vacuum analyze` after the import: its autovacuum would do it within a minute.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { scoreTerms } from '../src/search/score.ts'
import { createTokenizer, parseQuery } from '../src/search/tokenize.ts'
import { createExactIndex, type ExactIndex } from './exact-index.ts'
import { percentile, report, sortNumbers } from './figures.ts'
import { type KeepAlive, openKeepAlive } from './keep-alive.ts'
import { makeFolder, makePostgresDatabase } from './places.ts'
import { createRandom, loadRecords, makeQueries, toImportLine } from './records.ts'
import { type BenchRegistry, RAISED_LIMITS_NOTE, startRegistry, writeImportFile } from './registry.ts'
import { runBench } from './run-bench.ts'
import { findFreePort, ServerProcess } from './server-process.ts'

const QUERIES = 300
const SEEDS = [11, 12]
const WARM_UP = { queries: 100, seed: 99 }
const TOP = 10

const records = loadRecords()

await runBench(async (stack) => {
  const folder = await makeFolder(stack)
  const file = await writeImportFile(folder, 'records', records.map(toImportLine))
  console.log(`  ${QUERIES} queries with each of the seeds ${SEEDS.join(' and ')}, ${RAISED_LIMITS_NOTE}`)

  const embedded = await startRegistry(stack, { folder, name: 'sqlite' })
  await embedded.importFile(file)
  await measureEngine('SQLite', { registry: embedded, folder })

  const database = await makePostgresDatabase(stack)
  if (database === undefined) return
  const served = await startRegistry(stack, { folder, name: 'postgres', databaseUrl: database.url })
  await served.importFile(file)
  await database.run('vacuum analyze')
  console.log('  PostgreSQL: `vacuum analyze` done, as autovacuum would within a minute')
  await measureEngine('PostgreSQL', { registry: served, folder })
})

type Measured = { readonly registry: BenchRegistry; readonly folder: string }

async function measureEngine(engine: string, { registry, folder }: Measured): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const stored = await readStored(registry)
  const index = createExactIndex(stored)
  const caller = openKeepAlive(stack, registry.url)
  for (const search of makeQueries(records, WARM_UP.queries, WARM_UP.seed)) await caller.get(pathOf(search))

  const searches = SEEDS.flatMap((seed) => makeQueries(records, QUERIES, seed))
  const times: number[] = []
  const recalls: number[] = []
  const bodies: Record<string, string> = {}
  for (const search of searches) {
    const { elapsedMs, body } = await caller.get(pathOf(search))
    times.push(elapsedMs)
    bodies[pathOf(search)] = body.toString()
  }
  // Only now: scoring every match between the questions would cost them the processor's caches.
  for (const search of searches) {
    const recall = recallOf(didsOf(bodies[pathOf(search)] ?? ''), search, index)
    if (recall !== undefined) recalls.push(recall)
  }
  const sorted = sortNumbers(times)
  const raw = await measureRaw(stack, { folder, bodies })
  const compare = (share: number) => ({ what: 'same bytes from node:http', measured: percentile(raw, share) })
  const over = `${engine}, ${stored.length} agents`
  report({
    ...{ what: `search over ${over}: p50`, measured: percentile(sorted, 0.5), unit: 'ms' },
    ...{ reference: compare(0.5), promise: { atMost: 5 } },
  })
  report({
    ...{ what: `search over ${over}: p99`, measured: percentile(sorted, 0.99), unit: 'ms' },
    ...{ reference: compare(0.99), promise: { atMost: 25 } },
  })
  console.log(`  as its own log has it: p50 ${percentile(servedMs(registry, '/discovery/agents'), 0.5)} ms`)
  report({
    what: `search over ${over}: recall at ${TOP} of ${recalls.length} queries with matches`,
    measured: recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length,
    unit: '',
    reference: { what: 'every match scored', measured: 1 },
    promise: { atLeast: 0.995 },
  })
  await measureSingle(over, { registry, folder, stored })
}

type StoredRecord = Parameters<typeof createExactIndex>[0][number] & { readonly id: string }

/** What the registry holds, as its own export tells it, with the impacts that this should give. */
async function readStored(registry: BenchRegistry): Promise<StoredRecord[]> {
  const tokenize = createTokenizer()
  const lines = String(await registry.call('GET', '/agents/export')).trimEnd()
  return lines.split('\n').map((line) => {
    const { id, did, name, description, agent_type, tags, skills } = JSON.parse(line) as {
      readonly [Member in 'id' | 'did' | 'name' | 'description' | 'agent_type']: string
    } & {
      readonly tags: string[]
      readonly skills: { readonly name: string; readonly description: string }[]
    }
    const scorable = { name, description, agentType: agent_type, tags, skills, providerOrganization: null }
    return { id, did, impacts: scoreTerms(scorable, tokenize) }
  })
}

function pathOf(search: string): string {
  return `/api/v1/discovery/agents?${new URLSearchParams({ search })}`
}

function didsOf(body: string): string[] {
  const { agents } = JSON.parse(body) as { readonly agents: readonly { readonly did: string }[] }
  return agents.map(({ did }) => did)
}

/** How much of the exact top is at the top of the answer; undefined when nothing matches. */
function recallOf(dids: readonly string[], search: string, index: ExactIndex): number | undefined {
  const exact = index.search(parseQuery(search), TOP).dids
  if (exact.length === 0) return undefined
  const found = new Set(dids.slice(0, TOP))
  return exact.filter((did) => found.has(did)).length / exact.length
}

/** Sorted times of the same questions to a server that only looks the bytes up. */
async function measureRaw(
  stack: AsyncDisposableStack,
  { folder, bodies }: { readonly folder: string; readonly bodies: Readonly<Record<string, string>> },
): Promise<number[]> {
  const file = join(folder, 'bodies.json')
  await writeFile(file, JSON.stringify(bodies))
  const port = await findFreePort()
  const server = await ServerProcess.start({
    arguments: ['bench/raw-server.js', String(port), file],
    port,
    environment: {},
    logFile: join(folder, 'raw.log'),
  })
  stack.use(server)
  return timeAll(openKeepAlive(stack, server.origin), Object.keys(bodies))
}

/** Asks twice and keeps the times of the second round. */
async function timeAll(caller: KeepAlive, paths: readonly string[]): Promise<number[]> {
  const times: number[] = []
  for (const path of paths) await caller.get(path)
  for (const path of paths) times.push((await caller.get(path)).elapsedMs)
  return sortNumbers(times)
}

async function measureSingle(
  over: string,
  { registry, folder, stored }: Measured & { readonly stored: readonly StoredRecord[] },
): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const random = createRandom(5)
  const picked = Array.from({ length: QUERIES }, () => stored[Math.floor(random() * stored.length)]).filter(
    (record) => record !== undefined,
  )
  const caller = openKeepAlive(stack, registry.url)
  const overHttp: number[] = []
  for (const [how, references] of [
    ['id', picked.map(({ id }) => id)],
    ['DID', picked.map(({ did }) => encodeURIComponent(did))],
  ] as const) {
    const paths = references.map((reference) => `/api/v1/agents/${reference}`)
    const times = await timeAll(caller, paths)
    const bodies: Record<string, string> = {}
    for (const path of paths) bodies[path] = (await caller.get(path)).body.toString()
    const raw = await measureRaw(stack, { folder, bodies })
    report({
      what: `one record by ${how} of ${over}: p50`,
      measured: percentile(times, 0.5),
      unit: 'ms',
      reference: { what: 'same bytes from node:http', measured: percentile(raw, 0.5) },
    })
    overHttp.push(...times)
  }
  report({
    what: `one record by id or DID of ${over}, at the server by its own log: p50`,
    measured: percentile(servedMs(registry, '/agents/:reference'), 0.5),
    unit: 'ms',
    reference: { what: 'the same over HTTP', measured: percentile(sortNumbers(overHttp), 0.5) },
    promise: { atMost: 1 },
  })
}

/** Sorted times between a request and its answer as the registry logged them, to a tenth of a millisecond. */
function servedMs({ process }: BenchRegistry, routeEnd: string): number[] {
  const served = process
    .printed()
    .split('\n')
    .filter((line) => line.includes('request served'))
    .map((line) => JSON.parse(line) as { readonly route: string | null; readonly durationMs: number })
  return sortNumbers(
    served.filter(({ route }) => route?.endsWith(routeEnd)).map(({ durationMs }) => durationMs),
  )
}
