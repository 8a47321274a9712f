import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createIndexMemory } from './index-memory.ts'

const LIST = { termId: 7, audienceId: 0 }
const POSTINGS = { ordinals: [3, 1, 2], impacts: [0.9, 0.5, 0.5] }
const RECORD = { ordinal: 3, did: 'did:web:registry.example:agents:3', terms: '\nmap\tmap\t0.9\n' }

const createMemory = (maxBytes: number) => createIndexMemory<typeof RECORD>(maxBytes, () => 100)

test('a list read is known as deep as it was read', () => {
  const known = createMemory(10_000).at(1)
  assert.equal(known.postings({ ...LIST, limit: 3 }), undefined)
  known.keepPostings({ ...LIST, limit: 3 }, POSTINGS)
  assert.equal(known.postings({ ...LIST, limit: 3 }), POSTINGS)
  assert.deepEqual(known.postings({ ...LIST, limit: 2 }), { ordinals: [3, 1], impacts: [0.9, 0.5] })
  assert.equal(known.postings({ ...LIST, limit: 4 }), undefined)
  assert.equal(known.postings({ ...LIST, audienceId: 1, limit: 3 }), undefined)
})

test('a list that was read whole is known at any depth', () => {
  const known = createMemory(10_000).at(1)
  known.keepPostings({ ...LIST, limit: 4 }, POSTINGS)
  assert.equal(known.postings({ ...LIST, limit: 100 }), POSTINGS)
})

test('a record is known to the readers it was read for', () => {
  const known = createMemory(10_000).at(1)
  known.keepRecord('public', RECORD)
  assert.equal(known.record('public', 3), RECORD)
  assert.equal(known.record('federated', 3), undefined)
  assert.equal(known.record('public', 4), undefined)
})

test('a change of any record forgets everything, also what is still being read', () => {
  const memory = createMemory(10_000)
  const before = memory.at(1)
  before.keepPostings({ ...LIST, limit: 3 }, POSTINGS)
  const after = memory.at(2)
  assert.equal(after.postings({ ...LIST, limit: 3 }), undefined)
  before.keepRecord('public', RECORD)
  assert.equal(memory.at(2).record('public', 3), undefined)
  assert.equal(memory.at(1).postings({ ...LIST, limit: 3 }), undefined, 'one who comes late')
  memory.at(1).keepPostings({ ...LIST, limit: 3 }, POSTINGS)
  assert.equal(memory.at(2).postings({ ...LIST, limit: 3 }), undefined)
})

test('it holds no more than it may', () => {
  const known = createMemory(2_000).at(1)
  for (let ordinal = 0; ordinal < 100; ordinal += 1) known.keepRecord('public', { ...RECORD, ordinal })
  const kept = Array.from({ length: 100 }, (_, ordinal) => known.record('public', ordinal)).filter(Boolean)
  assert.equal(kept.length, Math.floor(2_000 / 300))
  const none = createMemory(0).at(1)
  none.keepPostings({ ...LIST, limit: 3 }, POSTINGS)
  assert.equal(none.postings({ ...LIST, limit: 3 }), undefined)
})
