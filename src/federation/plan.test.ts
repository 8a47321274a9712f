import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makePeer } from '../../test/support/federation.ts'
import type { Peer } from '../domain/peer.ts'
import { UNKNOWN_HEALTH } from './health.ts'
import { type PeerExperience, planFanOut, unknownPeers } from './plan.ts'

const PEERS = [
  makePeer('https://a.example', { name: 'Alpha' }),
  makePeer('https://b.example', { name: 'Beta', timeoutMs: 3_000 }),
  makePeer('https://c.example', { name: 'Gamma', isActive: false }),
  makePeer('https://d.example', { name: 'Delta', timeoutMs: 60_000 }),
]
const ALL = { peers: [], timeoutMs: 5_000 }

function usually(usualMs: number | null, fleetMedianMs = 60): PeerExperience {
  return { usualMs: () => usualMs, fleetMedianMs: () => fleetMedianMs, isLeftAlone: () => false }
}

function deadlines(
  usualMs: number | null,
  { timeoutMs = 5_000, fleetMedianMs = 60 } = {},
): (string | number)[][] {
  const { asked, skipped } = planFanOut(PEERS, { ...ALL, timeoutMs }, usually(usualMs, fleetMedianMs))
  assert.deepEqual(skipped, [])
  return asked.map(({ peer, deadlineMs }) => [peer.name, deadlineMs])
}

test('every active peer is asked, and waited for twice as long as it usually takes', () => {
  const of = (ms: number) => [
    ['Alpha', ms],
    ['Beta', ms],
    ['Delta', ms],
  ]
  assert.deepEqual(deadlines(200), of(400))
  assert.deepEqual(deadlines(10), of(150), 'no less than a pause of our own may take')
  assert.deepEqual(deadlines(200, { timeoutMs: 100 }), of(100), 'and no longer than is left')
})

test('nobody waits longer than half a second for a slow registry among fast ones, unless its operator says so', () => {
  assert.deepEqual(deadlines(1_000), [
    ['Alpha', 500],
    ['Beta', 2_000],
    ['Delta', 2_000],
  ])
  assert.deepEqual(deadlines(10_000), [
    ['Alpha', 500],
    ['Beta', 3_000],
    ['Delta', 5_000],
  ])
})

test('where all are slow each is waited for longer, but so that the answer is there after 1.5 s', () => {
  const [[, slow] = []] = deadlines(1_000, { fleetMedianMs: 300 })
  const [[, slower] = []] = deadlines(10_000, { fleetMedianMs: 1_000 })
  assert.deepEqual([slow, slower], [900, 1_460])
})

test('a peer that has hardly answered yet gets all the time there is', () => {
  assert.deepEqual(deadlines(null), [
    ['Alpha', 1_460],
    ['Beta', 3_000],
    ['Delta', 5_000],
  ])
})

test('a peer can be counted on unless it is left alone or was last found failing', () => {
  const failing = makePeer('https://f.example', {
    name: 'Failing',
    health: { ...UNKNOWN_HEALTH, consecutiveFailures: 1 },
  })
  const isLeftAlone = (peer: Peer): boolean => peer.name === 'Beta'
  const { asked } = planFanOut([...PEERS, failing], ALL, { ...usually(1), isLeftAlone })
  assert.deepEqual(
    asked.map(({ peer, isLive }) => [peer.name, isLive]),
    [
      ['Alpha', true],
      ['Beta', false],
      ['Delta', true],
      ['Failing', false],
    ],
  )
})

test('a selection by id or name without case skips the others by name', () => {
  const { asked, skipped } = planFanOut(PEERS, { ...ALL, peers: ['BETA', 'peer-alpha'] }, usually(1))
  assert.deepEqual(
    asked.map(({ peer }) => peer.name),
    ['Alpha', 'Beta'],
  )
  assert.deepEqual(skipped, [
    { kind: 'skipped', peerId: 'peer-Delta', reason: 'not-selected', retryAt: null },
  ])
})

test('names of no active peer are told', () => {
  assert.deepEqual(unknownPeers({ peers: ['alpha', 'gamma', 'Nobody'] }, PEERS), ['gamma', 'Nobody'])
})
