/** A label, its control, a hint and what is wrong, tied together for those who hear the page. */
import type { ComponentChildren, VNode } from 'preact'
import { useId } from 'preact/hooks'

/** What the control takes on itself. */
type ControlProps = {
  readonly id: string
  readonly 'aria-describedby'?: string
  readonly 'aria-invalid'?: true
}

export function Field({
  label,
  hint,
  error,
  children,
}: {
  readonly label: string
  readonly hint?: ComponentChildren
  /** A sentence; the control is marked invalid. */
  readonly error?: string | undefined
  /** Renders the control with the props that tie it to its label. */
  readonly children: (control: ControlProps) => VNode
}): VNode {
  const id = useId()
  const described = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean)
  const control: ControlProps = {
    id,
    ...(described.length > 0 && { 'aria-describedby': described.join(' ') }),
    ...(error !== undefined && { 'aria-invalid': true }),
  }
  return (
    <div class="field">
      <label class="field-label" for={id}>
        {label}
      </label>
      {children(control)}
      {hint !== undefined && (
        <span class="field-hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {error !== undefined && (
        <span class="field-error" id={`${id}-error`} role="alert">
          {error}
        </span>
      )}
    </div>
  )
}
