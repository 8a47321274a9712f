/**
 * What a user sees of a search that is told while it runs, when one peer among six hangs: how long until the first
 * results are on the wire, and whether `done` comes when the answer rule says so, long before the 5 s that a search may
 * take. Once with a peer that always hangs, which the breaker soon leaves alone, and once with one that hangs at every
 * fifth search, which is asked again and again.
 *
 * The registry with the real records is one process, the peers another, and this one asks, half of the time for a
 * stream and half of the time for JSON, no query twice. Beside it, node:http sends the bytes of one whole stream.
 */
import { writeFile } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WirePeerRow } from '../src/wire/discovery.ts'
import type { WireDiscoveryEvent } from '../src/wire/discovery-events.ts'
import type { Temper, Tempers } from './fault-peers.ts'
import { percentile, report, sortNumbers } from './figures.ts'
import { pace } from './pace.ts'
import { makeFolder } from './places.ts'
import { loadRecords, makeQueries, toImportLine } from './records.ts'
import { type BenchRegistry, RAISED_LIMITS_NOTE, startRegistry, writeImportFile } from './registry.ts'
import { runBench } from './run-bench.ts'
import { findFreePort, ServerProcess } from './server-process.ts'
import { startPeers } from './start-peers.ts'

const SEARCHES = 120 // of each form
const WARM_UP = 30
const PER_SECOND = 5 // a request that hangs for 5 s keeps one of the peer's 8 slots

const FLEETS: readonly { readonly what: string; readonly tempers: Tempers }[] = [
  { what: 'one of six peers hangs', tempers: { good: 5, hung: 1 } },
  { what: 'one of six peers hangs at every fifth search', tempers: { good: 5, moody: 1 } },
]

/** Times from the request on, in ms. */
type Streamed = {
  readonly firstByteMs: number
  /** Until an event with records in it was there whole. */
  readonly resultsMs: number
  readonly doneMs: number
  readonly events: readonly WireDiscoveryEvent[]
  readonly bytes: string
}

type Turn =
  | { readonly streamed: Streamed }
  | { readonly wholeMs: number /** To the first byte of the reference. */; readonly rawMs: number }

await runBench(async (stack) => {
  const folder = await makeFolder(stack)
  const records = loadRecords()
  const file = await writeImportFile(folder, 'all', records.map(toImportLine))
  const turns = 2 * (SEARCHES + WARM_UP)
  const queries = [...new Set(makeQueries(records, 3 * turns, 41))].slice(0, turns)
  console.log(`  ${SEARCHES} searches of each form, ${PER_SECOND} a second; ${RAISED_LIMITS_NOTE}`)
  for (const [index, { what, tempers }] of FLEETS.entries()) {
    const registry = await startRegistry(stack, { folder, name: `asker-${index}` })
    await registry.importFile(file)
    const { peers } = await startPeers(stack, tempers)
    const ask = createCaller(stack, registry)
    const add = async (isWanted: (temper: Temper) => boolean): Promise<void> => {
      for (const [place, { temper, url }] of peers.entries()) {
        const body = { name: `${temper} ${place}`, registry_url: url }
        if (isWanted(temper)) await registry.call('POST', '/federation/peers', body)
      }
    }
    await add((temper) => temper === 'good')
    const reference = await startReference(stack, { folder, index, stream: await ask.streamed('data') })
    const search = async (turn: number): Promise<Turn> => {
      const text = queries[turn] ?? ''
      if (turn % 2 === 0) return { streamed: await ask.streamed(text) }
      const wholeMs = await ask.whole(text)
      await sleep(20) // apart from the answer before
      return { wholeMs, rawMs: (await readTimed(reference, {})).firstByteMs }
    }
    await pace(2 * WARM_UP, PER_SECOND, search)
    await add((temper) => temper !== 'good')
    const taken = await pace(2 * SEARCHES, PER_SECOND, (turn) => search(turn + 2 * WARM_UP))
    tell(what, taken)
  }
})

function tell(what: string, turns: readonly Turn[]): void {
  const streamed = turns.flatMap((turn) => ('streamed' in turn ? [turn.streamed] : []))
  const whole = turns.flatMap((turn) => ('wholeMs' in turn ? [turn.wholeMs] : []))
  const raw = turns.flatMap((turn) => ('rawMs' in turn ? [turn.rawMs] : []))
  const results = streamed.map(({ resultsMs }) => resultsMs)
  const late = streamed.map((told) => told.doneMs - endByRule(told.events))
  const hanging = streamed.filter(({ events }) => rowsOf(events).some(isInVain))
  const at = (values: readonly number[], share: number) => percentile(sortNumbers(values), share).toFixed(1)
  const spread = (values: readonly number[]) => [0.5, 0.95, 0.99].map((share) => at(values, share)).join(', ')
  console.log(`  ${what}: ${hanging.length} of ${streamed.length} streams waited for it in vain`)
  console.log(`  first results after ${spread(results)} ms (p50, p95, p99)`)
  console.log(`  done after ${spread(streamed.map(({ doneMs }) => doneMs))} ms`)
  if (hanging.length > 0)
    console.log(`  those who waited in vain: done after ${spread(hanging.map(({ doneMs }) => doneMs))} ms`)
  console.log(`  other queries as JSON after ${spread(whole)} ms`)
  report({
    what: `first results, ${what}, p95`,
    measured: percentile(sortNumbers(results), 0.95),
    unit: 'ms',
    reference: { what: 'first byte from node:http', measured: percentile(sortNumbers(raw), 0.95) },
    promise: { atMost: 50 },
  })
  report({
    what: 'done, later than the answer rule allows, p95',
    measured: percentile(sortNumbers(late), 0.95),
    unit: 'ms',
    promise: { atMost: 50 },
  })
}

/**
 * When the answer rule ends this search at the latest: when each peer has answered, or the time it had by the plan is
 * over.
 */
function endByRule(events: readonly WireDiscoveryEvent[]): number {
  const plan = events.find((event) => event.event === 'plan')
  const times = new Map(plan?.peers.map(({ peer_id: id, deadline_ms: deadlineMs }) => [id, deadlineMs]))
  const waited = rowsOf(events).map(({ peer_id: id, duration_ms: durationMs = 0 }) =>
    Math.min(durationMs, times.get(id) ?? durationMs),
  )
  return Math.max(...waited)
}

function isInVain({ outcome, error = '' }: WirePeerRow): boolean {
  return outcome === 'timeout' || (outcome === 'stale' && error.startsWith('no answer within'))
}

function rowsOf(events: readonly WireDiscoveryEvent[]): readonly WirePeerRow[] {
  const done = events.find((event) => event.event === 'done')
  if (done?.federation_stats === undefined) throw new Error('a stream ended without an account')
  return done.federation_stats.peers
}

function createCaller(stack: AsyncDisposableStack, registry: BenchRegistry) {
  const agent = stack.adopt(new Agent({ keepAlive: true }), (one) => one.destroy())
  const urlOf = (search: string) =>
    `${registry.process.origin}/api/v1/discovery/agents?${new URLSearchParams({ search, include_federated: 'true' })}`
  const authorization = `Bearer ${registry.adminKey}`
  return {
    streamed: (search: string) =>
      readTimed(urlOf(search), { agent, headers: { authorization, accept: 'text/event-stream' } }),
    whole: async (search: string): Promise<number> =>
      (await readTimed(urlOf(search), { agent, headers: { authorization } })).doneMs,
  }
}

/** Asks, and notes when what came. @throws Error when the answer is no success. */
function readTimed(url: string, options: Parameters<typeof get>[1]): Promise<Streamed> {
  const started = performance.now()
  const since = () => performance.now() - started
  return new Promise((resolve, reject) => {
    get(url, options, (response) => {
      const seen = { firstByteMs: Number.NaN, resultsMs: Number.NaN, bytes: '' }
      response.setEncoding('utf8').on('data', (chunk: string) => {
        seen.bytes += chunk
        if (Number.isNaN(seen.firstByteMs)) seen.firstByteMs = since()
        if (Number.isNaN(seen.resultsMs) && readEvents(seen.bytes).some(hasResults)) seen.resultsMs = since()
      })
      response.once('end', () => {
        if (response.statusCode !== 200) reject(new Error(`${url} answered ${seen.bytes}`))
        else resolve({ ...seen, doneMs: since(), events: readEvents(seen.bytes) })
      })
    }).once('error', reject)
  })
}

/** The events that are there whole. */
function readEvents(text: string): WireDiscoveryEvent[] {
  return [...text.matchAll(/^event: (\w+)\ndata: (.*)\n\n/gm)].map(
    ([, event, data]) => ({ event, ...JSON.parse(data ?? '') }) as WireDiscoveryEvent,
  )
}

function hasResults(event: WireDiscoveryEvent): boolean {
  if (event.event === 'local') return event.agents.length > 0
  return event.event === 'merge' && event.upserts.length > 0
}

/** A server that sends the bytes of this stream at once; returns its address. */
async function startReference(
  stack: AsyncDisposableStack,
  { folder, index, stream }: { readonly folder: string; readonly index: number; readonly stream: Streamed },
): Promise<string> {
  const file = join(folder, `stream-${index}.json`)
  const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }
  await writeFile(file, JSON.stringify({ headers, body: stream.bytes }))
  const port = await findFreePort()
  const server = await ServerProcess.start({
    ...{ arguments: ['bench/bytes-server.js', 'raw', String(port), file], port, environment: {} },
    logFile: join(folder, `raw-${index}.log`),
  })
  stack.use(server)
  return server.origin
}
