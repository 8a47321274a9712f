import assert from 'node:assert/strict'
import { test } from 'node:test'
import { v7 as uuidv7 } from 'uuid'
import type { HealthCheck, UptimeSpan } from '../../src/domain/federation-ports.ts'
import { PEER_HEALTH_STATUSES, type PeerId } from '../../src/domain/peer.ts'
import { createHealthHistory } from '../../src/storage/health-history.ts'
import { createPeerStore } from '../../src/storage/peers.ts'
import { type EngineUnderTest, forEachEngine } from './engines.ts'
import { addPeer, createTestBox, createTestClock, OPERATOR, START } from './store-fixtures.ts'

const MINUTE_MS = 60_000

async function open(database: EngineUnderTest) {
  const engine = await database.open()
  const peers = createPeerStore(engine, { clock: createTestClock(), secretBox: createTestBox() })
  const history = createHealthHistory(engine)
  const countRows = async () =>
    (await engine.db.selectFrom('federation_health_checks').select('peer_id').execute()).length
  return { engine, peers, history, countRows }
}

function check(peerId: PeerId, minute: number, changes: Partial<HealthCheck> = {}): HealthCheck {
  const at = START + minute * MINUTE_MS
  return { peerId, at, status: 'healthy', isUp: true, responseTimeMs: 20, error: null, ...changes }
}

/** From one minute to another, for peers that are checked each minute, and at least every ten. */
function span(from: number, to: number): UptimeSpan {
  const [since, until] = [START + from * MINUTE_MS, START + to * MINUTE_MS]
  return { since, until, intervalMs: MINUTE_MS, longestMs: 10 * MINUTE_MS }
}

await forEachEngine('health history', (createDatabase, kind) => {
  test('list: checks come back as they were recorded, newest first, from the asked time on', async () => {
    await using database = await createDatabase()
    const { peers, history } = await open(database)
    const { id } = await addPeer(peers, 'Partner')
    const other = await addPeer(peers, 'Other')
    const checks = PEER_HEALTH_STATUSES.map((status, minute) => {
      const isUp = status === 'healthy'
      const responseTimeMs = isUp ? 12.5 : null
      return check(id, minute, { status, isUp, responseTimeMs, error: isUp ? null : `it is "${status}"` })
    })
    for (const each of [...checks].reverse()) await history.record(each)
    await history.record(check(other.id, 3))
    const newestFirst = [...checks].reverse()
    assert.deepEqual(await history.list(id, { since: START, limit: 100 }), newestFirst)
    assert.deepEqual(await history.list(id, { since: START, limit: 3 }), newestFirst.slice(0, 3))
    const since = START + 5 * MINUTE_MS
    assert.deepEqual(await history.list(id, { since, limit: 100 }), newestFirst.slice(0, 2))
    assert.deepEqual(await history.list(id, { since: since + 1, limit: 100 }), newestFirst.slice(0, 1))
    const before = START + 5 * MINUTE_MS
    assert.deepEqual(await history.list(id, { since: START, before, limit: 100 }), newestFirst.slice(-5))
    assert.deepEqual(await history.list(id, { since: START, before, limit: 2 }), newestFirst.slice(-5, -3))
    assert.deepEqual(await history.list(uuidv7() as PeerId, { since: 0, limit: 100 }), [])
  })

  test('record: of two checks at one moment the later is kept; a peer that is gone is no error', async () => {
    await using database = await createDatabase()
    const { peers, history, countRows } = await open(database)
    const { id } = await addPeer(peers, 'Partner')
    await history.record(check(id, 0))
    const later = check(id, 0, { status: 'error', isUp: false, responseTimeMs: null, error: 'broken' })
    await history.record(later)
    assert.deepEqual(await history.list(id, { since: 0, limit: 9 }), [later])
    await history.record(check(uuidv7() as PeerId, 0))
    assert.equal(await countRows(), 1)
    await peers.delete(id, OPERATOR)
    assert.equal(await countRows(), 0)
    await history.record(check(id, 1))
    assert.equal(await countRows(), 0)
  })

  test('uptime: counts each peer for itself, from the asked time on, and averages what was measured', async () => {
    await using database = await createDatabase()
    const { peers, history } = await open(database)
    const steady = await addPeer(peers, 'Steady')
    const shaky = await addPeer(peers, 'Shaky')
    const silent = await addPeer(peers, 'Silent')
    await addPeer(peers, 'Never checked')
    for (let minute = 0; minute < 4; minute += 1) {
      await history.record(check(steady.id, minute, { responseTimeMs: 10 + minute }))
      const isUp = minute % 2 === 0
      await history.record(check(shaky.id, minute, { isUp, responseTimeMs: isUp ? 100 : 300 }))
    }
    await history.record(check(silent.id, 3, { status: 'timeout', isUp: false, responseTimeMs: null }))
    const from = (minute: number): UptimeSpan => span(minute, 4)
    assert.deepEqual(
      await history.uptime(from(1)),
      new Map([
        [steady.id, { checks: 3, up: 3, share: 1, averageResponseTimeMs: 12 }],
        [shaky.id, { checks: 3, up: 1, share: 1 / 3, averageResponseTimeMs: 700 / 3 }],
        [silent.id, { checks: 1, up: 0, share: 0, averageResponseTimeMs: null }],
      ]),
    )
    assert.deepEqual([...(await history.uptime({ ...from(1), peerId: shaky.id })).keys()], [shaky.id])
    assert.deepEqual(await history.uptime({ ...from(1), peerId: uuidv7() as PeerId }), new Map())
    assert.deepEqual(await history.uptime(from(4)), new Map())
  })

  test('uptime: a failed check counts until the next one, within bounds; so peers checked rarely show in full', async () => {
    await using database = await createDatabase()
    const { peers, history } = await open(database)
    const share = async (name: string, checks: readonly (readonly [minute: number, isUp: boolean])[]) => {
      const { id } = await addPeer(peers, name)
      for (const [minute, isUp] of checks) await history.record(check(id, minute, { isUp }))
      return (await history.uptime({ ...span(0, 20), peerId: id })).get(id)?.share.toFixed(6)
    }
    const [up, down] = [true, false]
    const is = (figure: number) => figure.toFixed(6)
    // Well for 8 minutes, then down for 8, in which it was checked twice.
    const well = Array.from({ length: 8 }, (_, minute) => [minute, up] as const)
    assert.equal(await share('Half', [...well, [8, down], [12, down], [16, up]]), is(9 / 17))
    assert.equal(await share('Down since', [...well, [8, down], [12, down]]), is(8 / 20))
    assert.equal(await share('Just now', [...well, [20, down]]), is(8 / 9))
    assert.equal(await share('Checked by hand', [...well, [8, down], [8.1, down], [8.2, up]]), is(9 / 11))
    // Nobody looked for 18 minutes: of these ten are told.
    assert.equal(
      await share('Not watched', [
        [0, up],
        [1, down],
        [19, up],
      ]),
      is(2 / 12),
    )
    assert.equal(await share('Never well', [[0, down]]), is(0))
  })

  test('uptime and purge go through more peers and checks than are taken at once', async () => {
    await using database = await createDatabase()
    const { engine, peers, history, countRows } = await open(database)
    const ids: PeerId[] = []
    for (let place = 0; place < 25; place += 1) ids.push((await addPeer(peers, `Peer ${place}`)).id)
    const rows = ids.flatMap((id) =>
      Array.from({ length: 100 }, (_, minute) => {
        const { at, isUp, responseTimeMs } = check(id, minute)
        return [id, new Date(at).toISOString(), 'healthy', isUp, responseTimeMs]
      }),
    )
    await engine.db.transaction().execute((trx) =>
      engine.bulkInsert(
        trx,
        {
          table: 'federation_health_checks',
          columns: [
            { name: 'peer_id', type: 'uuid' },
            { name: 'checked_at', type: 'time' },
            { name: 'status', type: 'text' },
            { name: 'is_up', type: 'boolean' },
            { name: 'response_time_ms', type: 'double' },
          ],
        },
        rows,
      ),
    )
    const uptimes = await history.uptime(span(0, 100))
    assert.deepEqual(
      [...uptimes].sort(),
      ids.map((id) => [id, { checks: 100, up: 100, share: 1, averageResponseTimeMs: 20 }]),
    )
    assert.equal(await history.purge(START), 0)
    assert.equal(await history.purge(START + 90 * MINUTE_MS), 25 * 90)
    assert.equal(await countRows(), 25 * 10)
    assert.equal(await history.purge(START + 90 * MINUTE_MS), 0)
  })

  if (kind === 'postgres')
    test('record: a check made while its peer is deleted goes with it and is no error', async () => {
      await using database = await createDatabase()
      const { peers, history, countRows } = await open(database)
      for (let round = 0; round < 5; round += 1) {
        const { id } = await addPeer(peers, `Round ${round}`)
        const checks = Array.from({ length: 8 }, (_, minute) => history.record(check(id, minute)))
        await Promise.all([...checks, peers.delete(id, OPERATOR)])
      }
      assert.equal(await countRows(), 0)
    })
})
