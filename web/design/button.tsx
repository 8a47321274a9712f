/** Buttons: `main` once a view, `danger` for what cannot be taken back, `plain` among text. */
import type { ButtonHTMLAttributes, VNode } from 'preact'

type ButtonProps = Omit<ButtonHTMLAttributes, 'class' | 'className'> & {
  readonly kind?: 'main' | 'danger' | 'plain'
  /** The act is under way: the button cannot be pressed again, and says so. */
  readonly isBusy?: boolean
}

export function Button({ kind, isBusy = false, disabled, children, ...rest }: ButtonProps): VNode {
  const kindClass = kind === undefined ? '' : ` button-${kind}`
  return (
    <button
      type="button"
      {...rest}
      class={`button${kindClass}`}
      disabled={disabled === true || isBusy}
      aria-busy={isBusy}
    >
      {children}
    </button>
  )
}
