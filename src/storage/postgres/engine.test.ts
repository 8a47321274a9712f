import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { createPostgresDatabase } from '../../../test/conformance/engines.ts'
import { timeAwake } from '../../../test/support/awake-time.ts'
import { StorageError } from '../../domain/storage-error.ts'
import type { Tables } from '../tables.ts'
import { openPostgresEngine } from './engine.ts'

/** A database behind a wire that can be cut or frozen; skips where PostgreSQL does not answer. */
async function createWiredDatabase(t: TestContext) {
  const database = await createPostgresDatabase().catch((error: unknown) => {
    if (process.env.CI === 'true') throw error
    return null
  })
  if (database === null) {
    t.skip('PostgreSQL does not answer')
    return null
  }
  const address = new URL(database.address)
  const target = { port: Number(address.port || 5432), host: address.hostname }
  const sockets = new Set<Socket>()
  const wire = createServer((near) => {
    const far = connect(target)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one
        .on('data', (bytes) => other.write(bytes))
        .on('error', () => {})
        .on('close', () => other.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(wire, 'listening')
  address.hostname = '127.0.0.1'
  address.port = String((wire.address() as AddressInfo).port)
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    wire.close()
    await database.dispose()
  })
  return {
    url: address.href,
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
    freeze: () => {
      for (const socket of sockets) socket.pause()
    },
  }
}

const one = (db: Kysely<Tables>) => sql`select 1`.execute(db)

/** Asks until there is an answer: where the time limit is short, a pause of this process costs a try. */
async function untilAnswered(db: Kysely<Tables>): Promise<void> {
  const deadline = performance.now() + 10_000
  for (;;) {
    try {
      await one(db)
      return
    } catch (error) {
      assert.ok(isUnavailable(error) && performance.now() < deadline, String(error))
    }
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof StorageError && error.fault === 'unavailable'
}

async function assertSoonUnavailable(work: () => Promise<unknown>): Promise<void> {
  const { ms } = await timeAwake(() => assert.rejects(work(), isUnavailable))
  assert.ok(ms < 1_000, `${ms} ms`)
}

test('a connection that breaks within a transaction costs that transaction alone, not the process', async (t) => {
  const wired = await createWiredDatabase(t)
  if (wired === null) return
  await using engine = openPostgresEngine(wired.url, () => {})
  const work = engine.db.transaction().execute(async (trx) => {
    await one(trx)
    wired.cut()
    await new Promise((resolve) => setTimeout(resolve, 50))
    await one(trx)
  })
  await assert.rejects(work, isUnavailable)
  await one(engine.db)
})

test('a database that stops answering is unavailable after the time limit, and found again later', async (t) => {
  const wired = await createWiredDatabase(t)
  if (wired === null) return
  await using engine = openPostgresEngine(wired.url, () => {}, 300)
  await untilAnswered(engine.db)
  wired.freeze()
  await assertSoonUnavailable(() => one(engine.db))
  await untilAnswered(engine.db) // over a new connection
  let isFrozen = false
  const freezeWithin = () =>
    engine.db.transaction().execute(async (trx) => {
      await one(trx)
      wired.freeze()
      isFrozen = true
      await one(trx)
    })
  // It may fail before the wire is frozen, for a pause of this process: then it has shown nothing yet.
  while (!isFrozen) await assertSoonUnavailable(freezeWithin)
  await untilAnswered(engine.db) // over a new connection
})

test('connections are told as they are: busy, idle, and how many wait for one', async (t) => {
  const wired = await createWiredDatabase(t)
  if (wired === null) return
  await using engine = openPostgresEngine(wired.url, () => {})
  assert.deepEqual(engine.connections(), { busy: 0, idle: 0, most: 10, waiting: 0 })
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
  const works = Array.from({ length: 12 }, () => engine.db.connection().execute(() => held))
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.deepEqual(engine.connections(), { busy: 10, idle: 0, most: 10, waiting: 2 })
  letGo()
  await Promise.all(works)
  assert.deepEqual(engine.connections(), { busy: 0, idle: 10, most: 10, waiting: 0 })
})
