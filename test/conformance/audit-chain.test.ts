/** The audit log is a chain that shows what was done to it, on either engine. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { createChainCheck } from '../../src/audit/chain-check.ts'
import { appendAudit } from '../../src/storage/audit.ts'
import { createAuditLog } from '../../src/storage/audit-log.ts'
import type { Engine } from '../../src/storage/engine.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { MIGRATIONS } from '../../src/storage/migrations/index.ts'
import { addEntries, checkChain, disarm, TAMPERINGS, tamper } from '../support/audit-chain.ts'
import { createRandom } from '../support/random.ts'
import { forEachEngine } from './engines.ts'
import { createTestClock, OPERATOR, START } from './store-fixtures.ts'

const DAY_MS = 86_400_000
const unproved = async (): Promise<object> => ({})

await forEachEngine('audit chain', (createDatabase, kind) => {
  test('rows that many writers add at once are one chain without gaps', async () => {
    await using database = await createDatabase()
    const engines = [await database.open(), ...(kind === 'postgres' ? [await database.open()] : [])]
    await Promise.all(
      Array.from({ length: 40 }, (_, place) => addEntries(engines[place % engines.length] as Engine, 5)),
    )
    const verdict = await checkChain(engines[0] as Engine)
    assert.deepEqual([verdict.faults, verdict.rows, verdict.last.seq], [[], 200, 200])
  })

  test('a change that is undone leaves no row, no number and no hash behind', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    await addEntries(engine, 3)
    const undone = engine.db.transaction().execute(async (trx) => {
      await appendAudit(
        trx,
        { action: 'peer.create', target: 'peer:1' },
        { actor: OPERATOR, clock: createTestClock() },
      )
      throw new Error('undone')
    })
    await assert.rejects(undone, /undone/)
    await addEntries(engine, 2)
    const verdict = await checkChain(engine)
    assert.deepEqual([verdict.faults, verdict.last.seq], [[], 5])
  })

  test('details of every kind have the hash they were written with', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    const details = [
      { b: 1, a: [true, null, 1.5e300, -0, 1e21], 'ключ "ü" \\': 'line\nfeed\u2028\u0007 😀' },
      { '10': 'x', '9': { z: {}, a: [] } },
      {},
    ]
    for (const detail of details) await addEntries(engine, 1, { detail })
    assert.deepEqual((await checkChain(engine)).faults, [])
    const rows = await createAuditLog(engine, createTestClock()).list({ limit: 10, before: null })
    assert.deepEqual(rows.map((row) => row.detail).reverse(), [
      { ...details[0], a: [true, null, 1.5e300, 0, 1e21] },
      ...details.slice(1),
    ])
  })

  test('the tables refuse what would change the log', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    await addEntries(engine, 5)
    const before = await checkChain(engine)
    const attempts = [
      "update audit_log set actor = 'nobody' where seq = 2",
      'update audit_log set seq = 9 where seq = 5',
      'delete from audit_log where seq = 5',
      'delete from audit_log',
      'insert into audit_log select 7, at, actor, action, target, detail, request_id, hash from audit_log where seq = 1',
      'update audit_chain set head_seq = 4',
      'update audit_chain set start_seq = -1',
      'delete from audit_chain',
      ...(kind === 'postgres'
        ? ['truncate audit_log', 'truncate audit_chain']
        : [
            "replace into audit_log select seq, at, 'nobody', action, target, detail, request_id, hash from audit_log where seq = 5",
          ]),
    ]
    for (const attempt of attempts) {
      await assert.rejects(
        sql.raw(attempt).execute(engine.db),
        /append-only|at its end|go back|one chain/,
        attempt,
      )
    }
    assert.deepEqual(await checkChain(engine), before)
  })

  test('each kind of tampering shows, and an untouched chain raises no alarm', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    await disarm(engine)
    const random = createRandom(4)
    await addEntries(engine, 60)
    for (const kindOf of TAMPERINGS.flatMap((one) => [one, one, one])) {
      const { span } = createAuditLog(engine, createTestClock())
      const { head } = await span()
      assert.deepEqual((await checkChain(engine, [head])).faults, [])
      const undo = await tamper(engine, kindOf, random)
      const verdict = await checkChain(engine, [head])
      assert.ok(!verdict.isWhole, kindOf)
      await undo()
      assert.deepEqual((await checkChain(engine, [head])).faults, [], `${kindOf}, undone`)
    }
  })

  test('retention removes old rows, says so in the chain, and what is left is whole', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    const clock = createTestClock()
    const log = createAuditLog(engine, clock)
    await addEntries(engine, 7, { clock })
    const { head: signedBefore } = await log.span()
    clock.advance(10 * DAY_MS)
    await addEntries(engine, 3, { clock })
    const { head: signedAfter } = await log.span()
    assert.equal(await log.prune(START, unproved), 0)
    assert.equal(await log.prune(START + DAY_MS, unproved), 7)
    const verdict = await checkChain(engine, [signedBefore, signedAfter])
    assert.deepEqual([verdict.faults, verdict.rows, verdict.first?.seq, verdict.heads], [[], 4, 8, 2])
    const [pruned] = await log.list({ limit: 1, before: null })
    assert.deepEqual(pruned?.detail, {
      ...{ rows: 7, through_seq: 7, through_hash: signedBefore.hash },
      before: new Date(START + DAY_MS).toISOString(),
    })
    // All of them, the statement of before among them: the new one is younger.
    clock.advance(10 * DAY_MS)
    assert.equal(await log.prune(clock.now() - DAY_MS, unproved), 4)
    const later = await checkChain(engine, [signedBefore])
    assert.deepEqual([later.faults, later.rows, later.headsForgotten], [[], 1, 1])
  })

  test('retention keeps a log that somebody changed', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    const clock = createTestClock()
    const log = createAuditLog(engine, clock)
    await addEntries(engine, 7, { clock })
    await disarm(engine)
    await sql`update audit_log set actor = 'nobody' where seq = 3`.execute(engine.db)
    clock.advance(DAY_MS)
    await assert.rejects(log.prune(clock.now(), unproved), /not whole.*Row 3/)
    assert.equal((await checkChain(engine)).rows, 7)
  })

  test('a beginning that is cut off without retention saying so shows', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    await addEntries(engine, 9)
    await disarm(engine)
    await sql`update audit_chain set start_seq = 4, start_hash = (select hash from audit_log where seq = 4)`.execute(
      engine.db,
    )
    await sql`delete from audit_log where seq <= 4`.execute(engine.db)
    const { head } = await createAuditLog(engine, createTestClock()).span()
    const { faults } = await checkChain(engine, [head])
    assert.deepEqual(
      faults.map((fault) => fault.kind),
      ['start-unfounded'],
    )
  })

  test('a part that retention shortens meanwhile is not taken for a whole one', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    const clock = createTestClock()
    const log = createAuditLog(engine, clock)
    await addEntries(engine, 6, { clock })
    await log.readTexts({ after: 0, through: 6, limit: 2 })
    clock.advance(DAY_MS)
    await log.prune(clock.now(), unproved)
    await assert.rejects(log.readTexts({ after: 2, through: 6, limit: 2 }), /while they were read/)
  })

  test('migration: rows of before are numbered without gaps and chained, as they were', async () => {
    await using database = await createDatabase('empty')
    const engine = database.openBare()
    const earlier = Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name < '20261202T1'))
    const migrations = Object.fromEntries(
      Object.entries(earlier).map(([name, step]) => [
        name,
        { up: (db: Kysely<unknown>) => step(db, engine.types) },
      ]),
    )
    const { error } = await new Migrator({
      db: engine.db,
      provider: { getMigrations: async () => migrations },
    }).migrateToLatest()
    assert.equal(error, undefined)
    const time = new Date(START).toISOString()
    for (let place = 1; place <= 1_203; place += 1) {
      const detail = JSON.stringify({ z: place, a: { ü: [place / 7] } })
      await sql`insert into audit_log (at, actor, action, target, detail, request_id)
        values (${time}, 'key:1', 'peer.update', ${`peer:${place}`}, ${detail}, ${place % 2 === 0 ? null : 'req'})`.execute(
        engine.db,
      )
    }
    await sql`delete from audit_log where seq in (1, 700, 1203)`.execute(engine.db)
    await migrate(engine)
    assert.deepEqual([(await checkChain(engine)).faults, (await checkChain(engine)).rows], [[], 1_200])
    const [last] = await createAuditLog(engine, createTestClock()).list({ limit: 1, before: null })
    assert.deepEqual(
      [last?.seq, last?.target, last?.detail, last?.at, last?.requestId],
      [1_200, 'peer:1202', { z: 1_202, a: { ü: [1_202 / 7] } }, START, null],
    )
    await addEntries(engine, 1)
    assert.deepEqual((await checkChain(engine)).faults, [])
  })

  test('list: by action or its kind, by actor, target and time; what the registry notes each minute is left out on demand', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    const clock = createTestClock()
    const log = createAuditLog(engine, clock)
    const entries = ['peer.create', 'peer.delete', 'query-log.digest', 'peering.create']
    for (const action of entries) {
      await addEntries(engine, 1, { clock, action, target: action === 'peer.create' ? 'peer:1' : 'peer:2' })
      clock.advance(1_000)
    }
    const actions = async (filter: Omit<Parameters<typeof log.list>[0], 'limit' | 'before'>) =>
      (await log.list({ limit: 10, before: null, ...filter })).map((row) => row.action).reverse()
    assert.deepEqual(await actions({}), entries)
    assert.deepEqual(await actions({ exceptKinds: ['query-log'] }), [
      'peer.create',
      'peer.delete',
      'peering.create',
    ])
    assert.deepEqual(await actions({ action: 'peer' }), ['peer.create', 'peer.delete'])
    assert.deepEqual(await actions({ action: 'query-log.digest' }), ['query-log.digest'])
    assert.deepEqual(await actions({ target: 'peer:1' }), ['peer.create'])
    assert.deepEqual(await actions({ actor: 'key:none' }), [])
    assert.deepEqual(await actions({ since: START + 1_000, until: START + 3_000 }), [
      'peer.delete',
      'query-log.digest',
    ])
  })
})

test('a check says what is missing and goes on behind it', () => {
  const check = createChainCheck({ seq: 0, hash: '0'.repeat(64) }, [])
  check.add({ seq: 3, hash: 'a', text: '{}' })
  check.add({ seq: 4, hash: 'b', text: '{}' })
  const { faults } = check.finish({ seq: 4, hash: 'b' })
  assert.deepEqual(
    faults.map((fault) => [fault.kind, fault.seq]),
    [
      ['missing', 3],
      ['altered', 4],
    ],
  )
})
