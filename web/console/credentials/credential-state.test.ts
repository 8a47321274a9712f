import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byUse, type Credential, isInUse, stateOf } from './credential-state.ts'

const NOW = Date.parse('2026-11-28T12:00:00Z')
const DAY_MS = 86_400_000

function credential(overrides: Partial<Credential> = {}): Credential {
  return {
    ...{ created_at: '2026-11-01T00:00:00.000Z', expires_at: null, last_used_at: null },
    ...{ rotated_at: null, revoked_at: null, suspended_at: null, ...overrides },
  }
}

const inMs = (ms: number): string => new Date(NOW + ms).toISOString()

test('stateOf: what ended is told before what is wrong with it otherwise', () => {
  const cases: [Partial<Credential>, string][] = [
    [{}, 'live'],
    [{ expires_at: inMs(30 * DAY_MS) }, 'live'],
    [{ expires_at: inMs(7 * DAY_MS) }, 'ending'],
    [{ expires_at: inMs(0) }, 'expired'],
    [{ rotated_at: inMs(-1), expires_at: inMs(DAY_MS) }, 'replaced'],
    [{ rotated_at: inMs(-1), expires_at: inMs(-1) }, 'expired'],
    [{ suspended_at: inMs(-1) }, 'suspended'],
    [{ suspended_at: inMs(-1), revoked_at: inMs(-1) }, 'revoked'],
    [{ revoked_at: inMs(-1), expires_at: inMs(-1) }, 'revoked'],
  ]
  for (const [overrides, state] of cases) {
    assert.equal(stateOf(credential(overrides), NOW), state, JSON.stringify(overrides))
  }
})

test('stateOf: tokens, which are never suspended, have a state too', () => {
  const { suspended_at: _, ...token } = credential()
  assert.equal(stateOf(token, NOW), 'live')
})

test('byUse: those in use come first, newest first, and none is lost', () => {
  const old = credential({ created_at: '2026-01-01T00:00:00.000Z' })
  const fresh = credential({ created_at: '2026-11-20T00:00:00.000Z' })
  const revoked = credential({ created_at: '2026-11-25T00:00:00.000Z', revoked_at: inMs(-1) })
  assert.deepEqual(byUse([revoked, old, fresh], NOW), [fresh, old, revoked])
  assert.ok(!isInUse(stateOf(revoked, NOW)))
})
