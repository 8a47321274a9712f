/** Whether a record is in use, as shape and word. */
import type { VNode } from 'preact'
import type { Shape, Tone } from '../../design/looks.ts'
import { Mark } from '../../design/mark.tsx'

const LOOKS: Readonly<Record<string, { readonly tone: Tone; readonly shape: Shape }>> = {
  active: { tone: 'ok', shape: 'disc' },
  deprecated: { tone: 'warn', shape: 'half' },
  disabled: { tone: 'off', shape: 'ring' },
}

export function StatusMark({ status }: { readonly status: string }): VNode {
  return <Mark {...(LOOKS[status] ?? { tone: 'off', shape: 'ring' })}>{status}</Mark>
}
