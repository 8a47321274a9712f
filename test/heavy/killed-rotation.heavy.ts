/** `secrets rotate` as an operator runs it, killed again and again: whatever it was at, every secret opens. */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { createKeyRingFile, loadKeyRingFile } from '../../src/security/key-file.ts'
import { createKeyRing, formatKeyRing, parseKeyRing } from '../../src/security/key-ring.ts'
import { createSecretBox } from '../../src/security/secret-box.ts'
import type { Engine } from '../../src/storage/engine.ts'
import { createPeerStore } from '../../src/storage/peers.ts'
import { createSecretStore } from '../../src/storage/secrets.ts'
import { type EngineUnderTest, forEachEngine } from '../conformance/engines.ts'
import { addPeer, createTestClock } from '../conformance/store-fixtures.ts'
import { createRandom } from '../support/random.ts'
import { MAIN } from '../support/serve-process.ts'

const KILLS = 20
const PEERS = 1_500 // 30 batches: a second or so of work to be killed in

type Place = {
  readonly database: EngineUnderTest
  readonly keyFile: string
  readonly env: Readonly<Record<string, string | undefined>>
}

async function fill(engine: Engine, keyFile: string): Promise<string[]> {
  const secretBox = createSecretBox(await loadKeyRingFile(keyFile))
  const peers = createPeerStore(engine, { secretBox, clock: createTestClock() })
  const ids: string[] = []
  for (let place = 0; place < PEERS; place += 1) {
    const given = { apiKey: `key ${place}`, signingSecret: `secret ${place}` }
    ids.push((await addPeer(peers, `Peer ${place}`, given)).id)
  }
  return ids
}

/** Every secret is what was put in, with the ring as it is in its file. */
async function assertAllOpen(engine: Engine, keyFile: string, ids: readonly string[]): Promise<void> {
  const deps = { secretBox: createSecretBox(await loadKeyRingFile(keyFile)), clock: createTestClock() }
  const secrets = createSecretStore(engine, deps)
  await secrets.checkRing()
  assert.deepEqual((await secrets.survey()).unreadable, [])
  const rows = await engine.db
    .selectFrom('federation_peers')
    .select(['id', 'api_key', 'signing_secret'])
    .execute()
  assert.equal(rows.length, ids.length)
  for (const row of rows) {
    const place = ids.indexOf(row.id)
    const open = (column: 'api_key' | 'signing_secret') =>
      deps.secretBox.open(row[column] ?? '', { table: 'federation_peers', id: row.id, column })
    assert.deepEqual([open('api_key'), open('signing_secret')], [`key ${place}`, `secret ${place}`])
  }
}

async function runToEnd({ env }: Place, command: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, 'secrets', command], { env })
  return stdout
}

/** Starts a rotation and kills it once it has brought some batches over; false when it was done before. */
async function rotateAndKill(place: Place, engine: Engine, afterMs: number): Promise<boolean> {
  const isAt = progressOf(place, engine)
  const before = await isAt()
  const child = spawn(process.execPath, [MAIN, 'secrets', 'rotate'], { env: place.env, stdio: 'ignore' })
  const closed = once(child, 'close')
  while (child.exitCode === null && (await isAt()) === before) await sleep(1)
  await sleep(afterMs)
  child.kill('SIGKILL')
  await closed
  return child.signalCode === 'SIGKILL'
}

/** How many secrets the first key of the ring seals, read beside the process that rotates. */
function progressOf({ database, keyFile }: Place, engine: Engine): () => Promise<number> {
  const statement = (prefix: string) =>
    `select count(*) as n from federation_peers where api_key like '${prefix}%' or signing_secret like '${prefix}%'`
  return async () => {
    const prefix = `v1.${(await readFile(keyFile, 'utf8')).split(':')[0]}.`
    if (database.kind === 'postgres') {
      const { rows } = await sql.raw<{ n: unknown }>(statement(prefix)).execute(engine.db)
      return Number(rows[0]?.n)
    }
    const reader = new DatabaseSync(database.address, { readOnly: true, timeout: 1_000 })
    const row = reader.prepare(statement(prefix)).get()
    reader.close()
    return Number(row?.n)
  }
}

await forEachEngine('secrets rotate', (createDatabase, kind) => {
  test(`killed ${KILLS} times midway, every secret opens each time, and it comes to its end`, async (t) => {
    await using database = await createDatabase()
    const folder = await mkdtemp(join(tmpdir(), 'avr-rotation-'))
    t.after(() => rm(folder, { recursive: true }))
    const keyFile = join(folder, 'keys')
    await createKeyRingFile(keyFile, createKeyRing())
    const env = {
      ...{ PATH: process.env.PATH, REGISTRY_KEYS_FILE: keyFile },
      DATABASE_URL: kind === 'sqlite' ? `sqlite:${database.address}` : database.address,
    }
    const place: Place = { database, keyFile, env }
    let engine = await database.open()
    const ids = await fill(engine, keyFile)
    const random = createRandom(7)
    let [kills, rounds, rotations] = [0, 0, 0]
    for (; kills < KILLS && rounds < 3 * KILLS; rounds += 1) {
      const wasDone = await isDone(engine, keyFile)
      // SQLite gives its file to one process at a time.
      if (kind === 'sqlite') await engine[Symbol.asyncDispose]()
      if (wasDone) {
        await runToEnd(place, 'add-key')
        rotations += 1
      }
      if (await rotateAndKill(place, engine, random.below(40))) kills += 1
      if (kind === 'sqlite') engine = await database.open()
      await assertAllOpen(engine, keyFile, ids)
    }
    assert.equal(kills, KILLS, `${kills} of ${rounds} rotations were killed midway`)
    if (kind === 'sqlite') await engine[Symbol.asyncDispose]()
    const said = await runToEnd(place, 'rotate')
    t.diagnostic(`${rotations} rotations of ${2 * PEERS} secrets, ${kills} kills; then: ${said.trim()}`)
    const newest = parseKeyRing((await readFile(keyFile, 'utf8')).split(',')[0] ?? '')
    await writeFile(keyFile, formatKeyRing(newest))
    engine = kind === 'sqlite' ? await database.open() : engine
    await assertAllOpen(engine, keyFile, ids)
  })
})

async function isDone(engine: Engine, keyFile: string): Promise<boolean> {
  const deps = { secretBox: createSecretBox(await loadKeyRingFile(keyFile)), clock: createTestClock() }
  const { keys } = await createSecretStore(engine, deps).survey()
  return keys.slice(1).every(({ secrets }) => secrets === 0)
}
