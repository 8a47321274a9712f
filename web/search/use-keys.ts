/** Keys of the search page: `/` to the field, arrows or j and k along the results, Escape back to the field. */
import type { RefObject } from 'preact'
import { useLayoutEffect } from 'preact/hooks'

const RESULTS = '.result-list .result-name'

/** @param isOn whether single letters act; they can be switched off for those whose tools send them by mistake. */
export function useKeys(
  field: RefObject<HTMLInputElement | null>,
  { isOn, isShown }: { readonly isOn: boolean; readonly isShown: boolean },
): void {
  // With the page's change and not after it: a key pressed in between would go astray.
  useLayoutEffect(() => {
    if (!isShown) return
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
      const act = actOf(event, { field: field.current, isOn })
      if (act === null) return
      event.preventDefault()
      act()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [field, isOn, isShown])
}

function actOf(
  { key, target }: KeyboardEvent,
  { field, isOn }: { readonly field: HTMLInputElement | null; readonly isOn: boolean },
): (() => void) | null {
  if (!(target instanceof HTMLElement)) return null
  const links = [...document.querySelectorAll<HTMLElement>(RESULTS)]
  if (target === field) return key === 'ArrowDown' && links.length > 0 ? () => links[0]?.focus() : null
  if (target.matches('input:not([type="checkbox"]), textarea, select')) return null
  if (key === '/' && isOn) return () => field?.select()
  const place = target.closest('.result-place')
  const at = links.findIndex((link) => place?.contains(link) === true)
  if (key === 'Escape' && at >= 0) return () => field?.focus()
  const isLetter = key === 'j' || key === 'k'
  // Outside of the list arrows scroll, as everywhere.
  if ((isLetter && !isOn) || (at < 0 && !isLetter)) return null
  if (key === 'ArrowDown' || key === 'j') return () => links[Math.min(at + 1, links.length - 1)]?.focus()
  if (key === 'ArrowUp' || key === 'k') return () => (at > 0 ? links[at - 1] : field)?.focus()
  return null
}
