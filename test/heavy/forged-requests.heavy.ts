/** A million forgeries of peers' requests, in either scheme and of every component: none is believed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeMutations } from '../support/judge-mutations.ts'

const FORGERIES = 1_000_000
const SEED = 20_261_202

test('of a million forged requests none is believed', { timeout: 1_800_000 }, (t) => {
  const { judged, accepted, byComponent } = judgeMutations(FORGERIES, SEED)
  assert.equal(judged, FORGERIES)
  assert.deepEqual(accepted, [])
  for (const [component, count] of byComponent) {
    t.diagnostic(`${component}: ${count} forgeries, 0 believed`)
    assert.ok(count > FORGERIES / 50, `${component} was hardly tried`)
  }
})
