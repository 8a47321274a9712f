import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { createPostgresDatabase } from '../../../test/conformance/engines.ts'
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

function isUnavailable(error: unknown): boolean {
  return error instanceof StorageError && error.fault === 'unavailable'
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
  await one(engine.db)
  wired.freeze()
  const started = performance.now()
  await assert.rejects(one(engine.db), isUnavailable)
  await assert.rejects(
    engine.db.transaction().execute(async (trx) => {
      await one(trx)
      wired.freeze()
      await one(trx)
    }),
    isUnavailable,
  )
  assert.ok(performance.now() - started < 2_000)
  await one(engine.db) // over a new connection
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
