import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeAgent, makePeer } from '../../test/support/federation.ts'
import type { Did } from '../domain/agent.ts'
import {
  type Candidate,
  CandidatePool,
  createPrinter,
  type Grouped,
  groupByIdentity,
  IDENTITY_READER,
  printsOf,
} from './identity.ts'

const PEERS = [null, ...['a', 'b', 'c'].map((name) => makePeer(`https://${name}.example`, { name }))]

function candidate(place: number, { from, at }: { readonly from: number; readonly at: readonly number[] }) {
  const endpoints = at.map((host) => ({ url: `https://h${host}.example/`, protocol: 'a2a', binding: null }))
  const agent = makeAgent(`${place}`, { did: `did:web:x.example:agents:${place}` as Did, endpoints })
  return { agent, peer: PEERS[from] ?? null, score: null }
}

function poolOf(
  candidates: readonly Candidate[],
  printsFor: (candidate: Candidate) => readonly number[],
): CandidatePool {
  const pool = new CandidatePool()
  for (const one of candidates) pool.add(one, printsFor(one))
  return pool
}

const printsFor = ({ agent }: Candidate): readonly number[] => IDENTITY_READER.identityPrintsOf(agent)

/** Who belongs to whom, in no order. */
function namesIn({ alone, groups }: Grouped): string[] {
  const lone = alone.map(({ agent }) => agent.name)
  const grouped = groups.map(({ shown, others }) =>
    [shown.agent.name, ...others.map(({ agent }) => agent.name).toSorted()].join(' '),
  )
  return [...lone, ...grouped].toSorted()
}

test('printsOf: equal keys have equal prints, whatever else a record is known as', () => {
  const [one, two] = printsOf(['a2a https://a.example/', 'a2a https://b.example/'])
  assert.deepEqual(printsOf(['a2a https://b.example/']), [two])
  assert.notEqual(one, two)
})

test('createPrinter: keys that were sought out to lie together lie apart, though all but the factor is known', () => {
  const start = 0x1234_5678
  const keys = Array.from({ length: 200_000 }, (_, place) => `a2a https://h${100_000 + place}.example/`)
  const lowBits = (print: number): number => print & 0xfff
  // Without a factor the number is that of FNV-1a, spread by what everybody can undo.
  const known = createPrinter({ start, factor: 1 })(keys)
  const together = keys.filter((_, place) => lowBits(known[place] ?? 0) === 7)
  assert.ok(together.length > 20)
  for (const factor of [0x5bd1_e995, 0x2c1b_3c6d, 0x7feb_352d]) {
    const apart = new Set(createPrinter({ start, factor })(together).map(lowBits))
    assert.ok(apart.size > 0.9 * together.length, `${together.length} keys, ${apart.size} numbers`)
  }
})

test('groupByIdentity: who has no endpoint, or one that nobody else has, is alone, in a crowd too', () => {
  const crowd = Array.from({ length: 3_000 }, (_, place) =>
    candidate(place, { from: place % 4, at: place === 0 ? [] : [place] }),
  )
  const { alone, groups } = groupByIdentity(poolOf(crowd, printsFor))
  assert.deepEqual([alone.length, groups.length], [3_000, 0])
})

test('groupByIdentity: whose prints alone are equal are not one', () => {
  const strangers = [1, 2, 3].map((host) => candidate(host, { from: host, at: [host] }))
  const grouped = groupByIdentity(poolOf(strangers, () => [7]))
  assert.deepEqual(namesIn(grouped), ['1', '2', '3'])
  assert.deepEqual(grouped.alone, [])
})

test('property: prints leave out only those whom their keys leave alone', () => {
  const arbitraryCandidates = fc
    .array(
      fc.record({
        from: fc.nat({ max: PEERS.length - 1 }),
        at: fc.array(fc.nat({ max: 12 }), { maxLength: 3 }),
      }),
      { maxLength: 30 },
    )
    .map((all) => all.map((one, place) => candidate(place, one)))
  fc.assert(
    fc.property(arbitraryCandidates, fc.integer(), (candidates, print) => {
      const byKeysAlone = groupByIdentity(poolOf(candidates, () => [print, print]))
      assert.deepEqual(byKeysAlone.alone, [])
      assert.deepEqual(namesIn(groupByIdentity(poolOf(candidates, printsFor))), namesIn(byKeysAlone))
      // As prints of fewer bits would have it: some are marked for no reason.
      const coarse = poolOf(candidates, (one) => printsFor(one).map((full) => full & 3))
      assert.deepEqual(namesIn(groupByIdentity(coarse)), namesIn(byKeysAlone))
    }),
    { numRuns: 300 },
  )
})
