import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProblemError } from '../problem.ts'
import { readPeerChange } from './peer-input.ts'

test('metadata are merged member by member, as a merge patch is', () => {
  const known = { contact: 'ops', contract: { number: 7, ends: '2027' } }
  const metadata = { contact: null, contract: { ends: '2028' }, note: 'new' }
  assert.deepEqual(readPeerChange({ metadata }, known).metadata, {
    ...{ contract: { number: 7, ends: '2028' }, note: 'new' },
  })
  assert.deepEqual(readPeerChange({ metadata: null }, known).metadata, {})
  assert.equal('metadata' in readPeerChange({ name: 'Partner' }, known), false)
})

test('metadata are bounded however they grew', () => {
  const known = { a: 'x'.repeat(8_000) }
  const isTooLong = (error: unknown) =>
    error instanceof ProblemError && error.errors[0]?.pointer === '/metadata'
  assert.throws(() => readPeerChange({ metadata: { b: 'y'.repeat(300) } }, known), isTooLong)
  assert.ok(readPeerChange({ metadata: { a: null, b: 'y'.repeat(300) } }, known).metadata)
})
