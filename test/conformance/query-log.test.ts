import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import type { QueryLogEntry, QueryLogFilter } from '../../src/domain/federation-ports.ts'
import type { PeerId } from '../../src/domain/peer.ts'
import { createPeerStore } from '../../src/storage/peers.ts'
import { createQueryLog } from '../../src/storage/query-log.ts'
import { type EngineUnderTest, forEachEngine } from './engines.ts'
import { addPeer, createTestBox, createTestClock, OPERATOR, START } from './store-fixtures.ts'

const FIRST = '0199d2f0-0000-7000-8000-00000000000a' as PeerId
const SECOND = '0199d2f0-0000-7000-8000-00000000000b' as PeerId

async function open(database: EngineUnderTest) {
  const engine = await database.open()
  return { engine, log: createQueryLog(engine, createTestClock()) }
}

/** The `place`th question: each a second after the one before. */
function entry(place: number, changes: Partial<QueryLogEntry> = {}): QueryLogEntry {
  return {
    direction: 'outbound',
    peerId: FIRST,
    peerName: 'First',
    outcome: 'answered',
    responseTimeMs: 10,
    results: 20,
    cache: 'miss',
    queryHash: 'a-keyed-hash',
    queryText: null,
    requestId: `req-${place}`,
    createdAt: START + place * 1000,
    ...changes,
  }
}

await forEachEngine('query log', (createDatabase, kind) => {
  test('append: rows come back as they were, newest first, each with a growing id', async () => {
    await using database = await createDatabase()
    const { log } = await open(database)
    await log.append([])
    const full = entry(0, {
      ...{ direction: 'inbound', peerName: 'Zoë "ops" <\\>', outcome: 'rate-limited', responseTimeMs: 0.25 },
      ...{ queryText: 'übersetzen 翻訳 \u{1f916}', results: 0 },
    })
    const bare = entry(1, { results: null, cache: null, queryHash: null, requestId: null })
    await log.append([full, bare])
    await log.append([entry(2)])
    const rows = await log.list({ limit: 10 })
    assert.deepEqual(
      rows.map(({ id: _, ...row }) => row),
      [entry(2), bare, full],
    )
    const ids = rows.map((row) => row.id)
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => b - a),
    )
    assert.equal(new Set(ids).size, 3)
  })

  test('append: a null character that somebody typed costs no row', async () => {
    await using database = await createDatabase()
    const { log } = await open(database)
    await log.append([entry(0), entry(1, { queryText: 'a\0b' })])
    const rows = await log.list({ limit: 10 })
    assert.deepEqual(
      rows.map((row) => row.queryText),
      ['a\ufffdb', null],
    )
  })

  test('append: a batch with a row that cannot be kept leaves nothing', async () => {
    await using database = await createDatabase()
    const { log } = await open(database)
    await assert.rejects(log.append([entry(0), entry(1, { direction: 'sideways' as never })]))
    assert.deepEqual(await log.list({ limit: 10 }), [])
  })

  test('list: by peer, direction, outcome and time, and walked in pages without gap or repeat', async () => {
    await using database = await createDatabase()
    const { log } = await open(database)
    const all = Array.from({ length: 60 }, (_, place) =>
      entry(place, {
        peerId: place % 3 === 0 ? SECOND : FIRST,
        direction: place % 2 === 0 ? 'inbound' : 'outbound',
        outcome: place % 5 === 0 ? 'timeout' : 'answered',
        // Several at one moment, and not in the order they are told.
        createdAt: START + Math.floor(((place * 17) % 60) / 4) * 1000,
      }),
    )
    await log.append(all.slice(0, 25))
    await log.append(all.slice(25))
    const filters: Omit<QueryLogFilter, 'limit'>[] = [
      {},
      { peerId: FIRST },
      { direction: 'inbound' },
      { outcome: 'timeout' },
      { since: START + 5000 },
      { until: START + 5000 },
      {
        peerId: SECOND,
        direction: 'outbound',
        outcome: 'answered',
        since: START + 2000,
        until: START + 9000,
      },
      { peerId: uuidv7() },
      { peerId: 'nobody' },
    ]
    for (const filter of filters) {
      const expected = all.filter(
        (row) =>
          (filter.peerId ?? row.peerId) === row.peerId &&
          (filter.direction ?? row.direction) === row.direction &&
          (filter.outcome ?? row.outcome) === row.outcome &&
          row.createdAt >= (filter.since ?? 0) &&
          row.createdAt < (filter.until ?? Number.POSITIVE_INFINITY),
      )
      const walked = []
      let before: number | undefined
      for (;;) {
        const page = await log.list({ ...filter, ...(before === undefined ? {} : { before }), limit: 7 })
        walked.push(...page)
        before = page.at(-1)?.id
        if (page.length < 7) break
      }
      const order = walked.map((row) => [row.createdAt, row.id] as const)
      assert.deepEqual(
        order,
        order.toSorted((a, b) => b[0] - a[0] || b[1] - a[1]),
      )
      assert.deepEqual(
        walked.map((row) => row.requestId).sort(),
        expected.map((row) => row.requestId).sort(),
        JSON.stringify(filter),
      )
    }
  })

  test('list: behind a row that is gone nothing follows', async () => {
    await using database = await createDatabase()
    const { log } = await open(database)
    await log.append([entry(0), entry(1), entry(2)])
    const [, second] = await log.list({ limit: 2 })
    await log.purge(START + 2000)
    assert.deepEqual(await log.list({ before: second?.id ?? 0, limit: 10 }), [])
    assert.equal((await log.list({ limit: 10 })).length, 1)
  })

  test('stats: each direction has its outcomes; times are of what was waited for', async () => {
    await using database = await createDatabase()
    const { log } = await open(database)
    const answered = Array.from({ length: 100 }, (_, place) => entry(place, { responseTimeMs: place + 1 }))
    await log.append([
      ...answered,
      entry(5, { outcome: 'timeout', responseTimeMs: 1000, cache: null }),
      entry(6, { cache: 'hit', responseTimeMs: 0 }),
      entry(7, { cache: 'revalidating', responseTimeMs: 0 }),
      entry(8, { direction: 'inbound', outcome: 'refused', responseTimeMs: 4, cache: null }),
      entry(9, { peerId: SECOND, responseTimeMs: 9999 }),
      entry(-1, { outcome: 'too old' }),
    ])
    assert.deepEqual(await log.stats(FIRST, START), {
      outbound: {
        outcomes: new Map([
          ['answered', 102],
          ['timeout', 1],
        ]),
        averageResponseTimeMs: 6050 / 101,
        p50ResponseTimeMs: 51,
        p95ResponseTimeMs: 96,
      },
      inbound: {
        outcomes: new Map([['refused', 1]]),
        averageResponseTimeMs: 4,
        p50ResponseTimeMs: 4,
        p95ResponseTimeMs: 4,
      },
    })
    const nothing = {
      ...{ outcomes: new Map(), averageResponseTimeMs: null },
      ...{ p50ResponseTimeMs: null, p95ResponseTimeMs: null },
    }
    assert.deepEqual(await log.stats(uuidv7() as PeerId, START), { outbound: nothing, inbound: nothing })
    await log.append([entry(0, { peerId: SECOND, direction: 'inbound', cache: 'hit' })])
    const { inbound } = await log.stats(SECOND, START)
    assert.deepEqual(inbound, { ...nothing, outcomes: new Map([['answered', 1]]) })
  })

  test('statsOfAll: says of every peer at once what stats says of one', async () => {
    await using database = await createDatabase()
    const { log } = await open(database)
    await log.append([
      ...Array.from({ length: 41 }, (_, place) => entry(place, { responseTimeMs: 41 - place })),
      entry(3, { cache: 'hit', responseTimeMs: 0 }),
      entry(4, { outcome: 'timeout', responseTimeMs: 900, cache: null }),
      entry(5, { peerId: SECOND, direction: 'inbound', outcome: 'refused', responseTimeMs: 7, cache: null }),
      entry(6, { peerId: SECOND, cache: 'hit', responseTimeMs: 0 }),
      entry(-1, { peerId: uuidv7() as PeerId }),
    ])
    const all = await log.statsOfAll(START)
    assert.deepEqual([...all.keys()].sort(), [FIRST, SECOND].sort())
    for (const peerId of [FIRST, SECOND]) {
      const { outbound, inbound } = await log.stats(peerId, START)
      const { averageResponseTimeMs: _, ...ours } = outbound
      const { averageResponseTimeMs: __, ...theirs } = inbound
      assert.deepEqual(all.get(peerId), { outbound: ours, inbound: theirs })
    }
    assert.equal(all.get(FIRST)?.outbound.p50ResponseTimeMs, 21)
    assert.equal((await log.statsOfAll(START + 86_400_000)).size, 0)
  })

  test('purge: forgets what is older than asked and says how much', async () => {
    await using database = await createDatabase()
    const { log } = await open(database)
    await log.append(Array.from({ length: 2_500 }, (_, place) => entry(place)))
    assert.equal(await log.purge(START), 0)
    assert.equal(await log.purge(START + 2_400 * 1000), 2_400)
    assert.equal((await log.list({ limit: 1000 })).length, 100)
    assert.equal(await log.purge(START + 2_400 * 1000), 0)
  })

  test('history outlives its peer', async () => {
    await using database = await createDatabase()
    const { engine, log } = await open(database)
    const peers = createPeerStore(engine, { clock: createTestClock(), secretBox: createTestBox() })
    const { id } = await addPeer(peers, 'Gone soon')
    await log.append([entry(0, { peerId: id, peerName: 'Gone soon' })])
    await peers.delete(id, OPERATOR)
    const [row] = await log.list({ peerId: id, limit: 1 })
    assert.equal(row?.peerName, 'Gone soon')
  })

  if (kind === 'postgres')
    test("the design document's query for slow peers runs as it is written there", async () => {
      await using database = await createDatabase()
      const { engine, log } = await open(database)
      const now = Date.now()
      const at = (responseTimeMs: number, changes: Partial<QueryLogEntry> = {}) =>
        entry(0, { createdAt: now, responseTimeMs, ...changes })
      await log.append([
        at(10),
        at(20),
        at(300, { peerId: SECOND }),
        at(9000, { createdAt: now - 3_700_000 }),
      ])
      const { rows } = await sql
        .raw(
          `SELECT peer_id, COUNT(*) as query_count, AVG(response_time_ms) FROM federation_query_log WHERE created_at > NOW() - INTERVAL '1 hour' GROUP BY peer_id ORDER BY AVG(response_time_ms) DESC`,
        )
        .execute(engine.db)
      assert.deepEqual(
        rows.map((row) => ({ ...(row as object) })),
        [
          { peer_id: SECOND, query_count: 1, avg: 300 },
          { peer_id: FIRST, query_count: 2, avg: 15 },
        ],
      )
    })
})
