/**
 * Cursors of walks against a plain list of what was saved: two replicas of one registry, another registry, clocks,
 * keys and a database that forgets, and holders who change what they were given.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createManualClock } from '../../test/support/federation.ts'
import type { SnapshotStore } from '../domain/federation-ports.ts'
import { ProblemError } from '../problem.ts'
import { createCursorSealer } from '../security/cursor-seal.ts'
import { createKeyRing, type KeyRing, withNewKey } from '../security/key-ring.ts'
import {
  createWalkStates,
  ShownResults,
  type WalkQuestion,
  type WalkState,
  type WalkStates,
} from './walk-state.ts'

const LIFETIME_MS = 600_000

type Saved = {
  readonly cursor: string
  readonly state: WalkState
  readonly question: WalkQuestion
  readonly expiresAt: number
  /** Where it does not travel in the cursor. */
  readonly snapshot: string | null
}
/** `kept`: until when, by the row's id. */
type Model = { now: number; readonly saved: Saved[]; readonly kept: Map<string, number> }
type Real = {
  readonly clock: ReturnType<typeof createManualClock>
  /** In the order in which they were written last. */
  readonly rows: Map<string, { readonly state: unknown; readonly expiresAt: number }>
  readonly written: { times: number }
  readonly snapshots: SnapshotStore
  ring: KeyRing
  readonly foreign: WalkStates
}
type Command = fc.AsyncCommand<Model, Real>

/** Written to text and read again, as a database does. */
function createSnapshots({ rows, written, clock }: Pick<Real, 'rows' | 'written' | 'clock'>): SnapshotStore {
  return {
    async put({ id, state, expiresAt }) {
      written.times += 1
      rows.delete(id)
      rows.set(id, { state: JSON.parse(JSON.stringify(state)), expiresAt })
    },
    async find(id) {
      const row = rows.get(id)
      return row !== undefined && row.expiresAt > clock.now() ? row : undefined
    },
    async purge(now) {
      for (const [id, { expiresAt }] of rows) if (expiresAt <= now) rows.delete(id)
      return 0
    },
  }
}

/** Any replica: they have nothing in common but keys and database. */
function replicaOf({ ring, clock, snapshots }: Pick<Real, 'ring' | 'clock' | 'snapshots'>): WalkStates {
  return createWalkStates({ cursors: createCursorSealer(ring.deriveKeys('cursor')), snapshots, clock })
}

function command(name: string, run: (model: Model, real: Real) => Promise<void> | void): Command {
  return { check: () => true, toString: () => name, run: async (model, real) => run(model, real) }
}

const text = fc.oneof(
  fc.constantFrom('a', 'b', '__proto__', '7', ''),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const statistics = fc.option(
  fc.record({
    documents: fc.nat(),
    documentFrequency: fc.array(fc.tuple(text, fc.nat()), { maxLength: 5 }).map((pairs) => new Map(pairs)),
  }),
)
const position = fc.oneof(
  fc.constant({ kind: 'end' } as const),
  fc.record({
    kind: fc.constant('at' as const),
    cursor: fc.option(text),
    pages: fc.integer({ min: 1, max: 9 }),
  }),
)
const fingerprints = fc
  .oneof({ weight: 4, arbitrary: fc.nat(5) }, { weight: 1, arbitrary: fc.integer({ min: 300, max: 900 }) })
  .map((count) => Array.from({ length: count }, (_, place) => `${place}`.padStart(8, '-')))
const state: fc.Arbitrary<WalkState> = fc.record({
  statistics,
  shown: fingerprints.map((prints) => new ShownResults(prints)),
  positions: fc.array(fc.tuple(text, position), { maxLength: 4 }).map((pairs) => new Map(pairs)),
})
const word = fc.option(fc.constantFrom('a', 'b', 'a,b', '["a"]'))
const words = fc.array(fc.constantFrom('a', 'b', 'a,b'), { maxLength: 2 })
const question = fc.record({
  query: fc.record({
    search: word,
    filter: fc.record({
      agentType: word,
      tags: words,
      status: fc.constantFrom(null, 'active'),
      provider: word,
    }),
    includeLocal: fc.boolean(),
    peers: words,
  }),
  scope: fc.record({ widest: fc.constantFrom('public', 'local', 'all'), ownerId: word }),
}) as fc.Arbitrary<WalkQuestion>

/** A question as it is compared: in which order peers are named makes no difference. */
function written({ query, scope }: WalkQuestion): unknown {
  return { ...query, peers: [...query.peers].sort(), widest: scope.widest, owner: scope.ownerId }
}

function isSame(one: WalkQuestion, other: WalkQuestion): boolean {
  return JSON.stringify(written(one)) === JSON.stringify(written(other))
}

function read({ statistics: figures, shown, positions }: WalkState): unknown {
  return {
    figures: figures && { documents: figures.documents, df: new Map([...figures.documentFrequency].sort()) },
    shown: shown.toText(),
    positions: new Map([...positions].map(([id, at]) => [id, { ...at }] as const).sort()),
  }
}

async function codeOf(opened: Promise<WalkState>): Promise<string> {
  try {
    await opened
    return 'opened'
  } catch (error) {
    return error instanceof ProblemError ? error.code : assert.fail(`${error}`)
  }
}

const save = (what: WalkState, asked: WalkQuestion): Command =>
  command('save', async (model, real) => {
    const before = real.written.times
    const cursor = await replicaOf(real).save(what, asked)
    assert.match(cursor, /^[\w-]+\.[\w-]{22}$/)
    assert.ok(cursor.length <= 3_000, 'it fits into an address')
    const expiresAt = model.now + LIFETIME_MS
    const snapshot = real.written.times > before ? ([...real.rows.keys()].at(-1) ?? null) : null
    if (snapshot !== null) model.kept.set(snapshot, expiresAt)
    model.saved.push({ cursor, state: what, question: asked, expiresAt, snapshot })
  })

/** @param other what is asked instead of the question that the cursor was made for. */
const open = (place: number, other: WalkQuestion | null): Command =>
  command(other === null ? 'open' : 'open for another question', async (model, real) => {
    const saved = model.saved[place % model.saved.length]
    if (saved === undefined) return
    const asked = other ?? saved.question
    const isGone = saved.snapshot !== null && !model.kept.has(saved.snapshot)
    const opening = replicaOf(real).open(saved.cursor, asked)
    if (!isSame(asked, saved.question)) assert.equal(await codeOf(opening), 'invalid-cursor')
    else if (model.now >= saved.expiresAt || isGone) assert.equal(await codeOf(opening), 'cursor-expired')
    else assert.deepEqual(read(await opening), read(saved.state))
  })

const openElsewhere = (place: number): Command =>
  command('open at another registry', async (model, { foreign }) => {
    const saved = model.saved[place % model.saved.length]
    if (saved !== undefined)
      assert.equal(await codeOf(foreign.open(saved.cursor, saved.question)), 'invalid-cursor')
  })

const LETTERS = 'ABab01-_.=% \n'

const openChanged = (place: number, at: number, letter: string, also: number): Command =>
  command(`open with ${letter} at ${at}`, async (model, real) => {
    const saved = model.saved[place % model.saved.length]
    if (saved === undefined) return
    const { cursor } = saved
    const [body = '', seal = ''] = cursor.split('.')
    const otherSeal = (model.saved[also % model.saved.length]?.cursor ?? '').split('.')[1] ?? ''
    const spot = at % cursor.length
    const changed = [
      cursor.slice(0, spot) + letter + cursor.slice(spot + 1),
      cursor.slice(0, spot) + cursor.slice(spot + 1),
      cursor.slice(0, spot) + letter + cursor.slice(spot),
      ...(otherSeal === seal ? [] : [`${body}.${otherSeal}`]),
    ].filter((one) => one !== cursor)
    for (const one of changed)
      assert.equal(await codeOf(replicaOf(real).open(one, saved.question)), 'invalid-cursor', one)
  })

const pass = (ms: number): Command =>
  command(`${ms} ms pass`, (model, { clock }) => {
    model.now += ms
    clock.advance(ms)
  })

const purge = command('purge', async (model, { clock, snapshots }) => {
  await snapshots.purge(clock.now())
  for (const [snapshot, expiresAt] of model.kept) if (expiresAt <= model.now) model.kept.delete(snapshot)
})

const lose = command('the database is lost', (model, { rows }) => {
  rows.clear()
  model.kept.clear()
})

const renewKeys = command('a new first key', (_, real) => {
  real.ring = withNewKey(real.ring)
})

const COMMANDS = [
  fc.tuple(state, question).map(([what, asked]) => save(what, asked)),
  fc.tuple(state, question).map(([what, asked]) => save(what, asked)),
  fc.nat().map((place) => open(place, null)),
  fc.tuple(fc.nat(), question).map(([place, other]) => open(place, other)),
  fc.nat().map(openElsewhere),
  fc
    .tuple(fc.nat(), fc.nat(), fc.constantFrom(...LETTERS), fc.nat())
    .map(([place, at, letter, also]) => openChanged(place, at, letter, also)),
  fc.oneof(fc.constantFrom(1, LIFETIME_MS - 1, LIFETIME_MS), fc.nat(400_000)).map(pass),
  ...[purge, lose, renewKeys].map(fc.constant),
]

test('a cursor opens what it was made for, as it was, until its time is over, and nothing else', async () => {
  const setup = () => {
    const clock = createManualClock()
    const rows: Real['rows'] = new Map()
    const written = { times: 0 }
    const snapshots = createSnapshots({ rows, written, clock })
    const real: Real = {
      ...{ clock, rows, written, snapshots, ring: createKeyRing() },
      foreign: replicaOf({ ring: createKeyRing(), clock, snapshots }),
    }
    return { model: { now: clock.now(), saved: [], kept: new Map() } as Model, real }
  }
  const commands = fc.commands(COMMANDS, { maxCommands: 40, size: 'max' })
  await fc.assert(
    fc.asyncProperty(commands, (happens) => fc.asyncModelRun(setup, happens)),
    { numRuns: 150 },
  )
})

test('a cursor in the form of another release is too old to go on with, and none of ours', async () => {
  const clock = createManualClock()
  const cursors = createCursorSealer(createKeyRing().deriveKeys('cursor'))
  const snapshots = createSnapshots({ rows: new Map(), written: { times: 0 }, clock })
  const walks = createWalkStates({ cursors, snapshots, clock })
  const question: WalkQuestion = {
    query: {
      search: 'ferry',
      filter: { agentType: null, tags: [], status: null, provider: null },
      ...{ includeLocal: true, peers: [] },
    },
    scope: { widest: 'public', ownerId: null },
  }
  const state: WalkState = { statistics: null, shown: new ShownResults(), positions: new Map() }
  const cursor = await walks.save(state, question)
  const other = cursors.seal({ ...(cursors.open(cursor) as object), w: 1 })
  assert.equal(await codeOf(walks.open(cursor, question)), 'opened')
  assert.equal(await codeOf(walks.open(other, question)), 'cursor-expired')
})

test('a page that is asked for again and again leaves one row, which holds from the last time on', async () => {
  const clock = createManualClock()
  const rows: Real['rows'] = new Map()
  const cursors = createCursorSealer(createKeyRing().deriveKeys('cursor'))
  const snapshots = createSnapshots({ rows, written: { times: 0 }, clock })
  const walks = createWalkStates({ cursors, snapshots, clock })
  const question = (search: string): WalkQuestion => ({
    query: {
      search,
      filter: { agentType: null, tags: [], status: null, provider: null },
      ...{ includeLocal: true, peers: [] },
    },
    scope: { widest: 'public', ownerId: null },
  })
  const cursor = 'far '.repeat(1_000) // more than travels along
  const positions: WalkState['positions'] = new Map([['peer', { kind: 'at', cursor, pages: 1 }]])
  const state: WalkState = { statistics: null, shown: new ShownResults(), positions }
  await walks.save(state, question('ferry'))
  clock.advance(LIFETIME_MS - 1)
  const last = await walks.save(state, question('ferry'))
  assert.equal(rows.size, 1)
  clock.advance(LIFETIME_MS - 1)
  assert.equal(await codeOf(walks.open(last, question('ferry'))), 'opened')
  await walks.save(state, question('boat'))
  assert.equal(rows.size, 2, 'nobody shares one with another question')
})
