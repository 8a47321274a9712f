/** A list that is empty says whether nothing is there or nothing fits. */
import type { ComponentChildren, VNode } from 'preact'
import { EmptyState } from '../../design/states.tsx'

export function EmptyList({
  isFiltered,
  path,
  title,
  children,
}: {
  readonly isFiltered: boolean
  /** The address of the list below `console/`. */
  readonly path: string
  readonly title: string
  /** The next step, where nothing is there at all. */
  readonly children?: ComponentChildren
}): VNode {
  if (!isFiltered) return <EmptyState title={title}>{children}</EmptyState>
  return (
    <EmptyState title="Nothing fits these filters.">
      <p>
        <a href={`console/${path}`}>Show all</a>
      </p>
    </EmptyState>
  )
}
