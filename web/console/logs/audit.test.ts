import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeDetail, monthBefore } from './audit.ts'

test('monthBefore: is the month that is over, across the turn of the year', () => {
  assert.equal(monthBefore(new Date('2026-11-01T00:00:00Z')), '2026-10')
  assert.equal(monthBefore(new Date('2027-01-31T23:59:59Z')), '2026-12')
})

test('describeDetail: tells every member, texts as they are', () => {
  assert.equal(
    describeDetail({ name: 'Acme', roles: ['a'], count: 2, gone: null }),
    'name: Acme; roles: ["a"]; count: 2; gone: null',
  )
  assert.equal(describeDetail({}), '')
})

test('describeDetail: cuts what is very long, and says how long it is', () => {
  const told = describeDetail({ created: 'x'.repeat(10_000) })
  assert.ok(told.length < 2_100)
  assert.match(told, /10009 characters in all/)
})
