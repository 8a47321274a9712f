/**
 * Where each peer is on the map: around this registry, the farther the longer its answers take. Peers between two
 * circles of latency stand in as many rows as they need, so that sixty of them do not cover each other. Those whose
 * latency is not known stand below, where nobody takes them for slow ones. Pure.
 */
import { type Label, placeLabels } from './labels.ts'

export type Point = { readonly x: number; readonly y: number }

export type Placed = Point & {
  /** Whether it stands among the circles, as it answers in a known time. */
  readonly isMeasured: boolean
}

export type Layout = {
  readonly width: number
  readonly height: number
  readonly middle: Point
  readonly peers: readonly Placed[]
  /** Circles of equal latency. */
  readonly rings: readonly { readonly ms: number; readonly radius: number }[]
  /** Where those of unknown latency begin; null where there are none. */
  readonly unknownFrom: number | null
  /** Names beside the peers; null where they have no room, and numbers stand in the peers instead. */
  readonly labels: readonly Label[] | null
  /** Whether there is room for arrowheads. */
  readonly isCrowded: boolean
}

/** What the layout has to know of a peer. */
export type ToPlace = { readonly latencyMs: number | null; readonly name: string }

type Spacing = {
  readonly nearest: number
  readonly row: number
  readonly ring: number
  readonly unknown: number
}

const RINGS_MS = [10, 100, 1_000]
const ROOMY: Spacing = { nearest: 100, row: 34, ring: 24, unknown: 200 }
/** A peer is 26 wide at most. */
const DENSE: Spacing = { nearest: 58, row: 28, ring: 20, unknown: 30 }
/** More of them are a crowd: numbers are then easier to find in the table than names on the map. */
const MOST_NAMES = 14
const EDGE = 20
/** So that rows of one or two do not stand in a line: the angle by which plants turn their leaves. */
const TURN = 2.4

/** @param width what there is; a crowd takes more, and is drawn smaller. */
export function layOut(peers: readonly ToPlace[], width: number): Layout {
  if (peers.length <= MOST_NAMES) {
    const roomy = placeAll(peers, width, ROOMY)
    const labels = placeLabels(
      peers.map(({ name }) => name),
      roomy,
    )
    if (labels !== null) return { ...roomy, labels, isCrowded: false }
    if (roomy.width <= width) {
      const unnamed = placeAll(peers, width, { ...ROOMY, unknown: DENSE.unknown })
      return { ...unnamed, labels: null, isCrowded: false }
    }
  }
  return { ...placeAll(peers, width, DENSE), labels: null, isCrowded: true }
}

/** Where all stand, before their names do. */
export type Places = Omit<Layout, 'labels' | 'isCrowded'>

function placeAll(peers: readonly ToPlace[], least: number, spacing: Spacing): Places {
  const { rows, rings, radius } = planRows(peers, spacing)
  const width = Math.max(least, 2 * (radius + EDGE))
  const middle = { x: width / 2, y: radius + EDGE }
  const placed = new Map<number, Placed>()
  for (const [turn, { places, radius: from }] of rows.entries()) {
    for (const [step, place] of places.entries()) {
      // From the top, clockwise; half a step on, so that a few peers stand beside the middle and not above it.
      const angle = ((step + 0.5) / places.length) * 2 * Math.PI - Math.PI / 2 + turn * TURN
      const at = { x: middle.x + from * Math.cos(angle), y: middle.y + from * Math.sin(angle) }
      placed.set(place, { ...at, isMeasured: true })
    }
  }
  const unknown = peers.flatMap(({ latencyMs }, place) => (latencyMs === null ? [place] : []))
  const bottom = middle.y + radius + EDGE
  const perRow = Math.max(1, Math.floor((width - EDGE) / spacing.unknown))
  for (const [step, place] of unknown.entries()) {
    const x = EDGE + (step % perRow) * spacing.unknown
    placed.set(place, { x, y: bottom + 42 + Math.floor(step / perRow) * 36, isMeasured: false })
  }
  const below = unknown.length === 0 ? 0 : 30 + Math.ceil(unknown.length / perRow) * 36
  return {
    ...{ width, height: bottom + below, middle, rings },
    unknownFrom: unknown.length === 0 ? null : bottom,
    peers: peers.map((_, place) => placed.get(place) ?? { ...middle, isMeasured: false }),
  }
}

type Row = { readonly places: readonly number[]; readonly radius: number }

/** From the middle outwards; ends with the first circle that has everybody within. */
function planRows(peers: readonly ToPlace[], { nearest, row, ring }: Spacing) {
  const rows: Row[] = []
  const rings: { ms: number; radius: number }[] = []
  let radius = nearest
  let left = peers.filter(({ latencyMs }) => latencyMs !== null).length
  for (const [band, ms] of [...RINGS_MS, Number.POSITIVE_INFINITY].entries()) {
    const above = RINGS_MS[band - 1] ?? -1
    const within = peers.flatMap(({ latencyMs }, place) =>
      latencyMs !== null && latencyMs > above && latencyMs <= ms ? [place] : [],
    )
    left -= within.length
    for (let from = 0; from < within.length; radius += row) {
      const room = Math.floor((2 * Math.PI * radius) / row)
      rows.push({ places: within.slice(from, from + room), radius })
      from += room
    }
    const edge = radius - (within.length === 0 ? 0 : row) + ring
    if (Number.isFinite(ms)) rings.push({ ms, radius: edge })
    radius = edge + ring
    if (left === 0) return { rows, rings, radius: edge }
  }
  return { rows, rings, radius }
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
