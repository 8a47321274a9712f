import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makePeer } from '../../test/support/federation.ts'
import { planFanOut, unknownPeers } from './plan.ts'

const PEERS = [
  makePeer('https://a.example', { name: 'Alpha' }),
  makePeer('https://b.example', { name: 'Beta', timeoutMs: 3_000 }),
  makePeer('https://c.example', { name: 'Gamma', isActive: false }),
  makePeer('https://d.example', { name: 'Delta', timeoutMs: 60_000 }),
]

test('every active peer is asked, each with the least of its own time, the default, and what is left', () => {
  const { asked, skipped } = planFanOut(PEERS, { peers: [], timeoutMs: 5_000 }, 5_000)
  const deadlines = asked.map(({ peer, deadlineMs }) => [peer.name, deadlineMs])
  assert.deepEqual(deadlines, [
    ['Alpha', 1_500],
    ['Beta', 3_000],
    ['Delta', 5_000],
  ])
  assert.deepEqual(skipped, [])
  assert.deepEqual(
    planFanOut(PEERS, { peers: [], timeoutMs: 200 }, 5_000).asked.map(({ deadlineMs }) => deadlineMs),
    [200, 200, 200],
  )
})

test('a selection by id or name without case skips the others by name', () => {
  const { asked, skipped } = planFanOut(PEERS, { peers: ['BETA', 'peer-alpha'], timeoutMs: 5_000 }, 5_000)
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
