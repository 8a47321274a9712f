/** The map of the federation: this registry in the middle, its peers around it. */
import type { VNode } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { milliseconds } from '../../design/durations.ts'
import { plainText } from '../../design/foreign-text.ts'
import { useOwnName } from '../own-name.ts'
import { DIRECTION_WORDS } from '../peers/peer-words.ts'
import type { Label } from './labels.ts'
import { arrowhead, type Layout, layOut, type Point } from './layout.ts'
import type { MapPeer } from './map-peers.ts'
import { NodeShape } from './node-shape.tsx'

type Props = {
  readonly peers: readonly MapPeer[]
  /** Whether peers lead to their pages. */
  readonly hasLinks: boolean
}

/** What the nodes' labels and the table say already. */
const DRAWN_ONLY = { 'aria-hidden': true } as const

const NODE_GAP = 15
const SELF_GAP = 32
const MOST_CHARS = 22

export function FederationMap({ peers, hasLinks }: Props): VNode {
  const frame = useRef<HTMLDivElement>(null)
  const width = useWidth(frame)
  const [current, setCurrent] = useState(0)
  const layout = layOut(
    peers.map(({ latencyMs, name }) => ({ latencyMs, name: shortened(name) })),
    width,
  )
  const at = Math.min(current, peers.length - 1)

  const move = (event: KeyboardEvent): void => {
    const to = placeAfter(event.key, at, peers.length)
    if (to === undefined) return
    event.preventDefault()
    setCurrent(to)
    frame.current?.querySelector<SVGElement>(`[data-place="${to}"]`)?.focus()
  }

  return (
    <div class="map" ref={frame}>
      {/* One stop for the tabulator; arrows go from peer to peer, where peers lead anywhere. */}
      <svg
        width={width}
        height={(layout.height * width) / layout.width}
        viewBox={`0 0 ${layout.width} ${layout.height}`}
        {...{ role: 'group' }}
        aria-label={`Map of the federation${hasLinks ? '; arrow keys go from peer to peer' : ''}`}
        {...(hasLinks && { onKeyDown: move })}
      >
        {peers.map((peer, place) => (
          <Edge key={peer.id} {...{ peer, place, layout }} />
        ))}
        <Rings layout={layout} />
        <Self at={layout.middle} name={useOwnName()} />
        {peers.map((peer, place) => (
          <Node
            key={peer.id}
            {...{ peer, place, hasLinks, isCurrent: place === at }}
            at={layout.peers[place] ?? layout.middle}
            label={layout.labels?.[place]}
            onFocus={() => setCurrent(place)}
          />
        ))}
      </svg>
    </div>
  )
}

/** The width there is, kept up. */
function useWidth(frame: { readonly current: HTMLDivElement | null }): number {
  const [width, setWidth] = useState(640)
  useLayoutEffect(() => {
    const { current } = frame
    if (current === null) return undefined
    const look = (): void => setWidth(Math.max(240, current.clientWidth))
    look()
    const observer = new ResizeObserver(look)
    observer.observe(current)
    return () => observer.disconnect()
  }, [frame])
  return width
}

function placeAfter(key: string, place: number, count: number): number | undefined {
  if (key === 'ArrowRight' || key === 'ArrowDown') return (place + 1) % count
  if (key === 'ArrowLeft' || key === 'ArrowUp') return (place + count - 1) % count
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  return undefined
}

function Rings({ layout: { middle, rings, unknownFrom } }: { readonly layout: Layout }): VNode {
  return (
    <g class="map-rings" {...DRAWN_ONLY}>
      {rings.map(({ ms, radius }) => (
        <g key={ms}>
          <circle cx={middle.x} cy={middle.y} r={radius} />
          <text x={middle.x} y={middle.y - radius + 4} text-anchor="middle">
            {milliseconds(ms)}
          </text>
        </g>
      ))}
      {unknownFrom !== null && (
        <text x="4" y={unknownFrom + 12}>
          Latency not known
        </text>
      )}
    </g>
  )
}

/**
 * A line with a head at each end to which records go: to us from whom we ask, from us to who may ask. Where peers
 * crowd, heads would only cover each other; whose latency is not known stands apart, without a line.
 */
function Edge({
  peer: { direction },
  place,
  layout: { middle, peers, isCrowded },
}: {
  readonly peer: MapPeer
  readonly place: number
  readonly layout: Layout
}): VNode | null {
  const to = peers[place]
  if (to === undefined || !to.isMeasured) return null
  const comesIn = !isCrowded && (direction === 'both' || direction === 'we ask')
  const goesOut = !isCrowded && (direction === 'both' || direction === 'it asks')
  const looks = ['map-edge', direction === 'none' ? 'is-idle' : '', isCrowded ? 'is-crowded' : '']
  return (
    <g class={looks.filter((look) => look !== '').join(' ')} {...DRAWN_ONLY}>
      <line x1={middle.x} y1={middle.y} x2={to.x} y2={to.y} />
      {comesIn && <polygon points={arrowhead(to, middle, SELF_GAP)} />}
      {goesOut && <polygon points={arrowhead(middle, to, NODE_GAP)} />}
    </g>
  )
}

function Self({ at, name }: { readonly at: Point; readonly name: string }): VNode {
  return (
    <g class="map-self" {...DRAWN_ONLY}>
      <circle cx={at.x} cy={at.y} r="28" />
      <text x={at.x} y={at.y + 4}>
        here
      </text>
      <title>{plainText(name)}</title>
    </g>
  )
}

type NodeProps = {
  readonly peer: MapPeer
  readonly at: Point
  /** Where its name stands, if there is room for names. */
  readonly label: Label | undefined
  readonly place: number
  readonly hasLinks: boolean
  readonly isCurrent: boolean
  readonly onFocus: () => void
}

function Node({ peer, at, label, place, hasLinks, isCurrent, onFocus }: NodeProps): VNode {
  const shared = { class: `map-node mark-${peer.look.tone}` }
  const drawn = (
    <>
      {/* What it is called, and what the pointer is told. */}
      <title>{labelOf(peer, place)}</title>
      {/* A wider ground for fingers and the pointer. */}
      <circle cx={at.x} cy={at.y} r="14" class="map-ground" />
      <NodeShape tone={peer.look.tone} at={at} />
      {label !== undefined ? (
        <Name peer={peer} at={label} />
      ) : (
        <text class="map-number" x={at.x} y={at.y + 4}>
          {place + 1}
        </text>
      )}
    </>
  )
  if (hasLinks) {
    const href = `console/peers/${peer.id}`
    return (
      <a {...shared} {...{ href, 'data-place': place, onFocus, tabIndex: isCurrent ? 0 : -1 }}>
        {drawn}
      </a>
    )
  }
  return (
    <g {...shared} {...{ role: 'img' }}>
      {drawn}
    </g>
  )
}

function Name({ peer, at }: { readonly peer: MapPeer; readonly at: Label }): VNode {
  return (
    // An isolate, so that a name that runs from right to left does not turn its surroundings.
    <text class="map-name" x={at.x} y={at.y} text-anchor={at.anchor}>
      <tspan direction="ltr">{shortened(peer.name)}</tspan>
      <tspan class="map-latency" x={at.x} dy="14">
        {peer.latencyMs === null ? peer.look.word : milliseconds(peer.latencyMs)}
      </tspan>
    </text>
  )
}

/** Isolated (U+2068 … U+2069), and cut: the table has all of it. */
function shortened(name: string): string {
  const letters = [...plainText(name).replaceAll('\n', ' ')]
  const cut = letters.length > MOST_CHARS ? `${letters.slice(0, MOST_CHARS - 1).join('')}…` : letters.join('')
  return `\u2068${cut}\u2069`
}

function labelOf({ name, look, latencyMs, direction }: MapPeer, place: number): string {
  const parts = [
    `${place + 1}. ${shortened(name)}`,
    look.word,
    latencyMs === null ? 'latency not known' : milliseconds(latencyMs),
    ...(direction === null ? [] : [DIRECTION_WORDS[direction]]),
  ]
  return parts.join(', ')
}
