import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settle } from '../../test/support/engine.ts'
import {
  createEventLog,
  createManualClock,
  makeAgent,
  makePeer,
  SEARCH_REQUEST,
} from '../../test/support/federation.ts'
import type { AgentId, Did } from '../domain/agent.ts'
import type { PeerAnswer } from '../domain/discovery.ts'
import type { FederatedAgentStore, FederatedCopy } from '../domain/federation-ports.ts'
import type { PeerId } from '../domain/peer.ts'
import { createLastSeen } from './last-seen.ts'
import type { PeerRequest } from './protocols/protocol.ts'
import { createRecordFacts } from './record-facts.ts'

const PEER = makePeer('https://a.example', { name: 'Alpha', epoch: 3 })
const REQUEST: PeerRequest = { ...SEARCH_REQUEST, limit: 2 }

function setUp() {
  const clock = createManualClock()
  const events = createEventLog()
  const copies = new Map<string, FederatedCopy>()
  const calls: { readonly epoch: number; readonly count: number }[] = []
  const state = { isBroken: false, reads: 0, looks: 0, answering: Promise.resolve() }
  const store: Pick<FederatedAgentStore, 'remember' | 'listOfPeer' | 'listSeenAt'> = {
    async remember(peerId, records, { epoch, seenAt, expiresAt }) {
      await state.answering
      if (state.isBroken) throw new Error('the database is gone')
      calls.push({ epoch, count: records.length })
      for (const { did, agentId, data } of records) {
        copies.set(did, {
          peerId,
          did,
          agentId,
          data: JSON.parse(JSON.stringify(data)),
          seenAt,
          expiresAt,
        } as never)
      }
    },
    async listOfPeer(peerId, dids) {
      state.reads += 1
      return dids.flatMap((did) => copies.get(did) ?? []).filter((copy) => copy.peerId === peerId)
    },
    async listSeenAt(peerId, { limit }) {
      state.looks += 1
      if (state.isBroken) throw new Error('the database is gone')
      return [...copies]
        .flatMap(([did, { peerId: of, seenAt }]) => (of === peerId ? [{ did, seenAt }] : []))
        .slice(0, limit)
    },
  }
  const memory = createLastSeen({ store, clock, events, facts: createRecordFacts() })
  return { clock, events, copies, calls, state, memory }
}

function answerOf(...names: readonly string[]): PeerAnswer {
  const agents = names.map((name, place) =>
    makeAgent(name, { did: `did:web:a.example:agents:${place}-${name.split(' ')[0]}` as Did }),
  )
  return { agents, statistics: null, hasMore: false, nextCursor: null, droppedRecords: 0, fetchedAt: 0 }
}

test('records are written together, a moment later, and not again within the hour', async () => {
  const { memory, clock, calls } = setUp()
  const answer = answerOf('translate one', 'translate two')
  memory.remember(PEER, answer)
  memory.remember(PEER, answer)
  assert.deepEqual(calls, [])
  clock.advance(500)
  await memory.flush()
  assert.deepEqual(calls, [{ epoch: 3, count: 2 }])
  memory.remember(PEER, answer)
  await memory.flush()
  assert.equal(calls.length, 1)
  clock.advance(3_600_000)
  memory.remember(PEER, answer)
  await memory.flush()
  assert.equal(calls.length, 2)
})

test('a record is kept for a day, as long as it may be shown', async () => {
  const { memory, copies, clock } = setUp()
  memory.remember(PEER, answerOf('translate'))
  await memory.flush()
  assert.deepEqual(
    [...copies.values()].map(({ seenAt, expiresAt }) => [seenAt, expiresAt]),
    [[clock.now(), clock.now() + 86_400_000]],
  )
})

test('while the database hangs 20,000 records wait, and those beyond are counted once it answers', async () => {
  const { memory, clock, calls, events, state } = setUp()
  const thousands = (count: number, name: string): void => {
    for (let thousand = 0; thousand < count; thousand += 1) {
      memory.remember(
        PEER,
        answerOf(...Array.from({ length: 1_000 }, (_, place) => `${name} ${thousand} ${place}`)),
      )
    }
  }
  const { promise, resolve } = Promise.withResolvers<void>()
  state.answering = promise
  thousands(1, 'begun')
  clock.advance(500)
  await settle()
  thousands(15, 'waits')
  clock.advance(500)
  await settle()
  thousands(8, 'comes')
  assert.deepEqual(calls, [])
  resolve()
  await memory.flush()
  assert.deepEqual(
    calls.map(({ count }) => count),
    [1_000, 20_000],
  )
  assert.deepEqual(events.lostRecords, [3_000])
})

test('a peer that is down is answered for from its last seen records, best first and as old as they are', async () => {
  const { memory, clock } = setUp()
  memory.remember(PEER, answerOf('weather', 'translate', 'translate and more words', 'translate translate'))
  await memory.flush()
  clock.advance(7_000)
  assert.equal(memory.recall(PEER, REQUEST), undefined, 'nothing is loaded yet')
  await memory.load(PEER)
  const shown = memory.recall(PEER, REQUEST)
  assert.deepEqual(
    shown?.agents.map(({ name }) => name),
    ['translate translate', 'translate'],
  )
  assert.equal(shown?.hasMore, true)
  assert.equal(shown?.fetchedAt, clock.now() - 7_000)
  assert.equal(memory.recall(PEER, REQUEST), shown, 'worked out once')
})

test('read again, records that nobody has seen since give the very same answer, and others another', async () => {
  const { memory, clock } = setUp()
  memory.remember(PEER, answerOf('translate'))
  await memory.flush()
  await memory.load(PEER)
  const shown = memory.recall(PEER, REQUEST)
  clock.advance(30_001)
  await memory.load(PEER)
  assert.equal(memory.recall(PEER, REQUEST), shown)
  memory.remember(PEER, answerOf('weather'))
  await memory.flush()
  clock.advance(30_001)
  await memory.load(PEER)
  assert.equal(memory.recall(PEER, REQUEST), shown, 'what came does not answer this search')
  memory.remember(PEER, answerOf('translate once more'))
  await memory.flush()
  clock.advance(30_001)
  await memory.load(PEER)
  assert.equal(memory.recall(PEER, REQUEST)?.agents[0]?.name, 'translate once more')
})

test('what stays as it was is not read again, and what was seen again or is gone is', async () => {
  const { memory, clock, copies, state } = setUp()
  const load = async (): Promise<number> => {
    clock.advance(30_001)
    await memory.load(PEER)
    return state.reads
  }
  const answer = answerOf('translate', 'weather')
  memory.remember(PEER, answer)
  await memory.flush()
  assert.deepEqual([await load(), await load(), await load()], [1, 1, 1])
  assert.equal(state.looks, 3)
  clock.advance(3_600_000)
  memory.remember(PEER, answer)
  await memory.flush()
  assert.equal(await load(), 2, 'seen again')
  copies.delete(answer.agents[0]?.did ?? '')
  assert.equal(await load(), 3, 'gone')
  assert.equal(memory.recall(PEER, REQUEST), undefined)
  assert.equal(await load(), 3)
})

test('nothing that matches is no copy, and neither is one record by its DID or a further page', async () => {
  const { memory } = setUp()
  memory.remember(PEER, answerOf('weather'))
  await memory.flush()
  await memory.load(PEER)
  assert.equal(memory.recall(PEER, REQUEST), undefined)
  assert.equal(memory.recall(PEER, { ...REQUEST, search: null, cursor: 'x' }), undefined)
  assert.equal(memory.recall(PEER, { ...REQUEST, search: null, reference: 'did:web:x' }), undefined)
  assert.equal(memory.recall(PEER, { ...REQUEST, search: null })?.agents.length, 1)
})

test('users without credentials see public records only', async () => {
  const { memory } = setUp()
  const { agents, ...rest } = answerOf('translate')
  memory.remember(PEER, { ...rest, agents: agents.map((agent) => ({ ...agent, visibility: 'federated' })) })
  await memory.flush()
  await memory.load(PEER)
  assert.equal(memory.recall(PEER, REQUEST)?.agents.length, 1)
  assert.equal(memory.recall(PEER, { ...REQUEST, visibility: 'public' }), undefined)
})

test('what the database gives is read like what a peer sends: a row that claims another registry is left out', async () => {
  const { memory, copies } = setUp()
  memory.remember(PEER, answerOf('translate', 'translate more'))
  await memory.flush()
  for (const [did, copy] of [...copies].slice(0, 1)) {
    copies.set(did, { ...copy, data: { ...(copy.data as object), registry_url: 'https://b.example' } })
  }
  await memory.load(PEER)
  assert.equal(memory.recall(PEER, REQUEST)?.agents.length, 1)
})

test('a database that fails costs a fault each time it is tried, and no search', async () => {
  const { memory, state, events, calls } = setUp()
  state.isBroken = true
  const answer = answerOf('translate')
  memory.remember(PEER, answer)
  await memory.flush()
  await memory.load(PEER)
  await memory.load(PEER)
  assert.equal(memory.recall(PEER, REQUEST), undefined)
  assert.equal(events.faults.length, 2)
  assert.equal(state.looks, 1, 'it is not tried again with each search')
  state.isBroken = false
  memory.remember(PEER, answer)
  await memory.flush()
  assert.equal(calls.length, 1, 'what was lost is written when it comes again')
})

test('what was loaded is looked at after half a minute, and at once when the peer is forgotten', async () => {
  const { memory, clock, state } = setUp()
  await memory.load(PEER)
  await memory.load(PEER)
  assert.equal(state.looks, 1)
  clock.advance(30_000)
  await memory.load(PEER)
  assert.equal(state.looks, 2)
  memory.forget(PEER.id)
  await memory.load(PEER)
  assert.equal(state.looks, 3)
  memory.forget('nobody' as PeerId)
})

test('what waits is written at the end', async () => {
  const { memory, calls } = setUp()
  memory.remember(PEER, answerOf('translate'))
  await memory[Symbol.asyncDispose]()
  assert.equal(calls.length, 1)
})

test('what was voided is written again when it comes again', async () => {
  const { memory, calls } = setUp()
  const answer = answerOf('translate')
  memory.remember(PEER, answer)
  await memory.flush()
  memory.remember({ ...PEER, epoch: 4 }, answer)
  await memory.flush()
  assert.deepEqual(calls, [
    { epoch: 3, count: 1 },
    { epoch: 4, count: 1 },
  ])
})

test('what came before and after the peer was voided is not written as one', async () => {
  const { memory, calls } = setUp()
  const next = { ...PEER, epoch: 4 }
  memory.remember(PEER, answerOf('translate', 'withdrawn'))
  memory.remember(next, answerOf('translate'))
  memory.remember(PEER, answerOf('translate', 'still on its way')) // asked before, answered after
  await memory.flush()
  assert.deepEqual(calls, [{ epoch: 4, count: 1 }])
})

test('what was read before the peer was voided is not shown, however late it comes', async () => {
  const { memory, copies, state } = setUp()
  memory.remember(PEER, answerOf('translate'))
  await memory.flush()
  const loading = memory.load(PEER)
  while (state.reads === 0) await Promise.resolve() // reads before the copies are gone
  copies.clear()
  memory.forget(PEER.id)
  const next = { ...PEER, epoch: 4 }
  await memory.load(next)
  await loading
  assert.equal(memory.recall(next, REQUEST), undefined)
  assert.equal(state.looks, 2)
})

test('what is being read when the peer is forgotten is read anew', async () => {
  const { memory, copies, state } = setUp()
  memory.remember(PEER, answerOf('translate'))
  await memory.flush()
  const loading = memory.load(PEER)
  while (state.reads === 0) await Promise.resolve()
  copies.clear()
  memory.forget(PEER.id)
  await loading
  assert.equal(memory.recall(PEER, REQUEST), undefined)
  await memory.load(PEER)
  assert.equal(state.looks, 2)
})

test('a record made to be large is not remembered, and counted; the others of its answer are', async () => {
  const { memory, copies, events } = setUp()
  const answer = answerOf('translate', 'large')
  const [usual, large] = answer.agents
  assert.ok(usual !== undefined && large !== undefined)
  memory.remember(PEER, { ...answer, agents: [usual, { ...large, description: 'x'.repeat(40_000) }] })
  await memory.flush()
  assert.deepEqual([...copies.keys()], [usual.did])
  assert.deepEqual(events.lostRecords, [1])
})

test('while the database hangs, large records wait up to a bound of bytes', async () => {
  const { memory, clock, events, state } = setUp()
  const { promise, resolve } = Promise.withResolvers<void>()
  state.answering = promise
  const many = (length = 30_000): PeerAnswer => {
    const answer = answerOf(...Array.from({ length: 1_000 }, (_, place) => `record ${place}`))
    const description = 'x'.repeat(length)
    return {
      ...answer,
      agents: answer.agents.map((agent, place) => ({
        ...{ ...agent, description },
        id: `${count}-${place}` as AgentId,
      })),
    }
  }
  let count = 0
  memory.remember(PEER, many(1)) // what takes the place of these counts as what it is
  for (; count < 4; count += 1) memory.remember(PEER, many())
  clock.advance(500)
  resolve()
  await memory.flush()
  assert.deepEqual(events.lostRecords, [2_000], 'two answers of 61 MB are more than 64 MiB')
})

test('where many peers are down each has its share, and none is read again because of the others', async () => {
  const { memory, clock, state } = setUp()
  const names = Array.from({ length: 600 }, (_, place) => `translate ${place}`)
  const peers = Array.from({ length: 50 }, (_, place) =>
    makePeer(`https://p${place}.example`, { name: `Peer ${place}` }),
  )
  for (const [place, peer] of peers.entries()) {
    const agents = names.map((name, at) =>
      makeAgent(name, { did: `did:web:p${place}.example:agents:${at}` as Did }),
    )
    memory.remember(peer, { ...answerOf(), agents })
    await memory.flush()
  }
  const loadAll = async () => {
    for (const peer of peers) await memory.load(peer)
  }
  await loadAll()
  const { looks } = state
  await loadAll()
  assert.equal(state.looks, looks)
  clock.advance(30_000)
  await loadAll()
  const sizes = peers.map((peer) => memory.recall(peer, { ...REQUEST, limit: 1_000 })?.agents.length)
  assert.deepEqual(new Set(sizes), new Set([200]))
})
