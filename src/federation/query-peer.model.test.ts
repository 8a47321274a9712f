/**
 * What is kept of a peer's answers, against plain rules over a few remembered answers: of each replica, and of the cache
 * they share.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { askOne, createTestEngine, page, settle } from '../../test/support/engine.ts'
import { createManualClock, makePeer, SEARCH_REQUEST } from '../../test/support/federation.ts'
import type { PeerOutcome } from '../domain/discovery.ts'
import type { Peer } from '../domain/peer.ts'
import type { Clock } from '../domain/ports.ts'
import type { SharedCache } from '../domain/sharing.ts'
import { createMemoryResultCache } from '../storage/cache/memory.ts'
import type { FederationEngine } from './engine.ts'
import type { PeerProtocol } from './protocols/protocol.ts'

const TTL_SECONDS = 300
const EMPTY = 'empty'

/** The peer as it is: the records it has now, whether it answers, and how often it was asked. */
type Remote = { records: string; isUp: boolean; asked: number }

function createProtocol(remote: Remote): PeerProtocol {
  return {
    ...{ name: 'remote', version: 1 },
    async search(_peer, _request, { knownEtag }) {
      remote.asked += 1
      const etag = `"${remote.records}"`
      if (!remote.isUp) return { kind: 'failed', reason: 'unreachable', error: 'nobody is there' }
      return knownEtag === etag
        ? { kind: 'not-modified' }
        : { kind: 'received', body: Buffer.from(remote.records), etag }
    },
    read(body) {
      const records = Buffer.from(body).toString()
      return records === EMPTY ? page() : page(records)
    },
    probe: () => Promise.reject(new Error('not probed here')),
    changes: () => Promise.reject(new Error('not asked for changes here')),
  }
}

function createSharedMemory(clock: Clock): SharedCache {
  const kept = new Map<string, { readonly value: Uint8Array; readonly until: number }>()
  return {
    async get(key) {
      const found = kept.get(key)
      return found !== undefined && clock.monotonic() <= found.until ? found.value : undefined
    },
    put: (key, value, ttlSeconds) => kept.set(key, { value, until: clock.monotonic() + ttlSeconds * 1_000 }),
  }
}

type Kept = { readonly records: string; readonly fetchedAt: number }
type Model = {
  now: number
  peer: Peer
  /** By replica, then by the peer's epoch. */
  readonly kept: readonly Map<number, Kept>[]
  readonly shared: Map<number, Kept>
}
type Real = {
  readonly clock: ReturnType<typeof createManualClock>
  readonly remote: Remote
  readonly replicas: readonly FederationEngine[]
}
type Command = fc.AsyncCommand<Model, Real>
type Ask = { readonly replica: number; readonly forceRefresh: boolean; readonly maxAgeSeconds: number | null }

function command(name: string, run: (model: Model, real: Real) => void | Promise<void>): Command {
  return { check: () => true, toString: () => name, run: async (model, real) => run(model, real) }
}

const ageOf = ({ fetchedAt }: Kept, { now }: Model): number => (now - fetchedAt) / 1_000

function freshSecondsOf({ records }: Kept): number {
  return records === EMPTY ? 30 : TTL_SECONDS
}

function isFresh(kept: Kept, model: Model): boolean {
  const { staleBefore } = model.peer
  const isOvertaken = staleBefore !== null && kept.fetchedAt < staleBefore
  return ageOf(kept, model) <= freshSecondsOf(kept) && !isOvertaken
}

/** What is shown, of whom, from where. */
type Shown = { readonly from: string; readonly kept: Kept | null }

/** Asks the peer, unless another replica has a fresh answer: what is at hand then; null where the peer is down. */
function renew(
  model: Model,
  remote: Remote,
  ask: Ask,
): { readonly kept: Kept; readonly from: string } | null {
  const { epoch } = model.peer
  const own = model.kept[ask.replica]
  const shared = model.shared.get(epoch)
  const isPlain = !ask.forceRefresh && ask.maxAgeSeconds === null
  const isNewer = shared !== undefined && shared.fetchedAt > (own?.get(epoch)?.fetchedAt ?? 0)
  if (isPlain && isNewer && ageOf(shared, model) < 86_400) {
    own?.set(epoch, shared)
    if (isFresh(shared, model)) return { kept: shared, from: 'hit' }
  }
  remote.asked += 1
  if (!remote.isUp) return null
  const before = own?.get(epoch)
  const kept = { records: remote.records, fetchedAt: model.now }
  own?.set(epoch, kept)
  // A renewed answer is not sent on: replicas know it from when it came whole.
  if (before?.records !== remote.records || ageOf(before, model) > 86_400) model.shared.set(epoch, kept)
  return { kept, from: 'miss' }
}

function expect(model: Model, remote: Remote, ask: Ask): Shown {
  const { epoch } = model.peer
  const usable = (): Kept | undefined => {
    const kept = model.kept[ask.replica]?.get(epoch)
    if (kept === undefined || ask.forceRefresh) return undefined
    return ageOf(kept, model) <= Math.min(ask.maxAgeSeconds ?? 86_400, 86_400) ? kept : undefined
  }
  const kept = usable()
  if (kept !== undefined && isFresh(kept, model)) return { from: 'hit', kept }
  if (kept !== undefined && ageOf(kept, model) <= freshSecondsOf(kept) + 600) {
    renew(model, remote, ask)
    return { from: 'revalidating', kept }
  }
  const renewed = renew(model, remote, ask)
  if (renewed !== null) return renewed
  const fallback = usable()
  return fallback === undefined ? { from: 'unreachable', kept: null } : { from: 'stale', kept: fallback }
}

function shownBy(outcome: PeerOutcome): Shown {
  switch (outcome.kind) {
    case 'answered':
    case 'stale': {
      const [agent] = outcome.answer.agents
      const kept = { records: agent?.id ?? EMPTY, fetchedAt: outcome.answer.fetchedAt }
      return { from: outcome.kind === 'stale' ? 'stale' : outcome.cache, kept }
    }
    case 'failed':
      return { from: outcome.reason, kept: null }
    case 'skipped':
      return { from: outcome.reason, kept: null }
  }
}

const askAs = (ask: Ask, times: number): Command =>
  command(`${times} x ${JSON.stringify(ask)}`, async (model, { clock, remote, replicas }) => {
    const expectedRemote = { ...remote }
    const expected = expect(model, expectedRemote, ask)
    const { replica, ...wanted } = ask
    const engine = replicas[replica] ?? assert.fail('no such replica')
    const outcomes = await Promise.all(
      Array.from({ length: times }, () =>
        askOne(engine, model.peer, { request: SEARCH_REQUEST, clock, ...wanted }),
      ),
    )
    await settle()
    for (const outcome of outcomes) assert.deepEqual(shownBy(outcome), expected)
    assert.equal(remote.asked, expectedRemote.asked, 'requests to the peer')
  })

const pass = (seconds: number): Command =>
  command(`${seconds} s pass`, (model, { clock }) => {
    model.now += seconds * 1_000
    clock.advance(seconds * 1_000)
  })

const changeRemote = (change: Partial<Remote>): Command =>
  command(JSON.stringify(change), (_, { remote }) => void Object.assign(remote, change))

const raiseEpoch = command('epoch raised', (model) => {
  model.peer = { ...model.peer, epoch: model.peer.epoch + 1 }
})

const overtake = command('overtaken', (model) => {
  model.peer = { ...model.peer, staleBefore: model.now }
})

const maxAge = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom(0, 10, 400, 5_000) },
)
const ask = fc.record({
  replica: fc.nat(1),
  forceRefresh: fc.nat(4).map((one) => one === 0),
  maxAgeSeconds: maxAge,
})
const COMMANDS = [
  fc.tuple(ask, fc.integer({ min: 1, max: 3 })).map(([one, times]) => askAs(one, times)),
  fc.tuple(ask, fc.constant(1)).map(([one, times]) => askAs(one, times)),
  fc
    .oneof(fc.constantFrom(1, 29, 30, 31, 299, 300, 301, 900, 86_400), fc.nat(1_000), fc.nat(90_000))
    .map(pass),
  fc.boolean().map((isUp) => changeRemote({ isUp })),
  fc.constantFrom('one', 'two', EMPTY).map((records) => changeRemote({ records })),
  fc.constant(raiseEpoch),
  fc.constant(overtake),
]

test('answers are never shown older than they may be, nor a failure as fresh; peers are asked no more than needed', async () => {
  const setup = () => {
    const clock = createManualClock()
    const remote: Remote = { records: 'one', isUp: true, asked: 0 }
    const protocol = createProtocol(remote)
    const sharedCache = createSharedMemory(clock)
    const replicas = [0, 1].map(() =>
      createTestEngine({
        ...{ clock, sharedCache, findProtocol: () => protocol },
        cache: createMemoryResultCache({ maxBytes: 1_000_000, clock }),
        settings: { cacheTtlSeconds: TTL_SECONDS, outboundRatePerMinute: 1_000_000 },
      }),
    )
    const peer = makePeer('https://a.example')
    const model: Model = { now: clock.now(), peer, kept: [new Map(), new Map()], shared: new Map() }
    return { model, real: { clock, remote, replicas } as Real }
  }
  const commands = fc.commands(COMMANDS, { maxCommands: 60, size: 'max' })
  await fc.assert(
    fc.asyncProperty(commands, (happens) => fc.asyncModelRun(setup, happens)),
    { numRuns: 200 },
  )
})
