/** The pages for everybody: the search, and an agent in front of it. The search stays as it was while one looks. */
import type { VNode } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import { type Allowance, createAllowance } from '../api/allowance.ts'
import { createApi } from '../api/api.ts'
import { Masthead } from '../design/masthead.tsx'
import { AgentPage } from './agent/agent-page.tsx'
import { type Place, readPlace } from './place.ts'
import { NO_QUESTION, type Question, questionKey } from './question.ts'
import { SearchPage } from './search-page.tsx'
import { typingPauseMs } from './typing-pause.ts'
import { type Places, usePlace } from './use-place.ts'
import { type Search, useSearch } from './use-search.ts'

/** Who types nothing for so long has settled on the question. */
const SETTLED_MS = 1_500

export function App({ ownName }: { readonly ownName: string }): VNode {
  const allowance = useMemo(createAllowance, [])
  const api = useMemo(
    () => createApi({ onHeaders: (headers) => allowance.note(headers, Date.now()) }),
    [allowance],
  )
  const places = usePlace()
  const search = useSearch(api, ownName)
  const question = useQuestion(places)
  const asking = useAsking(places, { search, question, allowance })
  useWayBack(places)
  const { page } = places.visit
  useEffect(() => {
    if (page === 'search')
      document.title = question.search === '' ? ownName : `${question.search} · ${ownName}`
  }, [page, question.search, ownName])

  const onClick = (event: MouseEvent): void => {
    const place = placeOfClick(event)
    if (place === null) return
    event.preventDefault()
    places.go(place)
  }
  return (
    // biome-ignore lint/a11y: links are what is clicked; this only keeps them on the page
    <div onClick={onClick}>
      <Masthead name={ownName} home="./">
        <a href="./" aria-current={page === 'search' ? 'page' : undefined}>
          Search
        </a>
        <a href="console">Console</a>
      </Masthead>
      <main class="page" id="main" tabIndex={-1}>
        <div hidden={page !== 'search'}>
          <h1 class="visually-hidden">Search {ownName}</h1>
          <SearchPage
            {...{ api, ownName, search, question }}
            isShown={page === 'search'}
            onType={(typed) => {
              asking.typed()
              places.follow(typed)
            }}
            onSubmit={() => {
              places.settle()
              asking.now()
            }}
            onChoose={(chosen) => places.go({ page: 'search', question: chosen })}
          />
        </div>
        {places.visit.page === 'agent' && (
          <AgentPage
            key={places.visit.did}
            {...{ api, ownName }}
            did={places.visit.did}
            results={search.state.results}
            onBack={places.back}
          />
        )}
      </main>
    </div>
  )
}

/** The question of the search, also while an agent is in front of it. */
function useQuestion({ visit }: Places): Question {
  const last = useRef(NO_QUESTION)
  if (visit.page === 'search') last.current = visit.question
  return last.current
}

/** Asks what the address says: at once, or after the last key. `now` does not wait for that. */
function useAsking(
  { visit, settle }: Places,
  {
    search,
    question,
    allowance,
  }: { readonly search: Search; readonly question: Question; readonly allowance: Allowance },
): { readonly typed: () => void; readonly now: () => void } {
  const wasTyped = useRef(false)
  const key = questionKey(question)
  const asked = useRef<string | null>(null)
  const isSearch = visit.page === 'search'
  const { ask } = search
  useEffect(() => {
    // Who comes to an agent straight away is not made to wait for a search behind it.
    if (!isSearch || key === asked.current) return
    const isTyped = wasTyped.current
    wasTyped.current = false
    const begin = (): void => {
      if (asked.current === key) return
      asked.current = key
      ask(question)
    }
    if (!isTyped) return begin()
    const pauseMs = typingPauseMs(allowance.left(Date.now()))
    const timers = [setTimeout(begin, pauseMs), setTimeout(settle, SETTLED_MS)]
    return () => timers.forEach(clearTimeout)
  }, [isSearch, key, ask, settle, question, allowance])
  return {
    typed: () => {
      wasTyped.current = true
    },
    now: () => {
      const isRunning = search.state.phase === 'asking' || search.state.phase === 'running'
      if (asked.current === key && isRunning) return
      asked.current = key
      ask(question)
    },
  }
}

/** Back from an agent, one finds the list as it was left, with the focus on that agent. */
function useWayBack({ visit }: Places): void {
  const left = useRef<{ scrollY: number; link: HTMLElement | null } | null>(null)
  const isAgent = visit.page === 'agent'
  const wasAgent = useRef(isAgent)
  const { isReturn } = visit
  useLayoutEffect(() => {
    if (isAgent === wasAgent.current) return
    wasAgent.current = isAgent
    if (isAgent) {
      window.scrollTo(0, 0)
      return
    }
    const { scrollY = 0, link = null } = left.current ?? {}
    window.scrollTo(0, isReturn ? scrollY : 0)
    if (isReturn) link?.focus({ preventScroll: true })
  }, [isAgent, isReturn])
  useEffect(() => {
    history.scrollRestoration = 'manual'
    const keep = (): void => {
      // A click on the agent's page, such as on its way back, is not where the list was left.
      if (wasAgent.current) return
      const { activeElement } = document
      left.current = {
        scrollY: window.scrollY,
        link: activeElement instanceof HTMLElement ? activeElement : null,
      }
    }
    // Before a click or Enter leads away.
    document.addEventListener('click', keep, true)
    return () => document.removeEventListener('click', keep, true)
  }, [])
}

/** The place that a click on a link leads to, if these pages have it and nothing else was meant. */
function placeOfClick(event: MouseEvent): Place | null {
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey
  if (!isPlain || event.defaultPrevented || !(event.target instanceof Element)) return null
  const link = event.target.closest('a')
  if (link === null || link.target !== '' || link.href.includes('#')) return null
  return readPlace(link.href, document.baseURI)
}
