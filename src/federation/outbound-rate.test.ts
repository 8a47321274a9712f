import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createManualClock, makePeer } from '../../test/support/federation.ts'
import { createOutboundRate } from './outbound-rate.ts'

const PEER = makePeer('https://a.example')

test('a minute’s allowance may be spent at once, and grows back evenly', () => {
  const clock = createManualClock()
  const rate = createOutboundRate(7, clock)
  const spend = () => rate.spend(PEER, 'federated').ok
  assert.deepEqual(
    Array.from({ length: 8 }, spend),
    Array.from({ length: 8 }, (_, index) => index < 7),
  )
  clock.advance(Math.ceil(60_000 / 7))
  assert.deepEqual([spend(), spend()], [true, false])
  clock.advance(3_600_000)
  assert.equal(
    Array.from({ length: 9 }, spend).filter(Boolean).length,
    7,
    'no more than a minute’s is saved up',
  )
})

test('each peer has its own allowance', () => {
  const rate = createOutboundRate(1, createManualClock())
  assert.equal(rate.spend(PEER, 'federated').ok, true)
  assert.equal(rate.spend(makePeer('https://b.example'), 'federated').ok, true)
  assert.deepEqual(rate.spend(PEER, 'federated'), { ok: false, waitMs: 60_000 })
})

test('anonymous users spend a quarter at most, so that holders of keys are not shut out', () => {
  const rate = createOutboundRate(8, createManualClock())
  const anonymous = Array.from({ length: 20 }, () => rate.spend(PEER, 'public').ok)
  assert.equal(anonymous.filter(Boolean).length, 2)
  const holders = Array.from({ length: 20 }, () => rate.spend(PEER, 'federated').ok)
  assert.equal(holders.filter(Boolean).length, 6)
})
