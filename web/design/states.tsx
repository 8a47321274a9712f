/** What a view shows when it is not simply full: nothing yet, nothing at all, a failure, something old. */
import type { ComponentChildren, VNode } from 'preact'
import { Button } from './button.tsx'
import { Mark } from './mark.tsx'

/** Bars in the shape of what comes. They appear after 150 ms; who is quick never sees them. */
export function Skeleton({ lines = 6, label }: { readonly lines?: number; readonly label: string }): VNode {
  return (
    <div class="skeleton" role="status">
      <span class="visually-hidden">{label}</span>
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} class="skeleton-line" />
      ))}
    </div>
  )
}

/** Nothing is here: what would be, and the next step. */
export function EmptyState({
  title,
  children,
}: {
  readonly title: string
  readonly children?: ComponentChildren
}): VNode {
  return (
    <div class="notice">
      <h2>{title}</h2>
      {children}
    </div>
  )
}

/** Something failed: its own sentence, what to do, a way to try again. */
export function ErrorState({
  title,
  sentence,
  onRetry,
  children,
}: {
  readonly title: string
  /** The problem's `detail`. */
  readonly sentence: string
  readonly onRetry?: () => void
  /** What else can be done. */
  readonly children?: ComponentChildren
}): VNode {
  return (
    <div class="notice notice-error" role="alert">
      <h2>
        <Mark tone="bad" shape="triangle">
          {title}
        </Mark>
      </h2>
      <p>{sentence}</p>
      {children}
      {onRetry !== undefined && <Button onClick={onRetry}>Try again</Button>}
    </div>
  )
}

/** What is shown is older than it should be. */
export function StaleMark({ children }: { readonly children: ComponentChildren }): VNode {
  return (
    <Mark tone="warn" shape="half">
      {children}
    </Mark>
  )
}
