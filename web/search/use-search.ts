/** The search of the page: one at a time, each begun by a question and called off by the next. */
import { useCallback, useEffect, useMemo, useReducer, useRef } from 'preact/hooks'
import type { WireDiscoveryAnswer } from '../../src/wire/discovery.ts'
import type { Api } from '../api/api.ts'
import { NO_QUESTION, parametersOf, type Question } from './question.ts'
import { runSearch } from './run-search.ts'
import { beginState, nextState, type SearchState } from './search-state.ts'

export interface Search {
  readonly state: SearchState
  /** Begins a search and calls off the one before. */
  readonly ask: (question: Question) => void
  readonly touch: () => void
  readonly showWaiting: () => void
  /** Asks for the next page; settles when it is there. */
  readonly more: () => Promise<void>
}

export function useSearch(api: Api, ownName: string): Search {
  const [state, dispatch] = useReducer(nextState, null, () => beginState(NO_QUESTION, Date.now()))
  const running = useRef<AbortController | null>(null)
  const latest = useRef(state)
  latest.current = state
  // Told once, it is known: no search is made in vain afterwards.
  const doPeersNeedKey = useRef(false)

  const ask = useCallback(
    (question: Question) => {
      running.current?.abort()
      const mine = new AbortController()
      running.current = mine
      // Who chose peers is told that they need a key; else our own records are searched.
      const isForPeers = question.registries.some((name) => name !== ownName)
      const begin = (withPeers: boolean): void => {
        dispatch({ kind: 'start', question, at: Date.now(), needsKeyForPeers: !withPeers })
        const { include_federated, ...alone } = parametersOf(question, ownName)
        void runSearch(api, withPeers ? { ...alone, include_federated } : alone, {
          signal: mine.signal,
          onEvent: (event) => dispatch({ kind: 'event', event, at: Date.now() }),
          onProblem(problem) {
            const isRefused = problem.status === 401 && withPeers && include_federated === true
            if (!isRefused || isForPeers) return dispatch({ kind: 'fail', problem })
            doPeersNeedKey.current = true
            begin(false)
          },
        })
      }
      begin(isForPeers || !doPeersNeedKey.current)
    },
    [api, ownName],
  )
  useEffect(() => () => running.current?.abort(), [])

  const more = useCallback(async () => {
    const { question, ending, needsKeyForPeers } = latest.current
    const signal = running.current?.signal
    const { include_federated, ...alone } = parametersOf(question, ownName)
    const parameters = {
      ...alone,
      ...(!needsKeyForPeers && { include_federated }),
      cursor: ending?.next_cursor,
    }
    const answer = await api.call<WireDiscoveryAnswer>('GET', 'discovery/agents', { parameters, signal })
    if (signal?.aborted === true) return
    if (answer.ok) dispatch({ kind: 'page', answer: answer.value })
    else dispatch({ kind: 'fail', problem: answer.problem })
  }, [api, ownName])

  return useMemo(
    () => ({
      ...{ state, ask, more },
      touch: () => dispatch({ kind: 'touch' }),
      showWaiting: () => dispatch({ kind: 'show-waiting' }),
    }),
    [state, ask, more],
  )
}
