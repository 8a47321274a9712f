/** Whether a peer is asked, or left alone after failures. */
import type { VNode } from 'preact'
import type { ReplicaFigures } from '../../api/figures.ts'
import type { Shape, Tone } from '../../design/looks.ts'
import { Mark } from '../../design/mark.tsx'

const LOOKS: Readonly<
  Record<ReplicaFigures['breaker'], { readonly tone: Tone; readonly shape: Shape; readonly words: string }>
> = {
  closed: { tone: 'ok', shape: 'disc', words: 'closed' },
  'half-open': { tone: 'warn', shape: 'half', words: 'being tried' },
  open: { tone: 'bad', shape: 'barred', words: 'open, not asked' },
}

export function BreakerMark({ state }: { readonly state: ReplicaFigures['breaker'] }): VNode {
  const { words, ...look } = LOOKS[state]
  return <Mark {...look}>{words}</Mark>
}
