import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createManualClock, makeAgent } from '../../test/support/federation.ts'
import type { DiscoveredAgent, DiscoveryProgress } from '../domain/discovery.ts'
import { createProgress } from './progress.ts'

function shown(id: string, score = 1): DiscoveredAgent {
  return {
    agent: makeAgent(id),
    ...{ isFederated: false, registryName: 'Us', registryUrl: 'https://us.example', score, alsoIn: [] },
    provenance: {
      ...{ origin: 'https://us.example', peerId: null, fetchedAt: 0, ageSeconds: 0, isStale: false },
      verification: 'unverified',
    },
  }
}

const [A, B, C] = [shown('a'), shown('b'), shown('c')] as const

/** Progress whose results the test sets, and what it told: of merges, new results and order. */
function watch() {
  const clock = createManualClock()
  const told: string[] = []
  let results: readonly DiscoveredAgent[] = []
  let merges = 0
  const tell = (progress: DiscoveryProgress): void => {
    if (progress.kind !== 'merge') return void told.push(progress.kind)
    const upserts = progress.upserts.map(({ agent }) => agent.id)
    const order = progress.order.map((key) => key.split('#')[1])
    told.push(`${upserts.join('')}: ${order.join('')}`)
  }
  const merge = (): readonly DiscoveredAgent[] => {
    merges += 1
    return results
  }
  const progress = createProgress(tell, { clock, merge, begins: { withPlan: false, withLocal: false } })
  const change = (to: readonly DiscoveredAgent[]): void => {
    results = to
    progress.changed()
  }
  return { progress, clock, told, change, merges: () => merges }
}

test('the first change is told at once, the next together, 150 ms after', () => {
  const { clock, told, change, merges } = watch()
  change([A])
  assert.deepEqual(told, ['a: a'])
  change([B, A])
  clock.advance(100)
  change([B, A, C])
  clock.advance(49)
  assert.equal(merges(), 1, 'results nobody is told of are not worked out')
  clock.advance(1)
  assert.deepEqual(told, ['a: a', 'bc: bac'])
  clock.advance(1_000)
  change([C])
  assert.deepEqual(told, ['a: a', 'bc: bac', ': c'])
})

test('what shows otherwise than before is sent again', () => {
  const { clock, told, change } = watch()
  change([A, B])
  clock.advance(150)
  change([shown('a', 2), B])
  assert.deepEqual(told, ['ab: ab', 'a: ab'])
})

test('what changes nothing is not told', () => {
  const { clock, told, change } = watch()
  change([A, B])
  clock.advance(150)
  change([shown('a'), shown('b')])
  assert.deepEqual(told, ['ab: ab'])
})

test('that nothing was found is told once', () => {
  const { clock, told, change } = watch()
  change([])
  clock.advance(150)
  change([])
  assert.deepEqual(told, [': '])
})

test('the last word is told at once and always, and nothing after it', () => {
  const { progress, clock, told, change } = watch()
  change([A])
  change([A, B])
  progress.end([B])
  clock.advance(1_000)
  assert.deepEqual(told, ['a: a', 'b: b'])
})

test('a search that fails tells nothing any more', () => {
  const { progress, clock, told, change } = watch()
  change([A])
  change([A, B])
  progress.stop()
  clock.advance(1_000)
  assert.deepEqual(told, ['a: a'])
})

test('where nobody listens nothing is worked out', () => {
  const merge = (): never => assert.fail('asked for results')
  const begins = { withPlan: true, withLocal: true }
  const progress = createProgress(undefined, { clock: createManualClock(), merge, begins })
  progress.changed()
  progress.end([A])
  progress.stop()
})

test('plan and local come first, whatever is known before them', () => {
  const told: string[] = []
  const progress = createProgress(({ kind }) => told.push(kind), {
    ...{ clock: createManualClock(), merge: () => [A] },
    begins: { withPlan: true, withLocal: true },
  })
  progress.peer({} as never)
  progress.local(() => [A])
  progress.changed()
  assert.deepEqual(told, [])
  progress.plan([], [])
  assert.deepEqual(told, ['plan', 'local', 'peer'])
  progress.changed()
  assert.deepEqual(told.slice(3), ['merge'])
})
