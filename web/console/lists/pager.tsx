/** The way between the pages of a list. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../design/button.tsx'
import { backward, cursorOf, FIRST_PAGE, onward, pageNumber, type Trail } from './pages.ts'

export type Pages = {
  readonly trail: Trail
  /** What the page shown is asked for with. */
  readonly cursor: string | undefined
  readonly go: (trail: Trail) => void
}

/** @param list which list it is: another one, or the same with other filters, begins at its first page. */
export function usePages(list: string): Pages {
  const [at, setAt] = useState<{ readonly list: string; readonly trail: Trail }>({ list, trail: FIRST_PAGE })
  const trail = at.list === list ? at.trail : FIRST_PAGE
  return { trail, cursor: cursorOf(trail), go: (next) => setAt({ list, trail: next }) }
}

/** Shown only where there is more than a page. */
export function Pager({
  pages,
  next,
  label,
}: {
  readonly pages: Pages
  /** The cursor of the page that follows. */
  readonly next: string | null
  readonly label: string
}): VNode | null {
  const { trail, go } = pages
  if (trail.length === 0 && next === null) return null
  return (
    <nav class="row pager" aria-label={label}>
      <Button disabled={trail.length === 0} onClick={() => go(backward(trail))}>
        Previous page
      </Button>
      <span class="quiet" aria-live="polite">
        Page {pageNumber(trail)}
      </span>
      <Button disabled={next === null} onClick={() => next !== null && go(onward(trail, next))}>
        Next page
      </Button>
    </nav>
  )
}

const ROWS = 100

/** A part of a list that the API gives whole, and cursors to walk the rest with. */
export function pageOf<T>(
  rows: readonly T[],
  pages: Pages,
): { readonly rows: readonly T[]; readonly next: string | null } {
  const start = Number(pages.cursor ?? 0)
  const end = start + ROWS
  return { rows: rows.slice(start, end), next: end < rows.length ? String(end) : null }
}
