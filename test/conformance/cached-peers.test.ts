import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerHealth, PeerId } from '../../src/domain/peer.ts'
import type { PeerStore } from '../../src/domain/ports.ts'
import { cachePeers } from '../../src/storage/cache/peers.ts'
import { createFederatedAgentStore } from '../../src/storage/federated-agents.ts'
import { createPeerStore } from '../../src/storage/peers.ts'
import { type EngineUnderTest, forEachEngine } from './engines.ts'
import { addPeer, createTestBox, createTestClock, OPERATOR, peerDraft, START } from './store-fixtures.ts'

const FRESH_MS = 1_000

/** The cached store over a real one, whose reads of the whole list are counted; `stored` is the real one. */
async function open(database: EngineUnderTest) {
  const engine = await database.open()
  const clock = createTestClock()
  const stored = createPeerStore(engine, { clock, secretBox: createTestBox() })
  const reads = { count: 0 }
  const counted: PeerStore = {
    ...stored,
    list: () => {
      reads.count += 1
      return stored.list()
    },
  }
  return { engine, clock, stored, reads, peers: cachePeers(counted, clock) }
}

const FAILING: PeerHealth = {
  status: 'timeout',
  consecutiveFailures: 4,
  consecutiveSuccesses: 0,
  responseTimeMs: 12.6,
  error: 'no answer within 1500 ms',
  lastCheckAt: START + 5,
  agentCount: 1e15,
  clockSkewSeconds: -12.2,
}

await forEachEngine('cached peers', (createDatabase) => {
  test('list: the very same list for a second, then what others have changed', async () => {
    await using database = await createDatabase()
    const { peers, stored, clock, reads } = await open(database)
    const { id } = await addPeer(peers, 'Partner')
    const first = await peers.list()
    await stored.update(id, { priority: 5 }, OPERATOR)
    clock.advance(FRESH_MS - 1)
    assert.equal(await peers.list(), first)
    clock.advance(1)
    assert.deepEqual(await peers.list(), await stored.list())
    assert.equal(reads.count, 2)
  })

  test('what is noted of a peer shows at once, and exactly as it is stored, without reading anew', async () => {
    await using database = await createDatabase()
    const { peers, stored, reads, clock } = await open(database)
    const [first, second] = [await addPeer(peers, 'First'), await addPeer(peers, 'Second')]
    const before = await peers.list()
    const notes: (() => Promise<unknown>)[] = [
      () => peers.recordHealth(second.id, () => FAILING),
      () => peers.recordSync(first.id, { position: 7, epoch: 'theirs', syncedAt: START + 9 }),
      () => peers.markStale(second.id, START + 10),
      () => peers.markStale(second.id, START + 9),
      () => peers.raiseEpoch(first.id),
      () => peers.recordHealth(second.id, () => ({ ...FAILING, status: 'healthy', clockSkewSeconds: null })),
      () => peers.recordSync(first.id, { position: null, epoch: null, syncedAt: START + 10 }),
    ]
    for (const note of notes) {
      const shown = await peers.list()
      await note()
      assert.notEqual(await peers.list(), shown)
      assert.deepEqual(await peers.list(), await stored.list())
    }
    assert.equal(reads.count, 1)
    assert.equal((await peers.list())[0]?.epoch, 1)
    // Lists that were handed out stay as they were.
    assert.deepEqual(before, [first, second])
    clock.advance(FRESH_MS)
    await peers.list()
    assert.equal(reads.count, 2)
  })

  test('notes do not keep a list fresh: what others change is seen within a second', async () => {
    await using database = await createDatabase()
    const { peers, stored, clock } = await open(database)
    const { id } = await addPeer(peers, 'Partner')
    await peers.list()
    await stored.update(id, { priority: 5 }, OPERATOR)
    for (let step = 0; step < 10; step += 1) {
      clock.advance(FRESH_MS / 10)
      await peers.recordHealth(id, () => ({ ...FAILING, consecutiveFailures: step }))
    }
    assert.deepEqual(await peers.list(), await stored.list())
  })

  test('notes of many peers at once are all seen, also by a list that is being read meanwhile', async () => {
    await using database = await createDatabase()
    const { peers, stored, reads } = await open(database)
    const ids: PeerId[] = []
    for (let place = 0; place < 20; place += 1) ids.push((await addPeer(peers, `Peer ${place}`)).id)
    const lists = [peers.list()]
    await Promise.all(
      ids.map(async (id, place) => {
        lists.push(peers.list())
        await peers.recordHealth(id, () => ({ ...FAILING, consecutiveFailures: place }))
        const shown = (await peers.list()).find((peer) => peer.id === id)
        assert.equal(shown?.health.consecutiveFailures, place)
      }),
    )
    await Promise.all(lists)
    assert.deepEqual(await peers.list(), await stored.list())
    assert.equal(reads.count, 1)
  })

  test('what operators change is seen at once', async () => {
    await using database = await createDatabase()
    const { engine, clock, peers, stored } = await open(database)
    const copies = createFederatedAgentStore(engine, clock)
    const { id } = await addPeer(peers, 'Partner', { apiKey: 'first' })
    await peers.list()
    assert.equal((await peers.getCredentials(id)).apiKey, 'first')
    await peers.update(id, { apiKey: 'second' }, OPERATOR)
    assert.equal((await peers.getCredentials(id)).apiKey, 'second')
    assert.equal((await peers.list())[0]?.epoch, 1)
    const record = { did: 'did:web:a', agentId: 'a', data: {} }
    await copies.remember(id, [record], { epoch: 1, seenAt: START, expiresAt: START + 9 })
    assert.deepEqual(await peers.clearCache(id, OPERATOR), { purgedAgents: 1 })
    assert.equal((await peers.list())[0]?.epoch, 2)
    await peers.create(peerDraft('Second'), OPERATOR)
    assert.equal((await peers.list()).length, 2)
    await peers.delete(id, OPERATOR)
    assert.deepEqual(await peers.list(), await stored.list())
  })

  test('a note that fails, and one of a peer that is gone, leave no list behind that is not true', async () => {
    await using database = await createDatabase()
    const { peers, stored, clock, reads } = await open(database)
    const { id } = await addPeer(peers, 'Partner')
    const other = await addPeer(peers, 'Other')
    await peers.list()
    const broken = { ...FAILING, lastCheckAt: Number.NaN }
    await assert.rejects(peers.recordHealth(id, () => broken))
    await assert.rejects(peers.recordHealth(id, () => ({ ...FAILING, consecutiveFailures: null as never })))
    assert.deepEqual(await peers.list(), await stored.list())
    assert.equal(reads.count, 2)
    await stored.delete(id, OPERATOR)
    await peers.recordHealth(id, () => FAILING)
    assert.equal(await peers.raiseEpoch(id), undefined)
    clock.advance(FRESH_MS)
    assert.deepEqual(await peers.list(), [other])
  })
})
