/** Where each peer is on the map: around this registry, the farther the longer its answers take. Pure. */

export type Point = { readonly x: number; readonly y: number }

export type Placed = Point & {
  /** From the middle; 0 is to the right, and it goes clockwise. */
  readonly angle: number
}

export type Layout = {
  readonly width: number
  readonly height: number
  readonly middle: Point
  readonly peers: readonly Placed[]
  /** Circles of equal latency. */
  readonly rings: readonly { readonly ms: number; readonly radius: number }[]
  /** Names stand beside the peers; otherwise numbers stand in them. */
  readonly hasNames: boolean
}

/** With more of them, names would stand in each other's way. */
const MOST_NAMES = 14
const FEWEST_PIXELS_FOR_NAMES = 640
const NAME_SPACE = 190
const EDGE = 34
const NEAREST = 70
const FASTEST_MS = 1
const SLOWEST_MS = 5_000
const RINGS_MS = [10, 100, 1_000]

export function layOut(latenciesMs: readonly (number | null)[], width: number): Layout {
  const count = latenciesMs.length
  const hasNames = count <= MOST_NAMES && width >= FEWEST_PIXELS_FOR_NAMES
  const side = hasNames ? NAME_SPACE : EDGE
  const farthest = Math.max(NEAREST + 20, Math.min((width - 2 * side) / 2, radiusFor(count)))
  const height = 2 * (farthest + EDGE)
  const middle = { x: width / 2, y: height / 2 }
  const peers = latenciesMs.map((ms, place) => {
    // From the top, clockwise; half a step on, so that a few peers stand beside the middle and not above it.
    const angle = ((place + 0.5) / count) * 2 * Math.PI - Math.PI / 2
    const radius = ms === null ? farthest : radiusOf(ms, farthest)
    return { angle, x: middle.x + radius * Math.cos(angle), y: middle.y + radius * Math.sin(angle) }
  })
  const rings = RINGS_MS.map((ms) => ({ ms, radius: radiusOf(ms, farthest) }))
  return { width, height, middle, peers, rings, hasNames }
}

/** Room for all of them on one circle. */
function radiusFor(count: number): number {
  return Math.max(170, Math.min(300, (count * 26) / (2 * Math.PI) + NEAREST / 2))
}

/** Tenfold the time is one step farther out. */
function radiusOf(ms: number, farthest: number): number {
  const within = Math.min(SLOWEST_MS, Math.max(FASTEST_MS, ms))
  const share = Math.log(within / FASTEST_MS) / Math.log(SLOWEST_MS / FASTEST_MS)
  return NEAREST + share * (farthest - NEAREST)
}

/** The three corners of an arrowhead whose tip is so far from `to` on the way from `from`. */
export function arrowhead(from: Point, to: Point, gap: number): string {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1
  const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length]
  const tip = { x: to.x - dx * gap, y: to.y - dy * gap }
  const base = { x: tip.x - dx * 9, y: tip.y - dy * 9 }
  const corners = [
    tip,
    { x: base.x - dy * 4.5, y: base.y + dx * 4.5 },
    { x: base.x + dy * 4.5, y: base.y - dx * 4.5 },
  ]
  return corners.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')
}
