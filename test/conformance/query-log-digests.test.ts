/** The log of questions is tied to the audit log, on either engine. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createQueryLogCheck, type QueryLogVerdict } from '../../src/audit/query-log-check.ts'
import type { PeerId } from '../../src/domain/peer.ts'
import { createAuditLog } from '../../src/storage/audit-log.ts'
import type { Engine } from '../../src/storage/engine.ts'
import { createQueryLog } from '../../src/storage/query-log.ts'
import { checkChain } from '../support/audit-chain.ts'
import { forEachEngine } from './engines.ts'
import { createTestClock, START } from './store-fixtures.ts'

const PEER = '0199d2f0-0000-7000-8000-00000000000a' as PeerId
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** So many questions, each a second after the one before, from `at` on. */
function questions(count: number, at = START) {
  return Array.from({ length: count }, (_, place) => ({
    ...({ direction: 'inbound', peerId: PEER, peerName: 'Zoë', outcome: 'answered', cache: null } as const),
    ...{ responseTimeMs: place / 3, results: place, queryHash: 'hash', queryText: 'übersetzen\n翻訳' },
    ...{ requestId: `req-${place}`, createdAt: at + place * 1_000 },
  }))
}

async function check(engine: Engine): Promise<QueryLogVerdict> {
  const clock = createTestClock()
  const found = createQueryLogCheck()
  const audit = createAuditLog(engine, clock)
  for (const row of await audit.readTexts({ after: 0, through: 1_000, limit: 1_000 }))
    found.addAudit(row.text)
  const log = createQueryLog(engine, clock)
  for (const line of await log.readLines({ after: found.firstToRead(), limit: 100_000 })) found.addLine(line)
  return found.finish()
}

const clean = (changes: Partial<QueryLogVerdict>): QueryLogVerdict => ({
  ...{ intact: 0, forgotten: 0, uncovered: 0, faultCount: 0, faults: [] },
  ...changes,
})

await forEachEngine('digests of the query log', (createDatabase, kind) => {
  test('each covers what came since the one before; without rows there is none', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    const log = createQueryLog(engine, createTestClock())
    assert.equal(await log.digest(), 0)
    await log.append(questions(3))
    assert.equal(await log.digest(), 3)
    assert.equal(await log.digest(), 0)
    await log.append(questions(2))
    await log.append(questions(1))
    assert.equal(await log.digest(), 3)
    await log.append(questions(4))
    assert.deepEqual(await check(engine), clean({ intact: 2, uncovered: 4 }))
    assert.equal((await checkChain(engine)).rows, 2)
  })

  test('more rows than one takes become several', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    const log = createQueryLog(engine, createTestClock())
    await log.append(questions(20_500))
    assert.equal(await log.digest(), 20_500)
    assert.deepEqual(await check(engine), clean({ intact: 2 }))
  })

  test('rows that were changed, removed or added to it show', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    const log = createQueryLog(engine, createTestClock())
    await log.append(questions(5))
    await log.digest()
    await log.append(questions(5))
    await log.digest()
    const changes = [
      "update federation_query_log set query_text = 'other' where id = 2",
      'update federation_query_log set response_time_ms = response_time_ms + 0.0001 where id = 9',
      'update federation_query_log set results = null where id = 1',
      'delete from federation_query_log where id = 3',
      'delete from federation_query_log where id > 5',
      'delete from federation_query_log',
      ...(kind === 'postgres'
        ? ["update federation_query_log set created_at = created_at + interval '1 microsecond' where id = 4"]
        : []),
    ]
    for (const change of changes) {
      const undone = engine.db.transaction().execute(async (trx) => {
        await sql.raw(change).execute(trx)
        const { faults } = await check({ ...engine, db: trx as never })
        assert.ok(faults.length > 0, change)
        throw new Error('undone')
      })
      await assert.rejects(undone, /undone/)
    }
    assert.deepEqual(await check(engine), clean({ intact: 2 }))
  })

  test('what retention removed is told from what somebody took', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    const log = createQueryLog(engine, createTestClock())
    await log.append(questions(4))
    await log.digest()
    await log.append(questions(4, START + HOUR_MS))
    await log.digest()
    await log.append(questions(4, START + 2 * HOUR_MS))
    await log.digest()
    assert.equal(await log.purge(START), 0)
    // All of the first, half of the second.
    assert.equal(await log.purge(START + HOUR_MS + 2_000), 6)
    assert.deepEqual(await check(engine), clean({ intact: 1, forgotten: 2 }))
    await sql`delete from federation_query_log where id = 10`.execute(engine.db)
    assert.equal((await check(engine)).faultCount, 1)
  })

  test('what they cover is summed up by day, and outlives the rows', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    const log = createQueryLog(engine, createTestClock())
    const day = Date.parse('2026-11-23T00:00:00Z')
    const [first, second, third, fourth] = questions(4)
    assert.ok(first && second && third && fourth)
    await log.append([
      { ...first, responseTimeMs: 10 },
      { ...second, responseTimeMs: 30, peerName: 'Zoë anew' },
      { ...third, responseTimeMs: 500, cache: 'hit' },
    ])
    await log.digest()
    await log.append([{ ...fourth, createdAt: day + DAY_MS, results: null, responseTimeMs: 50 }])
    await log.append([{ ...fourth, outcome: 'timeout', direction: 'outbound', responseTimeMs: 5_000 }])
    await log.digest()
    await log.purge(day + 2 * DAY_MS)
    const of = { peerId: PEER, direction: 'inbound', outcome: 'answered' } as const
    assert.deepEqual(await log.sum({ since: day, until: day + DAY_MS }), [
      { ...of, peerName: 'Zoë', questions: 3, results: 3, averageResponseTimeMs: 20 },
      {
        ...of,
        direction: 'outbound',
        outcome: 'timeout',
        peerName: 'Zoë',
        questions: 1,
        results: 3,
        averageResponseTimeMs: 5_000,
      },
    ])
    const [both] = await log.sum({ since: day, until: day + 2 * DAY_MS })
    assert.deepEqual([both?.questions, both?.averageResponseTimeMs], [4, 30])
    assert.equal(await log.purgeSums(day + DAY_MS), 2)
    assert.deepEqual(
      (await log.sum({ since: 0, until: day + 2 * DAY_MS })).map(({ questions }) => questions),
      [1],
    )
  })

  test('two replicas that do it at once cover each row once', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    const other = kind === 'postgres' ? await database.open() : engine
    const logs = [engine, other].map((one) => createQueryLog(one, createTestClock()))
    await Promise.all(
      Array.from({ length: 40 }, async (_, place) => {
        const log = logs[place % 2]
        await log?.append(questions(25))
        if (place % 5 === 0) await log?.digest()
      }),
    )
    await logs[0]?.digest()
    const verdict = await check(engine)
    assert.deepEqual(verdict, clean({ intact: verdict.intact }))
  })
})
