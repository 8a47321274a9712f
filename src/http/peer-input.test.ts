import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProblemError } from '../problem.ts'
import { readPeerChange } from './peer-input.ts'

test('metadata are merged member by member, as a merge patch is', () => {
  const known = {
    metadata: { contact: 'ops', contract: { number: 7, ends: '2027' } },
    sharePolicy: null,
    quota: null,
  }
  const metadata = { contact: null, contract: { ends: '2028' }, note: 'new' }
  assert.deepEqual(readPeerChange({ metadata }, known).metadata, {
    ...{ contract: { number: 7, ends: '2028' }, note: 'new' },
  })
  assert.deepEqual(readPeerChange({ metadata: null }, known).metadata, {})
  assert.equal('metadata' in readPeerChange({ name: 'Partner' }, known), false)
})

test('metadata are bounded however they grew', () => {
  const known = { metadata: { a: 'x'.repeat(8_000) }, sharePolicy: null, quota: null }
  const isTooLong = (error: unknown) =>
    error instanceof ProblemError && error.errors[0]?.pointer === '/metadata'
  assert.throws(() => readPeerChange({ metadata: { b: 'y'.repeat(300) } }, known), isTooLong)
  assert.ok(readPeerChange({ metadata: { a: null, b: 'y'.repeat(300) } }, known).metadata)
})

test('a share policy is merged member by member, its lists whole', () => {
  const { sharePolicy = null } = readPeerChange({
    share_policy: { include: [{ tag: 'nlp' }], max_results: 9 },
  })
  const known = { metadata: {}, sharePolicy, quota: null }
  const changed = readPeerChange({ share_policy: { max_results: null, exclude: [{ tag: 'x' }] } }, known)
  assert.deepEqual(changed.sharePolicy, {
    include: [{ agentType: null, tag: 'nlp', provider: null, id: null }],
    exclude: [{ agentType: null, tag: 'x', provider: null, id: null }],
    fields: null,
    maxResults: null,
  })
  assert.equal(readPeerChange({ share_policy: null }, known).sharePolicy, null)
  assert.equal('sharePolicy' in readPeerChange({ name: 'Partner' }, known), false)
})

test('what is wrong with a share policy is told with its place', () => {
  const isNamed = (error: unknown) =>
    error instanceof ProblemError && error.errors[0]?.pointer === '/share_policy/include/0'
  assert.throws(() => readPeerChange({ share_policy: { include: [{}] } }), isNamed)
})

test('a quota is merged member by member, and gone when nothing is bounded', () => {
  const quota = { queries: 100, results: null, bytes: 5_000 }
  const known = { metadata: {}, sharePolicy: null, quota }
  const merged = readPeerChange({ quota: { bytes_per_day: null, results_per_day: 7 } }, known)
  assert.deepEqual(merged.quota, { queries: 100, results: 7, bytes: null })
  const emptied = readPeerChange({ quota: { queries_per_day: null, bytes_per_day: null } }, known)
  assert.equal(emptied.quota, null)
  assert.equal(readPeerChange({ quota: null }, known).quota, null)
})
