/** Slots against plain lists of who holds one and who waits, whatever the order of events. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PeerId } from '../domain/peer.ts'
import { createSlots, type Release, type Slots } from './slots.ts'

const LIMITS = { perPeer: 2, overall: 4 }
const PEERS = ['a', 'b', 'c'] as PeerId[]
const TURNS = [{ name: 'one' }, { name: 'two' }, { name: 'three' }]

type Entry = { readonly id: number; readonly peerId: PeerId; readonly turn: object }
type Model = {
  readonly holders: Entry[]
  /** Each search's line; the search whose turn is next comes first. */
  readonly lines: { readonly turn: object; readonly waiters: Entry[] }[]
  lastId: number
}
type Real = {
  readonly slots: Slots
  readonly releases: Map<number, Release>
  readonly cancels: Map<number, () => void>
}
type Command = fc.AsyncCommand<Model, Real>

const isFree = ({ holders }: Model, peerId: PeerId): boolean =>
  holders.length < LIMITS.overall &&
  holders.filter((holder) => holder.peerId === peerId).length < LIMITS.perPeer

/** The next in turn who can be served, and the search's line goes to the end. */
function serveNext(model: Model): void {
  const { lines, holders } = model
  const line = lines.find(({ waiters }) => waiters.some(({ peerId }) => isFree(model, peerId)))
  const waiter = line?.waiters.find(({ peerId }) => isFree(model, peerId))
  if (line === undefined || waiter === undefined) return
  holders.push(waiter)
  removeWaiter(model, waiter)
  if (lines.includes(line)) lines.push(...lines.splice(lines.indexOf(line), 1))
}

function removeWaiter({ lines }: Model, waiter: Entry): void {
  const place = lines.findIndex(({ waiters }) => waiters.includes(waiter))
  const line = lines[place]
  if (line === undefined) return
  line.waiters.splice(line.waiters.indexOf(waiter), 1)
  if (line.waiters.length === 0) lines.splice(place, 1)
}

function command(name: string, run: (model: Model, real: Real) => void): Command {
  return {
    check: () => true,
    toString: () => name,
    async run(model, real) {
      run(model, real)
      await new Promise(setImmediate) // slots are handed over as promises
      assert.equal(real.slots.taken, model.holders.length)
      assert.deepEqual([...real.releases.keys()].sort(), model.holders.map(({ id }) => id).sort())
      const waiting = model.lines.flatMap(({ waiters }) => waiters)
      assert.ok(!waiting.some(({ peerId }) => isFree(model, peerId)), 'nobody waits for what is free')
    },
  }
}

const take = (peer: number, place: number): Command =>
  command(`take ${PEERS[peer]} for ${TURNS[place]?.name}`, (model, { slots, releases, cancels }) => {
    const [peerId = PEERS[0] as PeerId, turn = {}] = [PEERS[peer], TURNS[place]]
    model.lastId += 1
    const entry: Entry = { id: model.lastId, peerId, turn }
    const taken = slots.take(peerId, turn)
    assert.equal(typeof taken === 'function', isFree(model, peerId))
    if (typeof taken === 'function') {
      model.holders.push(entry)
      releases.set(entry.id, taken)
      return
    }
    void taken.slot.then((release) => releases.set(entry.id, release))
    cancels.set(entry.id, taken.cancel)
    const line = model.lines.find((one) => one.turn === turn)
    if (line === undefined) model.lines.push({ turn, waiters: [entry] })
    else line.waiters.push(entry)
  })

const release = (pick: number): Command =>
  command(`release ${pick}`, (model, { releases }) => {
    const [holder] = model.holders.splice(pick % Math.max(1, model.holders.length), 1)
    if (holder === undefined) return
    releases.get(holder.id)?.()
    releases.delete(holder.id)
    serveNext(model)
  })

const cancel = (pick: number): Command =>
  command(`cancel ${pick}`, (model, { cancels }) => {
    const waiting = model.lines.flatMap(({ waiters }) => waiters)
    const waiter = waiting[pick % Math.max(1, waiting.length)]
    if (waiter === undefined) return
    cancels.get(waiter.id)?.()
    removeWaiter(model, waiter)
  })

const COMMANDS = [
  fc.tuple(fc.nat(PEERS.length - 1), fc.nat(TURNS.length - 1)).map(([peer, turn]) => take(peer, turn)),
  fc.nat(20).map(release),
  fc.nat(20).map(cancel),
]

test('the limits hold, searches take turns, who waits is served as soon as it can be, who left never is', async () => {
  const setup = () => ({
    model: { holders: [], lines: [], lastId: 0 } as Model,
    real: { slots: createSlots(LIMITS), releases: new Map(), cancels: new Map() } as Real,
  })
  const commands = fc.commands(COMMANDS, { maxCommands: 80, size: 'max' })
  await fc.assert(
    fc.asyncProperty(commands, (happens) => fc.asyncModelRun(setup, happens)),
    { numRuns: 200 },
  )
})
