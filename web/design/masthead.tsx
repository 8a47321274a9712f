/** The head of every page: whose registry it is, where one can go, the theme. */
import type { ComponentChildren, VNode } from 'preact'
import { ThemeToggle } from './theme.tsx'

export function Masthead({
  name,
  home,
  children,
}: {
  readonly name: string
  /** Relative to the page's base. */
  readonly home: string
  /** Links; the one of this page has `aria-current="page"`. */
  readonly children?: ComponentChildren
}): VNode {
  return (
    <header class="masthead">
      <a
        class="skip-link"
        href={`${typeof location === 'undefined' ? '' : location.href.replace(/#.*/, '')}#main`}
        onClick={skip}
      >
        Skip to the content
      </a>
      <a class="masthead-name" href={home}>
        <bdi>{name}</bdi>
      </a>
      <nav class="masthead-nav" aria-label="Pages">
        {children}
        <ThemeToggle />
      </nav>
    </header>
  )
}

/** Moves the focus and nothing else: the address was that of the page when this was drawn, and may be another by now. */
function skip(event: MouseEvent): void {
  const main = document.getElementById('main')
  if (main === null) return
  event.preventDefault()
  main.focus()
}
