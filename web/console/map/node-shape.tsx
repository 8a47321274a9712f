/** A peer on the map, by its state: a disc, a diamond, a square or a broken ring, so that nobody needs the colour. */
import type { VNode } from 'preact'
import type { Tone } from '../../design/looks.ts'
import type { Point } from './layout.ts'

const SIZE = 10

export function NodeShape({ tone, at }: { readonly tone: Tone; readonly at: Point }): VNode {
  const { x, y } = at
  switch (tone) {
    case 'ok':
      return <circle class="map-shape" cx={x} cy={y} r={SIZE} />
    case 'warn':
      return <path class="map-shape" d={`M${x} ${y - 13}L${x + 13} ${y}L${x} ${y + 13}L${x - 13} ${y}Z`} />
    case 'bad':
      return <rect class="map-shape" x={x - SIZE} y={y - SIZE} width={2 * SIZE} height={2 * SIZE} />
    case 'off':
    case 'wait':
      return <circle class="map-shape is-broken" cx={x} cy={y} r={SIZE} />
  }
}
