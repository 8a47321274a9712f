/** A time that may never have been. */
import type { VNode } from 'preact'
import { Time as Known } from '../../design/time.tsx'

export function Time({
  at,
  never = 'never',
  ago = false,
}: {
  /** RFC 3339, or Unix ms; null where it never was. */
  readonly at: string | number | null
  /** What stands where it never was. */
  readonly never?: string
  /** How long ago, kept up to date, instead of the date. */
  readonly ago?: boolean
}): VNode {
  if (at === null) return <span>{never}</span>
  const text = typeof at === 'number' ? new Date(at).toISOString() : at
  return <Known at={text} as={ago ? 'age' : 'date'} />
}
