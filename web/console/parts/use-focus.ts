/** What takes the focus when it appears: a form's first field, or what stands where the form was that had it. */
import type { RefObject } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

/** @param what it takes the focus again when this changes. */
export function useFocus<Focused extends HTMLElement>(what = ''): RefObject<Focused | null> {
  const ref = useRef<Focused>(null)
  // With the page's change and not after it, when somebody may have gone on with Tab.
  useLayoutEffect(() => ref.current?.focus(), [what])
  return ref
}
