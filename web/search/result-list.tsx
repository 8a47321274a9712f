/** The results, which never move under a pointer: better ones wait behind a button above the list. */
import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { waitingInWords } from './place-results.ts'
import { agentAddress } from './result-facts.ts'
import { ResultItem } from './result-item.tsx'
import { countChanged, type SearchState } from './search-state.ts'

export function ResultList({
  state,
  onTouch,
  onShowWaiting,
}: {
  readonly state: SearchState
  /** The list was pointed at, scrolled or focused. */
  readonly onTouch: () => void
  readonly onShowWaiting: () => void
}): VNode {
  const { shown, waiting, isOfBefore, phase } = state
  useScrollTouch(onTouch)
  // A pointer that lies still while the list comes up under it is not pointing.
  const onPointerMove = ({ movementX, movementY }: PointerEvent): void => {
    if (movementX !== 0 || movementY !== 0) onTouch()
  }
  return (
    <div class="results">
      <WaitingBar
        count={countInWords(state)}
        words={waitingInWords(waiting.length, phase === 'done' ? countChanged(state) : 0)}
        onShow={onShowWaiting}
      />
      <ol
        class={`result-list${isOfBefore ? ' result-list-before' : ''}`}
        aria-label="Results"
        aria-busy={phase === 'asking' || phase === 'running'}
        onPointerMove={onPointerMove}
        onPointerDown={onTouch}
        onFocusIn={onTouch}
      >
        {shown.map((agent) => (
          <li key={agent.key} class="result-place">
            <ResultItem agent={agent} href={agentAddress(agent.did)} />
          </li>
        ))}
      </ol>
    </div>
  )
}

/** Its place is kept, so that its coming moves nothing. */
function WaitingBar({
  count,
  words,
  onShow,
}: {
  readonly count: string
  readonly words: string
  readonly onShow: () => void
}): VNode {
  const bar = useRef<HTMLDivElement>(null)
  const show = (): void => {
    onShow()
    const results = bar.current?.parentElement
    // The best are at the top; and the button, which had the focus, is gone.
    if ((results?.getBoundingClientRect().top ?? 0) < 0) results?.scrollIntoView()
    requestAnimationFrame(() => {
      results?.querySelector<HTMLElement>('.result-name')?.focus({ preventScroll: true })
    })
  }
  return (
    <div class="waiting-bar" ref={bar} aria-live="polite">
      <span class="quiet small figures">{count}</span>
      {words !== '' && (
        <button type="button" class="button button-main waiting-button" onClick={show}>
          {words}
        </button>
      )}
    </div>
  )
}

function useScrollTouch(onTouch: () => void): void {
  useEffect(() => {
    const onScroll = (): void => {
      // At the top the field was scrolled to, not the list.
      if (window.scrollY > 0) onTouch()
    }
    window.addEventListener('scroll', onScroll, { passive: true })
    return () => window.removeEventListener('scroll', onScroll)
  }, [onTouch])
}

function countInWords({ shown, isOfBefore, ending }: SearchState): string {
  if (isOfBefore) return 'From the search before'
  const more = typeof ending?.next_cursor === 'string' ? ', and there are more' : ''
  return `${shown.length} ${shown.length === 1 ? 'result' : 'results'}${more}`
}
