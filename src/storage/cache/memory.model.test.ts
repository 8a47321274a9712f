/** The memory of answers against plain rules: what may be found, what must be, and how much there may be of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createManualClock, makeAgent, NOW } from '../../../test/support/federation.ts'
import type { Agent } from '../../domain/agent.ts'
import type { PeerId } from '../../domain/peer.ts'
import type { KeptAnswer, ResultCache } from '../../domain/ports.ts'
import { createMemoryResultCache } from './memory.ts'

const MAX_BYTES = 120_000
const PEERS = ['a', 'ab', 'b'] as PeerId[]
/** Records that several answers may hold. */
const RECORDS: readonly Agent[] = Array.from({ length: 12 }, (_, place) => makeAgent(`${place}`))

type Entry = { readonly key: string; readonly kept: KeptAnswer; readonly until: number }
type Model = {
  now: number
  /** What was put and neither replaced, refused nor forgotten since; the one used last comes last. */
  entries: Entry[]
}
type Real = { readonly cache: ResultCache; readonly clock: ReturnType<typeof createManualClock> }
type Command = fc.Command<Model, Real>

function answer(records: readonly Agent[], bodyBytes: number): KeptAnswer {
  const rest = { statistics: null, hasMore: false, nextCursor: null, droppedRecords: 0, fetchedAt: NOW }
  return { answer: { ...rest, agents: records }, etag: null, bodyBytes }
}

/**
 * By the figures that `memory.ts` counts with. Of a record that several answers hold it is not known whose figures it is
 * counted with: at least with those of an empty body.
 */
function bytesOf(answers: readonly KeptAnswer[]): number {
  const records = new Map<Agent, number>()
  for (const {
    answer: { agents },
    bodyBytes,
  } of answers) {
    for (const agent of agents) {
      const isShared = answers.length > 1 && RECORDS.includes(agent)
      records.set(agent, 1_600 + (isShared ? 0 : Math.ceil((bodyBytes * 4) / agents.length)))
    }
  }
  const each = answers.reduce((sum, { answer: { agents } }) => sum + 1_000 + agents.length * 8, 0)
  return [...records.values()].reduce((sum, bytes) => sum + bytes, each)
}

function command(name: string, run: (model: Model, real: Real) => void): Command {
  return { check: () => true, toString: () => name, run }
}

function without(model: Model, key: string): Entry[] {
  return model.entries.filter((entry) => entry.key !== key)
}

const put = (key: string, kept: KeptAnswer, ttlSeconds: number): Command =>
  command(`put ${key} of ${kept.answer.agents.length} for ${ttlSeconds} s`, (model, { cache }) => {
    const isTaken = ttlSeconds > 0 && bytesOf([kept]) <= MAX_BYTES / 8
    const until = model.now + ttlSeconds * 1_000
    model.entries = [...without(model, key), ...(isTaken ? [{ key, kept, until }] : [])]
    cache.put(key, kept, ttlSeconds)
    assert.equal(cache.get(key), isTaken ? kept : undefined, 'what was put last is there')
  })

const putAgain = (place: number): Command =>
  command('put the very same again', (model, { cache }) => {
    const entry = model.entries[place % model.entries.length]
    if (entry === undefined) return
    model.entries = [...without(model, entry.key), { ...entry, until: model.now + 60_000 }]
    cache.put(entry.key, entry.kept, 60)
  })

const get = (key: string): Command =>
  command(`get ${key}`, (model, { cache }) => {
    const found = cache.get(key)
    const entry = model.entries.find((one) => one.key === key)
    if (found === undefined) return
    assert.ok(entry !== undefined && model.now <= entry.until, 'it was put, and its time is not over')
    assert.equal(found, entry.kept)
    model.entries = [...without(model, key), entry]
  })

const forget = (peerId: PeerId): Command =>
  command(`forget ${peerId}`, (model, { cache }) => {
    model.entries = model.entries.filter(({ key }) => !key.startsWith(`${peerId}:`))
    cache.forgetPeer(peerId)
  })

const pass = (ms: number): Command =>
  command(`${ms} ms pass`, (model, { clock }) => {
    model.now += ms
    clock.advance(ms)
  })

/** Whoever was used later is not given up for one used earlier, and all that is there has room. */
function checkWhole({ entries, now }: Model, { cache }: Real): void {
  const lasting = entries.filter(({ until }) => now <= until)
  const isThere = lasting.map(({ key, kept }) => cache.get(key) === kept)
  const first = isThere.indexOf(true)
  if (first >= 0) assert.ok(isThere.slice(first).every(Boolean), 'the least recently used go first')
  const there = lasting.filter((_, place) => isThere[place]).map(({ kept }) => kept)
  assert.ok(bytesOf(there) <= MAX_BYTES, `${bytesOf(there)} bytes`)
}

/** Nothing of what went counts any more: as much fits as into an empty one. */
function checkNothingLeft({ cache }: Real): void {
  for (const peerId of PEERS) cache.forgetPeer(peerId)
  const most = Math.floor(MAX_BYTES / bytesOf([answer([makeAgent('new')], 1_000)]))
  const keys = Array.from({ length: most }, (_, place) => `a:new-${place}`)
  for (const key of keys) cache.put(key, answer([makeAgent('new')], 1_000), 60)
  assert.ok(
    keys.every((key) => cache.get(key) !== undefined),
    'what was forgotten takes no room',
  )
}

const key = fc
  .tuple(fc.constantFrom(...PEERS), fc.nat(9))
  .map(([peerId, question]) => `${peerId}:${question}`)
const kept = fc
  .tuple(fc.subarray([...RECORDS], { maxLength: 6 }), fc.oneof(fc.nat(3_000), fc.nat(9_000)))
  .map(([records, bodyBytes]) => answer(records, bodyBytes))
const ttlSeconds = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 100 }) },
  fc.constantFrom(0, -1),
)
const COMMANDS = [
  ...Array.from({ length: 4 }, () => fc.tuple(key, kept, ttlSeconds).map((args) => put(...args))),
  fc.tuple(key, fc.nat(4_000)).map(([one, bodyBytes]) => put(one, answer([makeAgent('own')], bodyBytes), 90)),
  fc.nat().map(putAgain),
  ...[key, key].map((one) => one.map(get)),
  fc.constantFrom(...PEERS).map(forget),
  fc.oneof(fc.nat(1_000), fc.nat(40_000)).map(pass),
]

test('only what was put is found, no longer than it may be, the least recently used go first, and memory is bounded', () => {
  fc.assert(
    fc.property(fc.commands(COMMANDS, { maxCommands: 100, size: 'max' }), (happens) => {
      const clock = createManualClock()
      const real: Real = { clock, cache: createMemoryResultCache({ maxBytes: MAX_BYTES, clock }) }
      const model: Model = { now: clock.monotonic(), entries: [] }
      fc.modelRun(() => ({ model, real }), happens)
      checkWhole(model, real)
      checkNothingLeft(real)
    }),
    { numRuns: 300 },
  )
})
