/** The browser's history of places. While somebody types, the address follows; each search that was settled on is kept. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { type Place, readPlace, writePlace } from './place.ts'
import { NO_QUESTION, type Question } from './question.ts'

export type Visit = Place & {
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
  const hasBefore = useRef(false)

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
      history.pushState(null, '', address)
      hasBefore.current = true
    }
    setVisit({ ...place, isReturn: false })
  }, [])

  const follow = useCallback((question: Question) => {
    const address = writePlace({ page: 'search', question }, document.baseURI)
    if (isTyping.current) history.replaceState(null, '', address)
    else history.pushState(null, '', address)
    isTyping.current = true
    hasBefore.current = true
    setVisit({ page: 'search', question, isReturn: false })
  }, [])

  const back = useCallback(() => {
    if (hasBefore.current) history.back()
    else go({ page: 'search', question: NO_QUESTION })
  }, [go])

  const settle = useCallback(() => {
    isTyping.current = false
  }, [])
  return { visit, go, follow, back, settle }
}

function here(): Place {
  return readPlace(location.href, document.baseURI) ?? { page: 'search', question: NO_QUESTION }
}
