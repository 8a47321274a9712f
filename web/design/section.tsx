/** A part of a page: a thick rule, its name, and what can be done with it. */
import type { ComponentChildren, VNode } from 'preact'
import { useId } from 'preact/hooks'

export function Section({
  title,
  acts,
  children,
}: {
  readonly title: string
  readonly acts?: ComponentChildren
  readonly children: ComponentChildren
}): VNode {
  const id = useId()
  return (
    <section class="section" aria-labelledby={id}>
      <div class="section-head">
        <h2 id={id}>{title}</h2>
        {acts !== undefined && <div class="row">{acts}</div>}
      </div>
      {children}
    </section>
  )
}
