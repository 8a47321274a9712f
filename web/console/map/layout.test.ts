import assert from 'node:assert/strict'
import { test } from 'node:test'
import { layOut } from './layout.ts'

const WIDTHS = [300, 640, 1_000]

test('layOut: keeps peers apart and within the map, be there one, five or sixty of them', () => {
  for (const count of [1, 5, 14, 15, 60]) {
    for (const width of WIDTHS) {
      const latencies = Array.from({ length: count }, (_, place) =>
        place % 7 === 0 ? null : 10 ** (place % 4),
      )
      const { peers, height } = layOut(latencies, width)
      assert.equal(peers.length, count)
      for (const { x, y } of peers) {
        assert.ok(x > 8 && x < width - 8 && y > 8 && y < height - 8, `${count} at ${width}: ${x}, ${y}`)
      }
    }
  }
  const { peers } = layOut(
    Array.from({ length: 60 }, () => 100_000),
    1_000,
  )
  for (const [place, peer] of peers.entries()) {
    const next = peers[(place + 1) % peers.length]
    assert.ok(Math.hypot(peer.x - (next?.x ?? 0), peer.y - (next?.y ?? 0)) >= 24)
  }
})

test('layOut: the longer an answer takes, the farther out its peer is', () => {
  const { peers, middle } = layOut([1, 10, 100, 1_000, null], 900)
  const far = peers.map(({ x, y }) => Math.hypot(x - middle.x, y - middle.y))
  assert.deepEqual(
    far.map(Math.round),
    far.map(Math.round).toSorted((a, b) => a - b),
  )
  assert.equal(new Set(far.map(Math.round)).size, 5)
})

test('layOut: many peers, or a narrow page, have numbers instead of names', () => {
  assert.deepEqual(
    [layOut([1], 900), layOut([1], 320), layOut(Array(60).fill(1), 900)].map(({ hasNames }) => hasNames),
    [true, false, false],
  )
})
