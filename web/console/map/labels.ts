/** Puts the names of peers where they cover nothing: beside, below or above each. Pure. */
import type { Placed, Places, Point } from './layout.ts'

export type Label = Point & { readonly anchor: 'start' | 'middle' | 'end' }

type Box = { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }

/** As wide as a bold letter of 13 px is on average, and a little more. */
const LETTER = 7.6
/** The latency under a name is never wider than this. */
const LEAST_WIDTH = 76
const ASCENT = 12
const DESCENT = 19
const PEER = 14
/** The disc in the middle, and a little air. */
const SELF = 31

/** @returns null where one of them has no room. */
export function placeLabels(names: readonly string[], map: Places): readonly Label[] | null {
  const taken: Box[] = map.peers.map((peer) => around(peer, PEER))
  const labels: Label[] = []
  for (const [place, peer] of map.peers.entries()) {
    const width = Math.max(LEAST_WIDTH, [...(names[place] ?? '')].length * LETTER)
    const within = { left: 0, right: map.width, top: 0, bottom: lowestFor(peer, map) }
    const label = choicesFor(peer, map.middle).find((choice) => {
      const box = boxOf(choice, width)
      const isFree = !taken.some((other) => isOver(box, other)) && distanceTo(box, map.middle) >= SELF
      return isFree && isIn(box, within)
    })
    if (label === undefined) return null
    taken.push(boxOf(label, width))
    labels.push(label)
  }
  return labels
}

/** What is among the circles keeps off the heading of those below them. */
function lowestFor(peer: Placed, { height, unknownFrom }: Places): number {
  return peer.isMeasured ? (unknownFrom ?? height) : height
}

/** Away from the middle first, where no line to it passes. */
function choicesFor({ x, y, isMeasured }: Placed, middle: Point): readonly Label[] {
  const right: Label = { x: x + 18, y: y + 1, anchor: 'start' }
  const left: Label = { x: x - 18, y: y + 1, anchor: 'end' }
  const below: Label = { x, y: y + 28, anchor: 'middle' }
  const above: Label = { x, y: y - 36, anchor: 'middle' }
  const upright = y < middle.y - PEER ? [above, below] : [below, above]
  return isMeasured && x < middle.x ? [left, ...upright, right] : [right, ...upright, left]
}

function boxOf({ x, y, anchor }: Label, width: number): Box {
  const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2
  return { left, right: left + width, top: y - ASCENT, bottom: y + DESCENT }
}

function around({ x, y }: Point, by: number): Box {
  return { left: x - by, right: x + by, top: y - by, bottom: y + by }
}

function distanceTo({ left, right, top, bottom }: Box, { x, y }: Point): number {
  return Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom))
}

function isIn(one: Box, frame: Box): boolean {
  return (
    one.left >= frame.left && one.right <= frame.right && one.top >= frame.top && one.bottom <= frame.bottom
  )
}

function isOver(one: Box, other: Box): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom
}
