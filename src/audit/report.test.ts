import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makePeer, NOW } from '../../test/support/federation.ts'
import type { ApiKey } from '../domain/credential-ports.ts'
import type { QuerySum } from '../domain/federation-ports.ts'
import type { PeerId } from '../domain/peer.ts'
import { composeReport, type ReportInput, readMonth } from './report.ts'

const DAY_MS = 86_400_000
const month = readMonth('2026-11') ?? assert.fail()

function input(changes: Partial<ReportInput> = {}): ReportInput {
  return {
    ...{ month, now: NOW, sums: [], acts: [], changes: [], peers: [], tokens: [], keys: [] },
    settings: { requireSignature: true, isQueryTextLogged: false },
    ...changes,
  }
}

function sum(peerId: string, outcome: string, questions: number, changes: Partial<QuerySum> = {}): QuerySum {
  return {
    ...{ peerId: peerId as PeerId, peerName: peerId, direction: 'outbound', outcome, questions },
    ...{ results: 0, averageResponseTimeMs: null, ...changes },
  }
}

test('readMonth: a month is its days in UTC; what is none is not', () => {
  assert.deepEqual(month, {
    ...{ name: '2026-11', since: Date.parse('2026-11-01T00:00:00Z') },
    until: Date.parse('2026-12-01T00:00:00Z'),
  })
  assert.equal(readMonth('2026-12')?.until, Date.parse('2027-01-01T00:00:00Z'))
  for (const text of ['2026', '2026-13', '2026-00', '26-11', '2026-11-01', ''])
    assert.equal(readMonth(text), undefined)
})

test('composeReport: each peer has its traffic in both directions, gone ones too', () => {
  const peer = makePeer('https://a.example', { name: 'Alpha' })
  const { peers } = composeReport(
    input({
      peers: [peer],
      sums: [
        sum(peer.id, 'answered', 3, { results: 30, averageResponseTimeMs: 100 }),
        sum(peer.id, 'timeout', 1, { averageResponseTimeMs: 500 }),
        sum(peer.id, 'answered', 7, { direction: 'inbound', results: 70 }),
        sum('gone', 'answered', 1),
      ],
    }),
  )
  assert.deepEqual(peers[0], {
    ...{ peerId: peer.id, name: 'Alpha', state: 'active' },
    outbound: {
      questions: 4,
      results: 30,
      averageResponseTimeMs: 200,
      outcomes: { answered: 3, timeout: 1 },
    },
    inbound: { questions: 7, results: 70, averageResponseTimeMs: null, outcomes: { answered: 7 } },
  })
  assert.deepEqual([peers[1]?.name, peers[1]?.state], ['gone', 'removed'])
})

test('composeReport: says what wants a look, and nothing when all is well', () => {
  const fine = makePeer('https://fine.example', { name: 'Fine' })
  const well = input({ peers: [fine], sums: [sum(fine.id, 'answered', 100)] })
  assert.deepEqual(composeReport(well).findings, [])
  const failing = makePeer('https://failing.example', { name: 'Failing' })
  const quiet = makePeer('https://quiet.example', { name: 'Quiet', createdAt: month.since - DAY_MS })
  const unsigned = makePeer('https://loose.example', {
    name: 'Loose',
    isInboundActive: true,
    requireSignature: false,
  })
  const key: ApiKey = {
    ...{ id: 'k', ownerId: 'o', name: 'laptop', role: 'viewer', hint: 'ava_…1234' },
    ...{
      createdAt: NOW - 200 * DAY_MS,
      expiresAt: NOW + DAY_MS,
      lastUsedAt: NOW - 100 * DAY_MS,
      rotatedAt: null,
      revokedAt: null,
    },
  } as never
  const { findings } = composeReport(
    input({
      peers: [failing, quiet, unsigned],
      sums: [sum(failing.id, 'answered', 80), sum(failing.id, 'timeout', 20)],
      keys: [
        key,
        { ...key, revokedAt: NOW },
        { ...key, expiresAt: NOW },
        { ...key, name: 'renewed', rotatedAt: NOW - DAY_MS },
        { ...key, name: 'in use', rotatedAt: NOW - DAY_MS, lastUsedAt: NOW },
        { ...key, expiresAt: null, lastUsedAt: NOW },
      ],
      settings: { requireSignature: true, isQueryTextLogged: true },
    }),
  )
  assert.deepEqual(findings, [
    'Failing failed 20 of 100 questions (20 %).',
    'Nothing was asked of Quiet or by it.',
    'Loose may ask without signing its requests.',
    'The viewer key ava_…1234 ("laptop") was not used for 100 days: revoke it?',
    'The viewer key ava_…1234 ("laptop") ends on 2026-11-24.',
    'The viewer key ava_…1234 ("in use") was rotated, ends soon and is still used: has its holder the new one?',
    'The query log keeps what was searched for as text (REGISTRY_LOG_QUERIES=plain).',
  ])
})
