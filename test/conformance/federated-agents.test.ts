import assert from 'node:assert/strict'
import { test } from 'node:test'
import { v7 as uuidv7 } from 'uuid'
import type { FederatedAgentStore, FederatedRecord } from '../../src/domain/federation-ports.ts'
import type { PeerId } from '../../src/domain/peer.ts'
import { createFederatedAgentStore } from '../../src/storage/federated-agents.ts'
import { createPeerStore } from '../../src/storage/peers.ts'
import { type EngineUnderTest, forEachEngine } from './engines.ts'
import { addPeer, createTestBox, createTestClock, OPERATOR, START } from './store-fixtures.ts'

const DAY_MS = 86_400_000
const SEEN = { epoch: 0, seenAt: START, expiresAt: START + DAY_MS }

async function open(database: EngineUnderTest) {
  const engine = await database.open()
  const clock = createTestClock()
  const peers = createPeerStore(engine, { clock, secretBox: createTestBox() })
  return { engine, clock, peers, copies: createFederatedAgentStore(engine, clock) }
}

function record(name: string, changes: Partial<FederatedRecord> = {}): FederatedRecord {
  return { did: `did:web:peer.example:agents:${name}`, agentId: name, data: { name }, ...changes }
}

/** Names of the copies of one peer, last seen first. */
async function namesOf(copies: FederatedAgentStore, peerId: PeerId): Promise<unknown[]> {
  const dids = await didsOf(copies, peerId)
  const each = await Promise.all(dids.map((did) => copies.listOfPeer(peerId, [did])))
  return each.flat().map(({ data }) => (data as { name?: unknown }).name)
}

async function didsOf(copies: FederatedAgentStore, peerId: PeerId, limit = 20_000): Promise<string[]> {
  return (await copies.listSeenAt(peerId, { limit })).map(({ did }) => did)
}

await forEachEngine('federated agents', (createDatabase, kind) => {
  test('remember: records come back by DID and by peer as they were, with when they were seen', async () => {
    await using database = await createDatabase()
    const { peers, copies } = await open(database)
    const [first, second] = [await addPeer(peers, 'First'), await addPeer(peers, 'Second')]
    const data = { name: 'Übersetzer 翻訳 "pro" \\', nested: { list: [1, 0.5, null, true] }, empty: {} }
    const shared = record('shared', { data })
    await copies.remember(first.id, [shared, record('own')], SEEN)
    const later = { ...SEEN, seenAt: START + 5, expiresAt: START + DAY_MS + 5 }
    await copies.remember(second.id, [shared], later)
    const { epoch: _, ...seen } = SEEN
    const { epoch: __, ...seenLater } = later
    assert.deepEqual(await copies.findByDid(shared.did), [
      { peerId: first.id, data, ...seen },
      { peerId: second.id, data, ...seenLater },
    ])
    assert.deepEqual(await copies.listOfPeer(second.id, [shared.did, record('own').did]), [
      { peerId: second.id, data, ...seenLater },
    ])
    for (const did of ['', 'did:web:nobody', 'a\0b']) assert.deepEqual(await copies.findByDid(did), [])
    assert.deepEqual(await copies.listOfPeer(uuidv7() as PeerId, [shared.did]), [])
  })

  test('remember: what is seen again is replaced, what was seen later is left as it is', async () => {
    await using database = await createDatabase()
    const { peers, copies } = await open(database)
    const { id } = await addPeer(peers, 'Partner')
    const at = (seenAt: number) => ({ epoch: 0, seenAt, expiresAt: seenAt + DAY_MS })
    await copies.remember(id, [record('a'), record('b')], at(START + 10))
    await copies.remember(id, [record('a', { agentId: 'renamed', data: { name: 'newer' } })], at(START + 20))
    await copies.remember(id, [record('a', { data: { name: 'late' } })], at(START))
    const [copy, ...more] = await copies.findByDid(record('a').did)
    assert.deepEqual(
      [copy, more],
      [{ peerId: id, data: { name: 'newer' }, seenAt: START + 20, expiresAt: START + 20 + DAY_MS }, []],
    )
    assert.deepEqual(await namesOf(copies, id), ['newer', 'b'])
    assert.equal(await copies.forget(id, { agentIds: ['a'], dids: [] }), 0)
    assert.equal(await copies.forget(id, { agentIds: ['renamed'], dids: [] }), 1)
  })

  test('remember: of several records with one DID in one answer the last is kept', async () => {
    await using database = await createDatabase()
    const { peers, copies } = await open(database)
    const { id } = await addPeer(peers, 'Partner')
    const twice = [record('a'), record('b'), record('a', { data: { name: 'last' } })]
    await copies.remember(id, twice, SEEN)
    assert.deepEqual((await namesOf(copies, id)).sort(), ['b', 'last'])
    await copies.remember(id, [], SEEN)
  })

  test('remember: nothing is kept for a peer that is gone, or asked in another epoch', async () => {
    await using database = await createDatabase()
    const { peers, copies } = await open(database)
    const { id } = await addPeer(peers, 'Partner')
    await copies.remember(uuidv7() as PeerId, [record('a')], SEEN)
    await peers.update(id, { apiKey: 'other' }, OPERATOR)
    await copies.remember(id, [record('a')], SEEN)
    assert.deepEqual(await copies.findByDid(record('a').did), [])
    await copies.remember(id, [record('a')], { ...SEEN, epoch: 1 })
    assert.equal((await copies.findByDid(record('a').did)).length, 1)
    await peers.delete(id, OPERATOR)
    await copies.remember(id, [record('a')], { ...SEEN, epoch: 1 })
    assert.deepEqual(await copies.findByDid(record('a').did), [])
  })

  test('copies are not shown from their last millisecond on, and purged after it', async () => {
    await using database = await createDatabase()
    const { peers, copies, clock } = await open(database)
    const { id } = await addPeer(peers, 'Partner')
    await copies.remember(id, [record('a'), record('b')], { ...SEEN, expiresAt: START + 1000 })
    await copies.remember(id, [record('b')], { ...SEEN, expiresAt: START + 5000 })
    clock.advance(999)
    assert.equal((await copies.findByDid(record('a').did)).length, 1)
    clock.advance(1)
    assert.deepEqual(await copies.findByDid(record('a').did), [])
    assert.deepEqual(await namesOf(copies, id), ['b'])
    assert.equal(await copies.purge(START + 1000), 0)
    assert.equal(await copies.purge(START + 1001), 1)
    assert.deepEqual(await namesOf(copies, id), ['b'])
  })

  test('listSeenAt: at most as many as asked, last seen first, those of one answer by DID', async () => {
    await using database = await createDatabase()
    const { peers, copies } = await open(database)
    const { id } = await addPeer(peers, 'Partner')
    await copies.remember(id, [record('d'), record('b')], SEEN)
    await copies.remember(id, [record('c'), record('a')], { ...SEEN, seenAt: START + 1 })
    assert.deepEqual(await namesOf(copies, id), ['a', 'c', 'b', 'd'])
    const { seenAt } = SEEN
    assert.deepEqual(await copies.listSeenAt(id, { limit: 3 }), [
      { did: record('a').did, seenAt: START + 1 },
      { did: record('c').did, seenAt: START + 1 },
      { did: record('b').did, seenAt },
    ])
  })

  test('listOfPeer: those named that are there; none is', async () => {
    await using database = await createDatabase()
    const { peers, copies } = await open(database)
    const { id } = await addPeer(peers, 'Partner')
    await copies.remember(id, [record('a'), record('b'), record('c')], SEEN)
    const named = await copies.listOfPeer(id, [record('c').did, record('a').did, record('z').did])
    assert.deepEqual(named.map(({ data }) => (data as { name: string }).name).sort(), ['a', 'c'])
    assert.deepEqual(await copies.listOfPeer(id, []), [])
  })

  test('a peer that brings other records each time does not fill the disk: those last seen stay', async () => {
    await using database = await createDatabase()
    const { peers, copies } = await open(database)
    const [flood, other] = [await addPeer(peers, 'Flood'), await addPeer(peers, 'Other')]
    await copies.remember(other.id, [record('kept')], SEEN)
    for (let answer = 0; answer < 12; answer += 1) {
      const records = Array.from({ length: 1_000 }, (_, place) => record(`${answer}-${place}`))
      await copies.remember(flood.id, records, { ...SEEN, seenAt: START + answer })
    }
    const dids = await didsOf(copies, flood.id)
    assert.equal(dids.length, 10_000)
    assert.ok(dids.includes(record('11-0').did) && !dids.includes(record('1-999').did))
    assert.deepEqual(await namesOf(copies, other.id), ['kept'])
  })

  test("forget: removes one peer's records by their ids and DIDs, each counted once", async () => {
    await using database = await createDatabase()
    const { peers, copies } = await open(database)
    const [first, second] = [await addPeer(peers, 'First'), await addPeer(peers, 'Second')]
    const all = ['a', 'b', 'c', 'd'].map((name) => record(name))
    for (const { id } of [first, second]) await copies.remember(id, all, SEEN)
    assert.equal(await copies.forget(first.id, { agentIds: [], dids: [] }), 0)
    const gone = { agentIds: ['a', 'b', 'unknown'], dids: [record('b').did, record('c').did, 'did:web:x'] }
    assert.equal(await copies.forget(first.id, gone), 3)
    assert.deepEqual(await namesOf(copies, first.id), ['d'])
    assert.equal((await namesOf(copies, second.id)).length, 4)
    assert.equal(await copies.forget(uuidv7() as PeerId, gone), 0)
    const many = Array.from({ length: 500 }, (_, place) => `unknown ${place}`)
    assert.equal(await copies.forget(first.id, { agentIds: [...many, 'd'], dids: many }), 1)
  })

  test('forgetPeer: removes all of one peer, expired ones too', async () => {
    await using database = await createDatabase()
    const { peers, copies } = await open(database)
    const [first, second] = [await addPeer(peers, 'First'), await addPeer(peers, 'Second')]
    await copies.remember(first.id, [record('a')], { ...SEEN, expiresAt: START })
    await copies.remember(first.id, [record('b')], SEEN)
    await copies.remember(second.id, [record('b')], SEEN)
    assert.equal(await copies.forgetPeer(first.id), 2)
    assert.equal(await copies.forgetPeer(first.id), 0)
    assert.equal(await copies.forgetPeer(uuidv7() as PeerId), 0)
    assert.equal((await copies.findByDid(record('b').did)).length, 1)
  })

  test('a large answer is remembered and seen again whole', async () => {
    await using database = await createDatabase()
    const { peers, copies } = await open(database)
    const { id } = await addPeer(peers, 'Partner')
    const many = Array.from({ length: 2_500 }, (_, place) => record(`agent-${place}`))
    await copies.remember(id, many, SEEN)
    await copies.remember(id, many, { ...SEEN, seenAt: START + 1, expiresAt: START + 2 })
    const dids = await didsOf(copies, id)
    assert.equal((await copies.listOfPeer(id, dids)).length, 2_500)
    assert.equal(await copies.purge(START + 3), 2_500)
  })

  if (kind === 'postgres')
    test('replicas that are flooded by one peer at once trim what it sent and never stop each other', async () => {
      await using database = await createDatabase()
      const { peers, copies, clock } = await open(database)
      const other = createFederatedAgentStore(await database.open(), clock)
      const { id } = await addPeer(peers, 'Flood')
      const flood = async (store: FederatedAgentStore): Promise<void> => {
        for (let answer = 0; answer < 24; answer += 1) {
          const records = Array.from({ length: 1_000 }, (_, place) => record(`${answer % 13}-${place}`))
          await store.remember(id, records, { ...SEEN, seenAt: START + answer })
        }
      }
      await Promise.all([flood(copies), flood(other)])
      assert.equal((await didsOf(copies, id)).length, 10_000)
    })

  if (kind === 'postgres')
    test('replicas that remember, forget, purge and delete one peer at once never stop each other', async () => {
      await using database = await createDatabase()
      const { peers, copies, clock } = await open(database)
      const other = createFederatedAgentStore(await database.open(), clock)
      const many = Array.from({ length: 60 }, (_, place) => record(`agent-${place}`))
      const reversed = many.toReversed()
      for (let round = 0; round < 6; round += 1) {
        const { id } = await addPeer(peers, `Round ${round}`)
        const expired = { ...SEEN, expiresAt: START - 1 }
        const dids = reversed.map(({ did }) => did)
        await Promise.all([
          ...[copies, other, copies, other].map((each) => each.remember(id, many, expired)),
          ...[other, copies, other].map((each) => each.remember(id, reversed, SEEN)),
          copies.forget(id, { agentIds: [], dids }),
          other.forget(id, { agentIds: many.map(({ agentId }) => agentId), dids }),
          copies.purge(START),
          other.purge(START),
          other.forgetPeer(id),
          round % 2 === 0 ? peers.delete(id, OPERATOR) : undefined,
          copies.remember(id, many, SEEN),
        ])
        if (round % 2 === 0) assert.deepEqual(await namesOf(copies, id), [])
      }
    })
})
