import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerId } from '../../src/domain/peer.ts'
import { DAY_MS, dayOf, NOTHING_USED, type PeerQuota, type PeerUsage } from '../../src/domain/peer-quota.ts'
import { createPeerUsages } from '../../src/storage/peer-usage.ts'
import { createPeerStore } from '../../src/storage/peers.ts'
import { forEachEngine } from './engines.ts'
import { addPeer, createTestBox, createTestClock, OPERATOR, START } from './store-fixtures.ts'

const PEER = '0199d2f0-0000-7000-8000-0000000000c3' as PeerId
const OTHER = '0199d2f0-0000-7000-8000-0000000000d4' as PeerId
const DAY = dayOf(START).start
const NO_END: PeerQuota = { queries: null, results: null, bytes: null }
const one = (changes: Partial<PeerUsage> = {}): PeerUsage => ({
  queries: 1,
  results: 10,
  bytes: 100,
  ...changes,
})

await forEachEngine('usage of peers', (createDatabase) => {
  test('what is spent is added up, by peer and day', async () => {
    await using database = await createDatabase()
    const usages = createPeerUsages(await database.open())
    assert.deepEqual(await usages.read(PEER, DAY), NOTHING_USED)
    for (let times = 0; times < 3; times += 1) {
      assert.equal(await usages.spend(PEER, { day: DAY, amount: one(), quota: NO_END }), null)
    }
    await usages.spend(PEER, { day: DAY + DAY_MS, amount: one(), quota: NO_END })
    await usages.spend(OTHER, { day: DAY, amount: one({ bytes: 2 ** 40 }), quota: NO_END })
    assert.deepEqual(await usages.read(PEER, DAY), { queries: 3, results: 30, bytes: 300 })
    assert.deepEqual(await usages.read(PEER, DAY + DAY_MS), one())
    assert.equal((await usages.read(OTHER, DAY)).bytes, 2 ** 40)
  })

  test('to the last bit of a quota, and no further; what is too much takes nothing', async () => {
    await using database = await createDatabase()
    const usages = createPeerUsages(await database.open())
    const spend = (quota: Partial<PeerQuota>, amount = one()) =>
      usages.spend(PEER, { day: DAY, amount, quota: { ...NO_END, ...quota } })
    assert.equal(await spend({ results: 9 }), 'results')
    assert.deepEqual(await usages.read(PEER, DAY), NOTHING_USED)
    assert.equal(await spend({ queries: 1, results: 10, bytes: 100 }), null)
    assert.equal(await spend({ queries: 1 }), 'queries')
    assert.equal(await spend({ results: 19 }), 'results')
    assert.equal(await spend({ bytes: 199 }), 'bytes')
    assert.equal(await spend({ queries: 2, results: 20, bytes: 200 }), null)
    assert.deepEqual(await usages.read(PEER, DAY), { queries: 2, results: 20, bytes: 200 })
  })

  test('who asks at the same moment, at several replicas, together gets no more', async () => {
    await using database = await createDatabase()
    const engines = [await database.open()]
    if (database.kind === 'postgres') engines.push(database.openBare(), database.openBare())
    const replicas = engines.map(createPeerUsages)
    const quota = { ...NO_END, queries: 20, results: 145 }
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, place) =>
        replicas[place % replicas.length]?.spend(PEER, { day: DAY, amount: one(), quota }),
      ),
    )
    assert.equal(outcomes.filter((outcome) => outcome === null).length, 14)
    assert.deepEqual(await replicas[0]?.read(PEER, DAY), { queries: 14, results: 140, bytes: 1_400 })
  })

  test('old days are forgotten, and a removed peer’s', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    const usages = createPeerUsages(engine)
    const peers = createPeerStore(engine, { secretBox: createTestBox(), clock: createTestClock() })
    const peer = await addPeer(peers, 'Gone', { quota: { ...NO_END, queries: 5 } })
    for (const id of [PEER, peer.id]) await usages.spend(id, { day: DAY, amount: one(), quota: NO_END })
    await usages.spend(PEER, { day: DAY - DAY_MS, amount: one(), quota: NO_END })
    assert.equal(await usages.purge(DAY), 1)
    await peers.delete(peer.id, OPERATOR)
    assert.deepEqual(await usages.read(peer.id, DAY), NOTHING_USED)
    assert.deepEqual(await usages.read(PEER, DAY), one())
  })
})
