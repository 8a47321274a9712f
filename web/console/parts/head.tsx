/** The head of a view: its title, where it belongs, and what can be done from here. */
import type { ComponentChildren, VNode } from 'preact'

export function Head({
  title,
  back,
  acts,
  children,
}: {
  readonly title: string
  /** The view this one belongs to. */
  readonly back?: { readonly href: string; readonly title: string }
  readonly acts?: ComponentChildren
  /** A sentence on what is here. */
  readonly children?: ComponentChildren
}): VNode {
  return (
    <div class="view-head">
      {back !== undefined && (
        <p class="small">
          <a href={back.href}>← {back.title}</a>
        </p>
      )}
      <div class="view-title">
        <h1>{title}</h1>
        {acts !== undefined && <div class="row">{acts}</div>}
      </div>
      {children !== undefined && <div class="view-lead quiet">{children}</div>}
    </div>
  )
}
