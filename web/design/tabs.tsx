/** Tabs, after the WAI-ARIA pattern: arrows, Home and End move, and what is moved to is shown. */
import type { ComponentChildren, VNode } from 'preact'
import { useId, useRef } from 'preact/hooks'

export type Tab = { readonly id: string; readonly title: string; readonly content: () => ComponentChildren }

export function Tabs({
  label,
  tabs,
  selected,
  onSelect,
}: {
  readonly label: string
  readonly tabs: readonly Tab[]
  /** `id` of one of them; the first, if it is none. */
  readonly selected: string
  readonly onSelect: (id: string) => void
}): VNode {
  const base = useId()
  const list = useRef<HTMLDivElement>(null)
  const index = Math.max(
    0,
    tabs.findIndex(({ id }) => id === selected),
  )
  const move = (event: KeyboardEvent): void => {
    const to = tabs[indexAfter(event.key, index, tabs.length) ?? -1]
    if (to === undefined) return
    event.preventDefault()
    onSelect(to.id)
    list.current?.querySelector<HTMLElement>(`#${base}-${to.id}`)?.focus()
  }
  const current = tabs[index]
  return (
    <div>
      <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
        {tabs.map(({ id, title }, at) => (
          <button
            key={id}
            type="button"
            role="tab"
            class="tab"
            id={`${base}-${id}`}
            aria-selected={at === index}
            aria-controls={`${base}-panel`}
            tabIndex={at === index ? 0 : -1}
            onClick={() => onSelect(id)}
          >
            {title}
          </button>
        ))}
      </div>
      <div
        class="tab-panel"
        role="tabpanel"
        id={`${base}-panel`}
        aria-labelledby={`${base}-${current?.id}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the pattern asks for it, for panels without controls
        tabIndex={0}
      >
        {current?.content()}
      </div>
    </div>
  )
}

function indexAfter(key: string, index: number, count: number): number | undefined {
  if (key === 'ArrowRight') return (index + 1) % count
  if (key === 'ArrowLeft') return (index + count - 1) % count
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  return undefined
}
