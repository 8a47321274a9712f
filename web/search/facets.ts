/** How what a search finds is spread: counts for the filters. */
import { useEffect, useState } from 'preact/hooks'
import type { Api, Parameters } from '../api/api.ts'
import { parametersOf, type Question, questionKey } from './question.ts'
import type { SearchState } from './search-state.ts'

/** A range: at least what is at hand; `null` where the upper end cannot be known. */
export type Range = { readonly at_least: number; readonly at_most: number | null }

export type Facets = {
  readonly agent_type: readonly (Range & { readonly value: string })[]
  readonly tags: readonly (Range & { readonly value: string })[]
  readonly registry: readonly (Range & { readonly name: string; readonly peer_id: string | null })[]
}

const NO_FACETS: Facets = { agent_type: [], tags: [], registry: [] }

/**
 * What of two answers is shown; `null` for one that failed. Where a count cannot be had there is none: that of another
 * question would be taken for it.
 * @param wide as if no type and no registry were chosen.
 * @param narrowed as the question is.
 */
export function facetsOf(wide: Facets | null, narrowed: Facets | null): Facets {
  return { ...(wide ?? NO_FACETS), tags: (narrowed ?? NO_FACETS).tags }
}

/** After the last answer: who goes on typing asks for no counts, which are requests, too. */
const PAUSE_MS = 600

/**
 * The counts for a question whose search has ended, so that the peers' answers are at hand and nobody is asked anew.
 * The counts before stay until then, and go where that search or its counts fail. Types and registries are counted as if
 * none of them were chosen, since one of each can be exchanged for another.
 * @returns `null` while none were ever told.
 */
export function useFacets(
  api: Api,
  {
    question,
    phase,
    ownName,
    needsKeyForPeers,
  }: {
    readonly question: Question
    readonly phase: SearchState['phase']
    readonly ownName: string
    readonly needsKeyForPeers: boolean
  },
): Facets | null {
  const [kept, setKept] = useState<{ readonly key: string; readonly facets: Facets } | null>(null)
  const key = questionKey(question)
  const isDone = phase === 'done'
  useEffect(() => {
    if (!isDone) return
    const mine = new AbortController()
    const ask = async (asked: Question): Promise<Facets | null> => {
      const { include_federated, ...alone } = parametersOf(asked, ownName)
      const parameters: Parameters = { ...alone, ...(!needsKeyForPeers && { include_federated }) }
      const answer = await api.call<{ facets: Facets }>('GET', 'discovery/facets', {
        parameters,
        signal: mine.signal,
      })
      return answer.ok ? answer.value.facets : null
    }
    const load = async (): Promise<void> => {
      const wide = { ...question, type: null, registries: [] }
      const isNarrowed = question.type !== null || question.registries.length > 0
      const asked = ask(wide)
      const [all, narrowed] = await Promise.all([asked, isNarrowed ? ask(question) : asked])
      if (!mine.signal.aborted) setKept({ key, facets: facetsOf(all, narrowed) })
    }
    const timer = setTimeout(() => void load(), PAUSE_MS)
    return () => {
      clearTimeout(timer)
      mine.abort()
    }
  }, [api, key, isDone, ownName, needsKeyForPeers])
  const isOfOther = kept?.key !== key
  return phase === 'failed' && isOfOther ? NO_FACETS : (kept?.facets ?? null)
}
