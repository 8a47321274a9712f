/** The browser's history of places. While somebody types, the address follows; each search that was settled on is kept. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { type Place, readPlace, writePlace } from './place.ts'
import { NO_QUESTION, type Question } from './question.ts'

type Visit = Place & {
  /** Whether one came here by going back or forth. */
  readonly isReturn: boolean
}

export interface Places {
  readonly visit: Visit
  readonly go: (place: Place) => void
  /** The question as it is being typed: the first of a run begins an entry of the history, the others replace it. */
  readonly follow: (question: Question) => void
  /** To the place before, or to the search if one came here from elsewhere. */
  readonly back: () => void
  /** The question stands: what is typed from now on is another. */
  readonly settle: () => void
}

export function usePlace(): Places {
  const [visit, setVisit] = useState<Visit>(() => ({ ...here(), isReturn: false }))
  const isTyping = useRef(false)

  useEffect(() => {
    const onReturn = (): void => {
      isTyping.current = false
      setVisit({ ...here(), isReturn: true })
    }
    window.addEventListener('popstate', onReturn)
    return () => window.removeEventListener('popstate', onReturn)
  }, [])

  const go = useCallback((place: Place) => {
    isTyping.current = false
    const address = writePlace(place, document.baseURI)
    if (address !== location.pathname + location.search) {
      history.pushState(deeper(), '', address)
    }
    setVisit({ ...place, isReturn: false })
  }, [])

  const follow = useCallback((question: Question) => {
    const address = writePlace({ page: 'search', question }, document.baseURI)
    if (isTyping.current) history.replaceState(history.state, '', address)
    else history.pushState(deeper(), '', address)
    isTyping.current = true
    setVisit({ page: 'search', question, isReturn: false })
  }, [])

  const back = useCallback(() => {
    if (depthOf(history.state) > 0) history.back()
    else go({ page: 'search', question: NO_QUESTION })
  }, [go])

  const settle = useCallback(() => {
    isTyping.current = false
  }, [])
  return { visit, go, follow, back, settle }
}

/** How many of our places are before this one. The entry itself keeps it, so that it holds after going back and reloading. */
type Kept = { readonly depth: number }

function deeper(): Kept {
  return { depth: depthOf(history.state) + 1 }
}

/** @param state of an entry of the history: nothing, where one came by a link or the address. */
function depthOf(state: unknown): number {
  if (typeof state !== 'object' || state === null || !('depth' in state)) return 0
  return typeof state.depth === 'number' ? state.depth : 0
}

function here(): Place {
  return readPlace(location.href, document.baseURI) ?? { page: 'search', question: NO_QUESTION }
}
