/** The breaker against its own description, written as plain rules over a list of calls. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Breaker, type BreakerState } from './breaker.ts'

type World = { now: number; chance: number; mayOpen: boolean }
type Model = World & {
  state: BreakerState
  /** Since the breaker closed last. */
  calls: { readonly at: number; readonly hasFailed: boolean }[]
  failuresInARow: number
  openings: number
  openUntil: number
  closedAt: number
  trialAt: number | null
}
type Real = { readonly breaker: Breaker; readonly world: World }
type Command = fc.Command<Model, Real>

const START: Model = {
  ...{ now: 0, chance: 0.5, mayOpen: true, state: 'closed', calls: [], failuresInARow: 0, openings: 0 },
  ...{ openUntil: 0, closedAt: 0, trialAt: null },
}

/** Counted from when the breaker closed; a call counts in its own quarter of a minute and in the next. */
const quarterOf = (at: number, { closedAt }: Model): number => Math.floor((at - closedAt) / 15_000)

function isFailing(model: Model): boolean {
  const counted = model.calls.filter(({ at }) => quarterOf(at, model) >= quarterOf(model.now, model) - 1)
  const failures = counted.filter(({ hasFailed }) => hasFailed).length
  return model.failuresInARow >= 5 || (counted.length >= 20 && failures >= counted.length / 2)
}

function open(model: Model): void {
  const isForgiven = model.state === 'closed' && model.now - model.closedAt > 600_000
  model.openings = isForgiven ? 1 : model.openings + 1
  const waitMs = Math.min(300_000, 30_000 * model.openings) * (0.8 + 0.4 * model.chance)
  Object.assign(model, { state: 'open', openUntil: model.now + waitMs, trialAt: null })
}

function command(name: string, run: (model: Model, real: Real) => void): Command {
  return {
    check: () => true,
    toString: () => name,
    run(model, real) {
      run(model, real)
      assert.equal(real.breaker.state, model.state)
      const { retryAt } = real.breaker
      if (model.state === 'closed') assert.equal(retryAt, null)
      else assert.ok(Math.abs((retryAt ?? 0) - model.openUntil) < 1e-6)
    },
  }
}

const admit = command('admit', (model, { breaker }) => {
  const isTried = model.trialAt !== null && model.now - model.trialAt < 10_000
  const isAdmitted = model.state === 'closed' || (model.now >= model.openUntil && !isTried)
  if (isAdmitted && model.state !== 'closed') Object.assign(model, { state: 'half-open', trialAt: model.now })
  assert.equal(breaker.admit(model.now), isAdmitted)
})

const succeed = command('succeed', (model, { breaker }) => {
  if (model.state !== 'closed')
    Object.assign(model, { state: 'closed', closedAt: model.now, calls: [], trialAt: null })
  model.failuresInARow = 0
  model.calls.push({ at: model.now, hasFailed: false })
  breaker.succeed(model.now)
})

const fail = command('fail', (model, { breaker }) => {
  model.failuresInARow += 1
  model.calls.push({ at: model.now, hasFailed: true })
  if (model.state === 'half-open') open(model)
  else if (model.state === 'closed' && isFailing(model) && model.mayOpen) open(model)
  breaker.fail(model.now)
})

const forget = command('forget', (model, { breaker }) => {
  model.trialAt = null
  breaker.forget()
})

const change = (to: Partial<World>): Command =>
  command(JSON.stringify(to), (model, { world }) => Object.assign(world, Object.assign(model, to)))

const pass = (ms: number): Command =>
  command(`${ms} ms pass`, (model, { world }) => {
    model.now += ms
    world.now += ms
  })

const COMMANDS = [
  ...[admit, succeed, fail, fail, fail, forget].map(fc.constant),
  fc.oneof(fc.nat(1_000), fc.nat(20_000), fc.nat(700_000)).map(pass),
  fc.boolean().map((mayOpen) => change({ mayOpen })),
  fc.double({ min: 0, max: 1, noNaN: true }).map((chance) => change({ chance })),
]

test('whatever happens in whatever order, the breaker does what its description says', () => {
  const commands = fc.commands(COMMANDS, { maxCommands: 120, size: 'max' })
  fc.assert(
    fc.property(commands, (happens) => {
      const world: World = { now: START.now, chance: START.chance, mayOpen: START.mayOpen }
      const options = { mayOpen: () => world.mayOpen, random: () => world.chance, onChange: () => {} }
      const setup = () => ({ model: { ...START, calls: [] }, real: { breaker: new Breaker(options), world } })
      fc.modelRun(setup, happens)
    }),
    { numRuns: 500 },
  )
})
