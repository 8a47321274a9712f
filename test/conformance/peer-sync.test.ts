import assert from 'node:assert/strict'
import { test } from 'node:test'
import { v7 as uuidv7 } from 'uuid'
import type { PeerId } from '../../src/domain/peer.ts'
import { createFederatedAgentStore } from '../../src/storage/federated-agents.ts'
import { createPeerStore } from '../../src/storage/peers.ts'
import { type EngineUnderTest, forEachEngine } from './engines.ts'
import { addPeer, createTestBox, createTestClock, OPERATOR, readAudit, START } from './store-fixtures.ts'

const NOBODY = '0199d2f0-0000-7000-8000-00000000dead' as PeerId

async function open(database: EngineUnderTest) {
  const engine = await database.open()
  const clock = createTestClock()
  const peers = createPeerStore(engine, { clock, secretBox: createTestBox() })
  const copies = createFederatedAgentStore(engine, clock)
  const remember = (peerId: PeerId, names: readonly string[], epoch = 0) =>
    copies.remember(
      peerId,
      names.map((name) => ({ did: `did:web:${name}`, agentId: name, data: {} })),
      { epoch, seenAt: START, expiresAt: START + 1000 },
    )
  const countCopies = async (peerId: PeerId) => (await copies.listSeenAt(peerId, { limit: 100 })).length
  return { engine, clock, peers, remember, countCopies }
}

await forEachEngine("peers' changes", (createDatabase, kind) => {
  test('recordSync: the place is kept, large or none, and is no administrative act', async () => {
    await using database = await createDatabase()
    const { engine, peers } = await open(database)
    const peer = await addPeer(peers, 'Partner')
    const positions = [
      { position: 0, epoch: 'first' },
      { position: Number.MAX_SAFE_INTEGER, epoch: 'zweite "Folge"' },
      { position: null, epoch: null },
    ]
    for (const [place, sync] of positions.entries()) {
      await peers.recordSync(peer.id, { ...sync, syncedAt: START + place })
      assert.deepEqual(await peers.find(peer.id), { ...peer, sync, lastSyncAt: START + place })
    }
    await peers.recordSync(NOBODY, { position: 1, epoch: 'x', syncedAt: START })
    assert.equal((await readAudit(engine)).length, 1)
  })

  test('markStale: the latest time counts, whatever the order', async () => {
    await using database = await createDatabase()
    const { engine, peers } = await open(database)
    const peer = await addPeer(peers, 'Partner')
    for (const [before, expected] of [
      [START, START],
      [START + 10, START + 10],
      [START + 5, START + 10],
    ] as const) {
      await peers.markStale(peer.id, before)
      assert.deepEqual(await peers.find(peer.id), { ...peer, staleBefore: expected })
    }
    await peers.markStale(NOBODY, START)
    assert.equal((await readAudit(engine)).length, 1)
  })

  test('raiseEpoch: each raise counts, also many at once; for nobody there is none', async () => {
    await using database = await createDatabase()
    const { engine, peers, remember, countCopies } = await open(database)
    const peer = await addPeer(peers, 'Partner')
    await remember(peer.id, ['a'])
    assert.equal(await peers.raiseEpoch(peer.id), 1)
    const raised = await Promise.all(Array.from({ length: 10 }, () => peers.raiseEpoch(peer.id)))
    assert.deepEqual(
      raised.toSorted((a, b) => (a ?? 0) - (b ?? 0)),
      Array.from({ length: 10 }, (_, place) => place + 2),
    )
    assert.deepEqual(await peers.find(peer.id), { ...peer, epoch: 11 })
    assert.equal(await countCopies(peer.id), 1)
    assert.equal(await peers.raiseEpoch(NOBODY), undefined)
    assert.equal((await readAudit(engine)).length, 1)
  })

  test('clearCache: voids and removes what is kept of one peer, and is an audited act', async () => {
    await using database = await createDatabase()
    const { engine, peers, remember, countCopies } = await open(database)
    const [peer, other] = [await addPeer(peers, 'Partner'), await addPeer(peers, 'Other')]
    await remember(peer.id, ['a', 'b', 'c'])
    await remember(other.id, ['a'])
    await peers.recordSync(peer.id, { position: 7, epoch: 'x', syncedAt: START })
    const before = await peers.find(peer.id)
    assert.deepEqual(await peers.clearCache(peer.id, OPERATOR), { purgedAgents: 3 })
    assert.deepEqual(await peers.find(peer.id), { ...before, epoch: 1 })
    assert.deepEqual([await countCopies(peer.id), await countCopies(other.id)], [0, 1])
    await remember(peer.id, ['a'], 0)
    assert.deepEqual(await peers.clearCache(peer.id, OPERATOR), { purgedAgents: 0 })
    const row = (await readAudit(engine)).at(-2)
    assert.deepEqual(
      [row?.action, row?.target, row?.actor, row?.requestId, row?.detail],
      [
        ...['peer.clear-cache', `peer:${peer.id}`, OPERATOR.id, OPERATOR.requestId],
        { name: 'Partner', purged_agents: 3 },
      ],
    )
    for (const id of [NOBODY, 'nonsense' as PeerId]) {
      assert.equal(await peers.clearCache(id, OPERATOR), undefined)
    }
    assert.equal((await readAudit(engine)).length, 4)
  })

  test('a peer at another address is read from its start, and what was kept of it is gone', async () => {
    await using database = await createDatabase()
    const { peers, remember, countCopies } = await open(database)
    const { id } = await addPeer(peers, 'Partner')
    await remember(id, ['a', 'b'])
    const sync = { position: 7, epoch: 'x' }
    await peers.recordSync(id, { ...sync, syncedAt: START })
    await peers.update(id, { name: 'Renamed', apiKey: 'another' }, OPERATOR)
    assert.deepEqual((await peers.find(id))?.sync, sync)
    assert.equal(await countCopies(id), 2)
    await peers.update(id, { registryUrl: 'https://moved.example' }, OPERATOR)
    assert.deepEqual((await peers.find(id))?.sync, { position: null, epoch: null })
    assert.equal(await countCopies(id), 0)
  })

  if (kind === 'postgres')
    test('clearCache: an answer of the former epoch that is on its way at that moment leaves nothing', async () => {
      await using database = await createDatabase()
      const { peers, remember, countCopies } = await open(database)
      const { id } = await addPeer(peers, 'Partner')
      for (let epoch = 0; epoch < 8; epoch += 1) {
        const names = Array.from({ length: 20 }, () => uuidv7())
        await Promise.all([
          ...Array.from({ length: 4 }, () => remember(id, names, epoch)),
          peers.clearCache(id, OPERATOR),
          ...Array.from({ length: 4 }, () => remember(id, names, epoch)),
        ])
        assert.equal(await countCopies(id), 0)
      }
    })
})
