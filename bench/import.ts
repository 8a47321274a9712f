/**
 * How fast records come in: all real records in one `POST /agents/import`, the whole request timed, into an empty
 * SQLite and an empty PostgreSQL database. Beside them a bare loop of node:sqlite that stores the same lines with
 * the same durability, in transactions of the same size, and neither reads, checks nor indexes them.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { percentile, report, sortNumbers } from './figures.ts'
import { makeFolder, makePostgresDatabase } from './places.ts'
import { loadRecords, toImportLine } from './records.ts'
import { startRegistry, writeImportFile } from './registry.ts'
import { runBench } from './run-bench.ts'

const RUNS = 3
const BATCH_LINES = 1_000 // what an import stores in one transaction

await runBench(async (stack) => {
  const folder = await makeFolder(stack)
  const file = await writeImportFile(folder, 'records', loadRecords().map(toImportLine))
  const rates = { sqlite: [] as number[], postgres: [] as number[], bare: [] as number[] }
  for (let run = 0; run < RUNS; run += 1) {
    rates.bare.push(insertBare(file, join(folder, `bare-${run}.db`)))
    rates.sqlite.push(await importInto(stack, { folder, file, name: `sqlite-${run}` }))
    const database = await makePostgresDatabase(stack)
    if (database === undefined) continue
    const { url: databaseUrl } = database
    rates.postgres.push(await importInto(stack, { folder, file, name: `postgres-${run}`, databaseUrl }))
  }
  const reference = { what: 'bare node:sqlite inserts of the same lines', measured: median(rates.bare) }
  report({
    what: `import over HTTP into SQLite, median of ${RUNS}`,
    measured: median(rates.sqlite),
    unit: 'records/s',
    reference,
    promise: { atLeast: 3_000 },
  })
  if (rates.postgres.length === 0) return
  report({
    what: `import over HTTP into PostgreSQL, median of ${RUNS}`,
    measured: median(rates.postgres),
    unit: 'records/s',
    reference,
  })
})

function insertBare(file: string, path: string): number {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  const database = new DatabaseSync(path)
  database.exec('pragma journal_mode = wal; pragma synchronous = full')
  database.exec('create table lines (id integer primary key, line text not null)')
  const insert = database.prepare('insert into lines (line) values (?)')
  const started = performance.now()
  for (let start = 0; start < lines.length; start += BATCH_LINES) {
    database.exec('begin immediate')
    for (const line of lines.slice(start, start + BATCH_LINES)) insert.run(line)
    database.exec('commit')
  }
  const elapsedMs = performance.now() - started
  database.close()
  return (lines.length * 1_000) / elapsedMs
}

async function importInto(
  stack: AsyncDisposableStack,
  { file, ...where }: { folder: string; file: string; name: string; databaseUrl?: string },
): Promise<number> {
  const registry = await startRegistry(stack, where)
  const { elapsedMs, accepted, created, rejected } = await registry.importFile(file)
  const rate = (accepted * 1_000) / elapsedMs
  console.log(
    `  ${where.name}: ${accepted} records of the file in ${Math.round(elapsedMs)} ms: ${Math.round(rate)}/s ` +
      `(${created} agents; ${rejected} lines without a name or an address rejected)`,
  )
  await registry.process[Symbol.asyncDispose]()
  return rate
}

function median(values: readonly number[]): number {
  return percentile(sortNumbers(values), 0.5)
}
