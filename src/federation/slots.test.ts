import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerId } from '../domain/peer.ts'
import { createSlots, type Release, type Slots, type Waiting } from './slots.ts'

const [A, B, C] = ['a', 'b', 'c'] as [PeerId, PeerId, PeerId]

function takeNow(slots: Slots, peerId: PeerId, turn: object = {}): Release {
  const taken = slots.take(peerId, turn)
  assert.ok(typeof taken === 'function', 'a slot is free')
  return taken
}

function queue(slots: Slots, peerId: PeerId, turn: object): Waiting {
  const taken = slots.take(peerId, turn)
  assert.ok(typeof taken === 'object', 'no slot is free')
  return taken
}

test('slots are given at once up to the limit of a peer and of all', () => {
  const slots = createSlots({ perPeer: 2, overall: 3 })
  takeNow(slots, A)
  takeNow(slots, A)
  queue(slots, A, {})
  takeNow(slots, B)
  assert.equal(slots.taken, 3)
  queue(slots, C, {})
})

test('a slot given back goes to who waits for it; given back twice, it counts once', async () => {
  const slots = createSlots({ perPeer: 1, overall: 10 })
  const release = takeNow(slots, A)
  const waiting = queue(slots, A, {})
  release()
  release()
  assert.equal(slots.taken, 1)
  queue(slots, A, {})
  const next = await waiting.slot
  next()
  assert.equal(slots.taken, 1, 'the third has it now')
})

test('searches take turns: one that asks many does not keep one waiting that asks one', async () => {
  const slots = createSlots({ perPeer: 9, overall: 1 })
  const [many, few] = [{}, {}]
  const order: string[] = []
  const wait = (name: string, turn: object): Promise<void> =>
    queue(slots, A, turn).slot.then((release) => {
      order.push(name)
      release()
    })
  const release = takeNow(slots, A)
  const all = [
    ...['many 1', 'many 2', 'many 3'].map((name) => wait(name, many)),
    ...['few 1', 'few 2'].map((name) => wait(name, few)),
  ]
  release()
  await Promise.all(all)
  assert.deepEqual(order, ['many 1', 'few 1', 'many 2', 'few 2', 'many 3'])
})

test('who waits for a busy peer keeps nobody from asking another', async () => {
  const slots = createSlots({ perPeer: 1, overall: 2 })
  takeNow(slots, A)
  const other = takeNow(slots, B)
  const turn = {}
  queue(slots, A, turn)
  const waiting = queue(slots, C, turn)
  other()
  assert.equal(typeof (await waiting.slot), 'function')
})

test('who has gone away is passed over', async () => {
  const slots = createSlots({ perPeer: 1, overall: 1 })
  const release = takeNow(slots, A)
  const turn = {}
  const gone = queue(slots, A, turn)
  const waiting = queue(slots, A, turn)
  gone.cancel()
  gone.cancel()
  release()
  const next = await waiting.slot
  next()
  assert.equal(slots.taken, 0)
})
