import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { sql } from 'kysely'
import { NO_FILTER } from '../../src/domain/discovery.ts'
import type { Engine } from '../../src/storage/engine.ts'
import { type AgentsUnderTest, agentsOf, EVERYTHING } from '../conformance/agent-fixtures.ts'
import { createSqliteDatabase } from '../conformance/engines.ts'
import { findIndexFaults } from '../conformance/recount-index.ts'
import { checkChain } from '../support/audit-chain.ts'
import { createRandom } from '../support/random.ts'
import { BATCH, type Told } from './writing-process.ts'

const ROUNDS = 20

/** What was acknowledged: each record's present word, or that it is deleted. */
type Acknowledged = Map<string, { readonly word: string } | 'deleted'>
/** A change that was begun and not acknowledged: it may have been made or not. */
type InDoubt = Extract<Told, { kind: 'changing' | 'deleting' }> | undefined

test(`no acknowledged write is lost when the process is killed ${ROUNDS} times`, async () => {
  await using database = await createSqliteDatabase()
  const random = createRandom(1)
  const acknowledged: Acknowledged = new Map()
  let writes = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    const told = await writeUntilKilled(database.address, { round, afterMs: 20 + random.below(250) })
    const earlier = [...acknowledged.keys()].filter(() => random.next() < 100 / acknowledged.size)
    const inDoubt = note(told, acknowledged)
    writes += told.length
    const engine = await database.open()
    await checkDatabase(engine)
    if (inDoubt) await settle(engine, acknowledged, inDoubt)
    await checkBatches(engine)
    await checkAudit(engine, acknowledged)
    // Of the earlier rounds' records some each time, and all at the end.
    const ids = round === ROUNDS - 1 ? [...acknowledged.keys()] : [...earlier, ...idsIn(told)]
    const under = agentsOf(engine)
    for (const id of ids) await checkOne(under, id, acknowledged.get(id) ?? assert.fail())
    await engine[Symbol.asyncDispose]()
  }
  assert.ok(writes > ROUNDS * 5, `only ${writes} writes were told of`)
  assert.ok([...acknowledged.values()].includes('deleted'))
})

/** Everything the process told, up to its last whole line. */
async function writeUntilKilled(
  path: string,
  { round, afterMs }: { readonly round: number; readonly afterMs: number },
): Promise<Told[]> {
  const script = join(import.meta.dirname, 'writing-process.ts')
  const child = spawn(process.execPath, [script, path, `${round}`], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const closed = once(child, 'close')
  await Promise.race([once(child.stdout, 'data'), closed])
  await setTimeout(afterMs)
  child.kill('SIGKILL')
  await closed
  assert.equal(child.signalCode, 'SIGKILL', 'the process ended by itself')
  const lines = output.split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Told)
}

function note(told: readonly Told[], acknowledged: Acknowledged): InDoubt {
  let inDoubt: InDoubt
  for (const line of told) {
    inDoubt = undefined
    if (line.kind === 'stored') for (const { id, word } of line.records) acknowledged.set(id, { word })
    else if (line.kind === 'deleted') acknowledged.set(line.id, 'deleted')
    else inDoubt = line
  }
  return inDoubt
}

function idsIn(told: readonly Told[]): string[] {
  return told.flatMap((line) => (line.kind === 'stored' ? line.records.map(({ id }) => id) : [line.id]))
}

async function checkDatabase(engine: Engine) {
  const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(engine.db)
  assert.deepEqual(
    rows.map((row) => row.integrity_check),
    ['ok'],
  )
  const violations = await sql`pragma foreign_key_check`.execute(engine.db)
  assert.deepEqual(violations.rows, [])
  assert.deepEqual(await findIndexFaults(engine), [])
}

/** Takes what became of the change in doubt as its state: one of the two it may have. */
async function settle(engine: Engine, acknowledged: Acknowledged, inDoubt: NonNullable<InDoubt>) {
  const before = acknowledged.get(inDoubt.id)
  assert.ok(before && before !== 'deleted')
  const found = await agentsOf(engine).agents.find(inDoubt.id, EVERYTHING)
  const isMade =
    found.kind === 'found' ? found.agent.name.includes(`${inDoubt.word} `) : found.kind === 'deleted'
  if (!isMade) return
  acknowledged.set(inDoubt.id, inDoubt.kind === 'deleting' ? 'deleted' : { word: inDoubt.word })
}

async function checkOne(
  { agents, index }: AgentsUnderTest,
  id: string,
  state: { readonly word: string } | 'deleted',
) {
  const found = await agents.find(id, EVERYTHING)
  if (state === 'deleted') return assert.equal(found.kind, 'deleted', id)
  assert.ok(found.kind === 'found' && found.agent.name.includes(`${state.word} `), `${id} ${state.word}`)
  const options = { filter: NO_FILTER, limit: 5, after: null }
  const { matches } = await index.search(`${state.word} `, EVERYTHING, options)
  assert.deepEqual(
    matches.map(({ agent }) => agent.id),
    [id],
  )
  assert.ok(await agents.findCard(found.agent.id))
}

/** A batch is there whole or not at all. */
async function checkBatches(engine: Engine) {
  const rows = await engine.db
    .selectFrom('agent_tags')
    .select(['tag', (eb) => eb.fn.countAll<number>().as('records')])
    .groupBy('tag')
    .execute()
  for (const { tag, records } of rows) assert.equal(records, BATCH, tag)
}

/** Every record that is or was there has the audit row of its creation. */
async function checkAudit(engine: Engine, acknowledged: Acknowledged) {
  const rows = await engine.db.selectFrom('audit_log').select(['target', 'detail']).execute()
  const audited = new Set(
    rows.flatMap(({ target, detail }) => [
      target.replace('agent:', ''),
      ...((JSON.parse(String(detail)) as { created?: string[] }).created ?? []),
    ]),
  )
  assert.deepEqual((await checkChain(engine)).faults, [])
  const stored = await engine.db.selectFrom('agents').select('id').execute()
  for (const { id } of stored) assert.ok(audited.has(id), id)
  for (const id of acknowledged.keys()) assert.ok(audited.has(id), id)
}
