/** How far back the charts and figures of a peer go. */
import type { VNode } from 'preact'
import { useId } from 'preact/hooks'

const SPANS = [
  { window: '1h', words: 'hour', ms: 3_600_000 },
  { window: '6h', words: '6 hours', ms: 21_600_000 },
  { window: '24h', words: '24 hours', ms: 86_400_000 },
  { window: '7d', words: '7 days', ms: 604_800_000 },
] as const
export type Span = (typeof SPANS)[number]
export const DEFAULT_SPAN: Span = SPANS[0]

export function SpanChoice({
  span,
  onChange,
}: {
  readonly span: Span
  readonly onChange: (span: Span) => void
}): VNode {
  const group = useId()
  return (
    <fieldset class="group span-choice">
      <legend class="visually-hidden">How far back</legend>
      <span aria-hidden="true">The last</span>
      {SPANS.map((one) => (
        <label class="check" key={one.window}>
          <input type="radio" name={group} checked={one === span} onChange={() => onChange(one)} />
          <span>{one.words}</span>
        </label>
      ))}
    </fieldset>
  )
}
