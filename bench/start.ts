/**
 * How soon a registry answers and what memory it takes: as the published package, which is built first if the
 * sources are newer, and from the sources. Medians of 5 starts in an empty folder; beside them an http server
 * of Node's that does nothing. Then the memory of one that has stored 10,000 agents and answered 1,000 searches.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { percentile, report, sortNumbers } from './figures.ts'
import { openKeepAlive } from './keep-alive.ts'
import { makeFolder } from './places.ts'
import { loadRecords, makeQueries, toImportLine } from './records.ts'
import { COMMANDS, RAISED_LIMITS_NOTE, startRegistry, writeImportFile } from './registry.ts'
import { runBench } from './run-bench.ts'
import { findFreePort, ServerProcess } from './server-process.ts'

const STARTS = 5
const IDLE_MS = 1_000
const LINES = 10_500 // some are repeated: enough for 10,000 agents
const SEARCHES = 1_000

type Start = { readonly startMs: number; readonly residentMB: number }

await runBench(async (stack) => {
  const folder = await makeFolder(stack)
  // In turn, so that a busy moment of the machine is not one candidate's alone.
  const starts = { raw: [] as Start[], package: [] as Start[], sources: [] as Start[] }
  for (let run = 0; run < STARTS; run += 1) {
    starts.raw.push(await startRaw(folder))
    starts.package.push(await startOnce('package'))
    starts.sources.push(await startOnce('sources'))
  }
  const raw = medians(starts.raw)
  for (const [run, mostMs, mostMB] of [
    ['package', 1_000, 130],
    ['sources', 1_500, 170],
  ] as const) {
    const { startMs, residentMB } = medians(starts[run])
    const command = COMMANDS[run].join(' ')
    report({
      what: `${run} (${command}): from its start to its answer`,
      measured: startMs,
      unit: 'ms',
      reference: { what: 'empty node:http server', measured: raw.startMs },
      promise: { atMost: mostMs },
    })
    report({
      what: `${run}: resident memory ${IDLE_MS / 1_000} s later`,
      measured: residentMB,
      unit: 'MB',
      reference: { what: 'empty node:http server', measured: raw.residentMB },
      promise: { atMost: mostMB },
    })
  }
  const { residentMB, agents } = await residentAfterUse(stack, folder)
  report({
    what: `package: resident memory with ${agents} agents imported and ${SEARCHES} searches answered`,
    measured: residentMB,
    unit: 'MB',
    reference: { what: 'empty node:http server', measured: raw.residentMB },
    promise: { atMost: 180 },
  })
})

async function startRaw(folder: string): Promise<Start> {
  const port = await findFreePort()
  await using server = await ServerProcess.start({
    arguments: ['bench/raw-server.js', String(port)],
    port,
    environment: {},
    logFile: join(folder, 'raw.log'),
  })
  return await settled(server)
}

async function startOnce(run: keyof typeof COMMANDS): Promise<Start> {
  await using stack = new AsyncDisposableStack()
  const folder = await makeFolder(stack)
  const { process } = await startRegistry(stack, { folder, name: 'bench', run })
  return await settled(process)
}

async function settled(server: ServerProcess): Promise<Start> {
  await sleep(IDLE_MS)
  return { startMs: server.startMs, residentMB: server.residentMB() }
}

function medians(starts: readonly Start[]): Start {
  const median = (values: number[]): number => percentile(sortNumbers(values), 0.5)
  return {
    startMs: median(starts.map(({ startMs }) => startMs)),
    residentMB: median(starts.map(({ residentMB }) => residentMB)),
  }
}

async function residentAfterUse(
  stack: AsyncDisposableStack,
  folder: string,
): Promise<{ residentMB: number; agents: number }> {
  const records = loadRecords().slice(0, LINES)
  const registry = await startRegistry(stack, { folder, name: 'used', run: 'package' })
  const { created } = await registry.importFile(
    await writeImportFile(folder, 'records', records.map(toImportLine)),
  )
  const caller = openKeepAlive(stack, registry.url)
  for (const search of makeQueries(records, SEARCHES, 3)) {
    await caller.get(`/api/v1/discovery/agents?${new URLSearchParams({ search })}`)
  }
  console.log(`  ${records.length} lines made ${created} agents; ${RAISED_LIMITS_NOTE}`)
  return { residentMB: (await settled(registry.process)).residentMB, agents: created }
}
