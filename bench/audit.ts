/**
 * How long it takes to check an audit log of 100,000 rows: `audit verify` with a signed head, over HTTP from a registry
 * in a process of its own, and reading the database alone. Beside them: SHA-256 over the very bytes of its rows.
 */
import { hash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createChainCheck } from '../src/audit/chain-check.ts'
import { runCli } from '../src/cli/program.ts'
import { readSpan, readTexts } from '../src/storage/audit-chain.ts'
import { openEngine } from '../src/storage/database.ts'
import type { Engine } from '../src/storage/engine.ts'
import { migrate } from '../src/storage/migrate.ts'
import { disarm, fillChain } from '../test/support/audit-chain.ts'
import { captureTerminal } from '../test/support/captured-terminal.ts'
import { percentile, report, sortNumbers } from './figures.ts'
import { makeFolder, makePostgresDatabase } from './places.ts'
import { startRegistry } from './registry.ts'
import { runBench } from './run-bench.ts'

const ROWS = 100_000
const RUNS = 5
const PAGE = 2_000
const PROMISE = { atMost: 3 }

await runBench(async (stack) => {
  const folder = await makeFolder(stack)
  const postgres = await makePostgresDatabase(stack)
  const places = [
    { name: 'SQLite', url: `sqlite:${join(folder, 'registry.db')}` },
    ...(postgres === undefined ? [] : [{ name: 'PostgreSQL', url: postgres.url }]),
  ]
  for (const { name, url } of places) {
    const { alone, bare } = await measureDatabase(url)
    const reference = { what: 'SHA-256 over the same bytes', measured: bare }
    const what = `${ROWS} rows of the audit log checked`
    report({ what: `${what}, ${name}, reading alone`, measured: alone, unit: 's', reference })
    const measured = await measureCommand(stack, { folder, name, url })
    report({ what: `${what} by audit verify, ${name}`, measured, unit: 's', reference, promise: PROMISE })
  }
})

async function measureDatabase(url: string): Promise<{ readonly alone: number; readonly bare: number }> {
  await using engine = await openEngine(url, () => {})
  await migrate(engine)
  await disarm(engine)
  await fillChain(engine, ROWS)
  const [alone, bare]: [number[], number[]] = [[], []]
  for (let run = 0; run < RUNS; run += 1) {
    const started = performance.now()
    const texts = await checkOnce(engine)
    alone.push(performance.now() - started)
    const bytes = texts.map((text) => Buffer.from(text))
    const hashing = performance.now()
    for (const one of bytes) hash('sha256', one)
    bare.push(performance.now() - hashing)
  }
  return { alone: median(alone), bare: median(bare) }
}

async function checkOnce(engine: Engine): Promise<string[]> {
  const { start, head } = await readSpan(engine.db)
  const check = createChainCheck(start, [head])
  const texts: string[] = []
  for (let after = start.seq; ; ) {
    const rows = await readTexts(engine, { after, through: head.seq, limit: PAGE })
    for (const row of rows) {
      check.add(row)
      texts.push(row.text)
    }
    after = rows.at(-1)?.seq ?? after
    if (rows.length < PAGE) break
  }
  const { isWhole, heads } = check.finish(head)
  if (!isWhole || heads !== 1 || texts.length !== ROWS) throw new Error('the log is not what was made')
  return texts
}

async function measureCommand(
  stack: AsyncDisposableStack,
  { folder, name, url }: { readonly folder: string; readonly name: string; readonly url: string },
): Promise<number> {
  const registry = await startRegistry(stack, { folder, name, databaseUrl: url })
  const headFile = join(folder, `${name}.head`)
  await writeFile(headFile, JSON.stringify(await registry.call('GET', '/audit/head')))
  const times: number[] = []
  for (let run = 0; run < RUNS; run += 1) {
    const terminal = captureTerminal()
    const started = performance.now()
    const argv = [
      '--registry',
      registry.url,
      '--key',
      registry.adminKey,
      'audit',
      'verify',
      '--head',
      headFile,
    ]
    const code = await runCli(argv, terminal)
    times.push(performance.now() - started)
    if (code !== 0) throw new Error(`${terminal.written.out}${terminal.written.err}`)
  }
  await registry.process[Symbol.asyncDispose]()
  return median(times)
}

/** Of ms, in seconds. */
function median(times: readonly number[]): number {
  return percentile(sortNumbers(times), 0.5) / 1_000
}
