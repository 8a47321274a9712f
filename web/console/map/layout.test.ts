import assert from 'node:assert/strict'
import { test } from 'node:test'
import { layOut, type ToPlace } from './layout.ts'

const WIDTHS = [300, 460, 1_000]

function peersOf(count: number, latencyOf: (place: number) => number | null): readonly ToPlace[] {
  return Array.from({ length: count }, (_, place) => ({
    latencyMs: latencyOf(place),
    name: `A registry called ${place}`,
  }))
}

test('layOut: keeps all peers apart and within the map, be they few or sixty, fast, slow or not measured', () => {
  const latencies = [
    () => 3,
    () => 100_000,
    () => null,
    (place: number) => (place % 7 === 0 ? null : 3 * 10 ** (place % 4)),
  ]
  for (const count of [1, 5, 14, 15, 60]) {
    for (const width of WIDTHS) {
      for (const latencyOf of latencies) {
        const { peers, middle, ...map } = layOut(peersOf(count, latencyOf), width)
        assert.equal(peers.length, count)
        for (const [place, { x, y }] of peers.entries()) {
          const where = `${count} at ${width}: ${x}, ${y}`
          assert.ok(x > 13 && x < map.width - 13 && y > 13 && y < map.height - 13, where)
          for (const other of [...peers.slice(place + 1), middle]) {
            assert.ok(Math.hypot(x - other.x, y - other.y) >= 24, where)
          }
        }
      }
    }
  }
})

test('layOut: the longer an answer takes, the farther out its peer is, beyond the circles of less', () => {
  const latencies = [1, 50, 500, 5_000]
  const { peers, middle, rings } = layOut(
    peersOf(4, (place) => latencies[place] ?? null),
    900,
  )
  const far = peers.map(({ x, y }) => Math.hypot(x - middle.x, y - middle.y))
  assert.deepEqual(
    far.map((_, place) => rings.filter(({ radius }) => radius < (far[place] ?? 0)).map(({ ms }) => ms)),
    [[], [10], [10, 100], [10, 100, 1_000]],
  )
})

test('layOut: whose latency is not known stands below all circles, not among the slow', () => {
  const { peers, middle, rings, unknownFrom } = layOut(
    peersOf(3, (place) => (place === 1 ? null : 900)),
    900,
  )
  const lowest = middle.y + Math.max(...rings.map(({ radius }) => radius))
  assert.ok((peers[1]?.y ?? 0) > lowest)
  assert.deepEqual(
    peers.map(({ isMeasured }) => isMeasured),
    [true, false, true],
  )
  assert.ok(unknownFrom !== null && unknownFrom > lowest)
})

test('layOut: many peers, or a narrow page, have numbers instead of names', () => {
  const fast = (): number => 1
  assert.deepEqual(
    [layOut(peersOf(2, fast), 900), layOut(peersOf(2, fast), 240), layOut(peersOf(60, fast), 900)].map(
      ({ labels }) => labels !== null,
    ),
    [true, false, false],
  )
})

test('layOut: two fast peers and one that is down have their names, beside the table, too', () => {
  const peers = ['Harbor Commons', 'Lumen Directory', 'Northern Index'].map((name, place) => ({
    ...{ name, latencyMs: place === 2 ? null : 8 },
  }))
  assert.notEqual(layOut(peers, 408).labels, null)
})

test('layOut: names cover neither each other nor the middle', () => {
  const { labels } = layOut(
    peersOf(6, () => 5),
    900,
  )
  assert.ok(labels !== null)
  const ofOneSide = labels.flatMap((one, place) =>
    labels.slice(place + 1).flatMap((other) => (one.anchor === other.anchor ? [{ one, other }] : [])),
  )
  for (const { one, other } of ofOneSide) {
    assert.ok(Math.abs(one.y - other.y) >= 31 || Math.abs(one.x - other.x) >= 76)
  }
})
