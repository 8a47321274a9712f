/** A state as shape and word, so that nobody needs its colour. */
import type { ComponentChildren, VNode } from 'preact'
import type { Shape, Tone } from './looks.ts'

const DRAWN: Readonly<Record<Shape, () => VNode>> = {
  disc: () => <circle cx="5" cy="5" r="5" fill="currentColor" />,
  half: () => (
    <g>
      <circle cx="5" cy="5" r="4.2" fill="none" stroke="currentColor" stroke-width="1.6" />
      <path d="M5 0A5 5 0 0 0 5 10Z" fill="currentColor" />
    </g>
  ),
  quarter: () => (
    <g>
      <circle cx="5" cy="5" r="4.2" fill="none" stroke="currentColor" stroke-width="1.6" />
      <path d="M5 5V0A5 5 0 0 1 10 5Z" fill="currentColor" />
    </g>
  ),
  cross: () => <path d="M1 1L9 9M9 1L1 9" stroke="currentColor" stroke-width="2" />,
  barred: () => (
    <g fill="none" stroke="currentColor" stroke-width="1.6">
      <circle cx="5" cy="5" r="4.2" />
      <path d="M2 8L8 2" />
    </g>
  ),
  triangle: () => <path d="M5 .5L10 9.5H0Z" fill="currentColor" />,
  square: () => <path d="M.5 .5H9.5V9.5H.5Z" fill="currentColor" />,
  ring: () => <circle cx="5" cy="5" r="4.2" fill="none" stroke="currentColor" stroke-width="1.6" />,
  dashed: () => (
    <circle
      cx="5"
      cy="5"
      r="4.2"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-dasharray="3.3 3.3"
    />
  ),
}

export function Mark({
  tone,
  shape,
  isBoxed = false,
  children,
}: {
  readonly tone: Tone
  readonly shape: Shape
  /** On a tinted ground, for the one state of a page or row that matters. */
  readonly isBoxed?: boolean
  readonly children: ComponentChildren
}): VNode {
  return (
    <span class={`mark mark-${tone}${isBoxed ? ' mark-boxed' : ''}`}>
      <svg class="mark-shape" viewBox="0 0 10 10" aria-hidden="true">
        {DRAWN[shape]()}
      </svg>
      <span>{children}</span>
    </span>
  )
}
