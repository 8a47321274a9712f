import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FederationStats, PeerRow } from '../domain/discovery.ts'
import { createAnswerUses, type PeersShown, peersShown } from './answer-uses.ts'

function statsOf(...rows: readonly Partial<PeerRow>[]): FederationStats {
  return { peers: rows } as unknown as FederationStats
}

test('what came of peers is told by what it was, and of those who were not to be asked nothing', () => {
  const shown = peersShown(
    statsOf(
      { name: 'Harbor', outcome: 'answered', cache: 'hit', reason: null },
      { name: 'Lumen', outcome: 'answered', cache: 'miss', reason: null },
      { name: 'Down', outcome: 'skipped', cache: null, reason: 'breaker-open' },
      { name: 'Left out', outcome: 'skipped', cache: null, reason: 'not-selected' },
      { name: 'Quay', outcome: 'answered', cache: 'hit', reason: null },
    ),
  )
  assert.deepEqual(shown, [
    { outcome: 'answered', cache: 'hit', names: ['Harbor', 'Quay'] },
    { outcome: 'answered', cache: 'miss', names: ['Lumen'] },
    { outcome: 'skipped', cache: null, names: ['Down'] },
  ])
  assert.deepEqual(peersShown(null), [])
})

test('each use is told once, with all others of the same answer', () => {
  const told: [PeersShown, number][] = []
  const uses = createAnswerUses({ peersShownAgain: (shown, times) => void told.push([shown, times]) })
  const [one, other] = ['Harbor', 'Lumen'].map((name) =>
    peersShown(statsOf({ name, outcome: 'answered', cache: 'hit', reason: null })),
  )
  assert.ok(one && other)
  for (const shown of [one, other, one, peersShown(null)]) uses.note(shown)
  assert.equal(told.length, 0)
  uses.tell()
  assert.deepEqual(told, [
    [one, 2],
    [other, 1],
  ])
  uses.tell()
  assert.equal(told.length, 2)
})

test('nothing waits without end to be told', () => {
  let told = 0
  const count = (): void => {
    told += 1
  }
  const uses = createAnswerUses({ peersShownAgain: count })
  for (let turn = 0; turn < 300; turn += 1) {
    uses.note(peersShown(statsOf({ name: 'Harbor', outcome: 'answered', cache: 'hit', reason: null })))
  }
  assert.equal(told, 256)
})
