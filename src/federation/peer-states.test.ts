import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createManualClock, makePeer } from '../../test/support/federation.ts'
import type { Peer } from '../domain/peer.ts'
import { createPeerStates, type PeerStates } from './peer-states.ts'

const PEERS = ['a', 'b', 'c', 'd'].map((name) => makePeer(`https://${name}.example`, { name }))
const [A, B, C, D] = PEERS as [Peer, Peer, Peer, Peer]

function createStates() {
  const clock = createManualClock()
  const told: string[] = []
  const onBreakerChange = (id: string, state: string): void => void told.push(`${id} ${state}`)
  const states = createPeerStates({ clock, random: () => 0.5, onBreakerChange })
  const answer = (peer: Peer, times: number, durationMs: number): void => {
    for (let time = 0; time < times; time += 1) states.of(peer).latency.record(durationMs, clock.monotonic())
  }
  return { states, clock, told, answer }
}

function fail(states: PeerStates, peer: Peer): string {
  const { breaker } = states.of(peer)
  for (let time = 0; time < 5; time += 1) breaker.fail(1_000)
  return breaker.state
}

function assertNear(actual: number | null, expected: number): void {
  assert.ok(
    actual !== null && actual >= expected && actual <= expected * 1.2,
    `${actual} is not about ${expected}`,
  )
}

test('of a peer that has answered less than three times nothing is known, however much of others', () => {
  const { states, answer } = createStates()
  answer(B, 20, 50)
  assert.equal(states.usualMs(A), null)
  answer(A, 2, 5)
  assert.equal(states.usualMs(A), null)
  answer(A, 1, 5)
  assertNear(states.usualMs(A), 50)
  assert.equal(states.of(A).pausedUntil, 0)
})

test('with twenty answers a peer speaks for itself; until then it is as the middle one of those that do', () => {
  const { states, answer } = createStates()
  answer(A, 20, 50)
  answer(B, 20, 100)
  answer(C, 20, 900)
  answer(D, 19, 5)
  assertNear(states.usualMs(A), 50)
  assertNear(states.usualMs(C), 900)
  assertNear(states.usualMs(D), 100)
  answer(D, 1, 5)
  assertNear(states.usualMs(D), 5)
})

test('after an hour of silence a peer is as the others again, until twenty answers are known anew', () => {
  const { states, clock, answer } = createStates()
  answer(A, 20, 400)
  for (let minute = 0; minute < 60; minute += 1) {
    answer(B, 20, 100)
    clock.advance(60_000)
  }
  answer(A, 1, 40)
  assertNear(states.usualMs(A), 100)
  answer(A, 18, 40)
  assertNear(states.usualMs(A), 100)
  answer(A, 1, 40)
  assertNear(states.usualMs(A), 40)
})

test('a peer that is asked once a minute speaks for itself for as long as it is', () => {
  const { states, clock, answer } = createStates()
  for (let minute = 1; minute <= 180; minute += 1) {
    answer(A, 1, 400)
    answer(B, 20, 100)
    if (minute >= 20) assertNear(states.usualMs(A), 400)
    clock.advance(60_000)
  }
})

test('while none speaks for itself, peers take a quarter of a second, or longer if their first answers did', () => {
  const fast = createStates()
  fast.answer(A, 3, 20)
  assert.equal(fast.states.usualMs(A), 250)
  const slow = createStates()
  slow.answer(A, 3, 700)
  assertNear(slow.states.usualMs(A), 1_400)
})

test('the middle of the fleet is the middle answer of the middle peer', () => {
  assert.equal(createStates().states.fleetMedianMs(), 0)
  const { states, answer } = createStates()
  answer(A, 5, 30)
  answer(B, 3, 100)
  answer(B, 2, 5_000)
  answer(C, 9, 800)
  answer(D, 2, 9_000)
  assertNear(states.fleetMedianMs(), 100)
})

test('what is usual among the peers is looked at again after five seconds', () => {
  const { states, clock, answer } = createStates()
  answer(A, 3, 10)
  assert.equal(states.usualMs(A), 250)
  answer(B, 20, 60)
  clock.advance(4_999)
  assert.equal(states.usualMs(A), 250)
  clock.advance(1)
  assertNear(states.usualMs(A), 60)
})

test('no more than half of the peers are left alone: if more fail, it is rather our own network', () => {
  const { states, told } = createStates()
  states.retain(PEERS)
  assert.deepEqual(
    PEERS.map((peer) => fail(states, peer)),
    ['open', 'open', 'closed', 'closed'],
  )
  states.of(A).breaker.succeed(2_000)
  assert.equal(fail(states, C), 'open')
  assert.deepEqual(told, ['peer-a open', 'peer-b open', 'peer-a closed', 'peer-c open'])
})

test('peers that are switched off are no half of anything', () => {
  const { states } = createStates()
  states.retain([A, B, { ...C, isActive: false }, { ...D, isActive: false }])
  assert.equal(fail(states, A), 'open')
  assert.equal(fail(states, B), 'closed')
})

test('who was left alone and is switched off takes nobody’s place', () => {
  const { states } = createStates()
  states.retain(PEERS)
  fail(states, A)
  fail(states, B)
  states.retain([{ ...A, isActive: false }, { ...B, isActive: false }, C, D])
  assert.equal(fail(states, C), 'open')
  assert.equal(fail(states, D), 'closed')
  states.retain(PEERS)
  assert.equal(fail(states, D), 'closed', 'those that are switched on again are still left alone')
})

test('a single peer is asked however often it fails', () => {
  const { states } = createStates()
  states.retain([A])
  assert.equal(fail(states, A), 'closed')
})

test('who is no peer any more is forgotten, and takes nobody’s place among those left alone', () => {
  const { states } = createStates()
  states.retain(PEERS)
  const before = states.of(B)
  fail(states, A)
  const late = states.of(C).breaker // of a request that is still under way
  states.retain([B, D])
  for (let time = 0; time < 5; time += 1) late.fail(1_000)
  assert.equal(states.of(B), before)
  assert.equal(fail(states, D), 'open', 'of two that are left, neither was left alone')
  states.retain(PEERS)
  assert.equal(states.of(A).breaker.state, 'closed')
})
