import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createManualClock } from '../../test/support/federation.ts'
import type { QueryLogEntry } from '../domain/federation-ports.ts'
import type { PeerId } from '../domain/peer.ts'
import { createKeyRing } from '../security/key-ring.ts'
import { mintToken } from '../security/tokens.ts'
import { createQueryLogWriter, type QueryLogWriter, type QueryLogWriterDeps } from './query-log-writer.ts'

const ENTRY: Parameters<QueryLogWriter['add']>[0] = {
  ...{
    direction: 'outbound',
    peerId: 'p' as PeerId,
    peerName: 'Alpha',
    outcome: 'answered',
    responseTimeMs: 12,
  },
  ...{ results: 3, cache: null, requestId: null },
}

function setUp(change: Partial<QueryLogWriterDeps> = {}) {
  const clock = createManualClock()
  const batches: (readonly QueryLogEntry[])[] = []
  const lost: number[] = []
  const [hashKey = assert.fail()] = createKeyRing().deriveKeys('query-log')
  const writer = createQueryLogWriter({
    log: { append: async (rows) => void batches.push(rows) },
    ...{ clock, hashKey, isPlain: false, onLost: (rows) => lost.push(rows) },
    ...change,
  })
  return { clock, batches, lost, writer }
}

test('questions of one moment are one write, within a second', async () => {
  const { clock, batches, writer } = setUp()
  for (let time = 0; time < 3; time += 1) writer.add(ENTRY, null)
  assert.equal(batches.length, 0)
  clock.advance(500)
  await writer[Symbol.asyncDispose]()
  assert.deepEqual(
    batches.map(({ length }) => length),
    [3],
  )
  assert.equal(batches[0]?.[0]?.createdAt, clock.now() - 500)
})

test('a search text is a keyed hash, equal for equal questions alone; the text stands there only when asked for', async () => {
  const { batches, writer } = setUp()
  writer.add(ENTRY, { search: 'secret project', conditions: '[]' })
  writer.add(ENTRY, { search: 'secret project', conditions: '[]' })
  writer.add(ENTRY, { search: 'secret project', conditions: '["a2a"]' })
  writer.add(ENTRY, null)
  await writer[Symbol.asyncDispose]()
  const [one, same, other, none] = batches[0] ?? []
  assert.match(one?.queryHash ?? '', /^[0-9a-f]{32}$/)
  assert.equal(same?.queryHash, one?.queryHash)
  assert.notEqual(other?.queryHash, one?.queryHash)
  assert.equal(none?.queryHash, null)
  assert.doesNotMatch(JSON.stringify(batches), /secret/)

  const plain = setUp({ isPlain: true })
  plain.writer.add(ENTRY, { search: 'secret project', conditions: '[]' })
  await plain.writer[Symbol.asyncDispose]()
  assert.equal(plain.batches[0]?.[0]?.queryText, 'secret project')
})

test('a key that somebody pasted into the search is not kept for the readers of the log', async () => {
  const key = mintToken('ava')
  const { batches, writer } = setUp({ isPlain: true })
  writer.add(ENTRY, { search: `weather ${key}`, conditions: '[]' })
  await writer[Symbol.asyncDispose]()
  assert.equal(batches[0]?.[0]?.queryText, 'weather ava_[redacted]')
  assert.ok(!JSON.stringify(batches).includes(key))
})

test('rows are lost, and counted, when the database fails or more comes than it takes', async () => {
  const broken = setUp({ log: { append: () => Promise.reject(new Error('the database is gone')) } })
  broken.writer.add(ENTRY, null)
  await broken.writer[Symbol.asyncDispose]()
  assert.deepEqual(broken.lost, [1])

  const { batches, lost, writer } = setUp()
  for (let time = 0; time < 10_005; time += 1) writer.add(ENTRY, null)
  await writer[Symbol.asyncDispose]()
  assert.equal(batches[0]?.length, 10_000)
  assert.deepEqual(lost, [5])
})
