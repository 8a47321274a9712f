/** How what a search finds is spread: counts for the filters. */
import { useEffect, useState } from 'preact/hooks'
import type { Api, Parameters } from '../api/api.ts'
import { parametersOf, type Question, questionKey } from './question.ts'

/** A range: at least what is at hand; `null` where the upper end cannot be known. */
export type Range = { readonly at_least: number; readonly at_most: number | null }

export type Facets = {
  readonly agent_type: readonly (Range & { readonly value: string })[]
  readonly tags: readonly (Range & { readonly value: string })[]
  readonly registry: readonly (Range & { readonly name: string; readonly peer_id: string | null })[]
}

/** After the last answer: who goes on typing asks for no counts, which are requests, too. */
const PAUSE_MS = 600

/**
 * The counts for a question whose search has ended, so that the peers' answers are at hand and nobody is asked anew.
 * The counts before stay until then. Types and registries are counted as if none of them were chosen, since one of each
 * can be exchanged for another.
 */
export function useFacets(
  api: Api,
  {
    question,
    isDone,
    ownName,
    needsKeyForPeers,
  }: {
    readonly question: Question
    readonly isDone: boolean
    readonly ownName: string
    readonly needsKeyForPeers: boolean
  },
): Facets | null {
  const [facets, setFacets] = useState<Facets | null>(null)
  const key = questionKey(question)
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
      const [all, narrowed] = await Promise.all([ask(wide), isNarrowed ? ask(question) : null])
      if (!mine.signal.aborted && all !== null) setFacets({ ...all, tags: (narrowed ?? all).tags })
    }
    const timer = setTimeout(() => void load(), PAUSE_MS)
    return () => {
      clearTimeout(timer)
      mine.abort()
    }
  }, [api, key, isDone, ownName, needsKeyForPeers])
  return facets
}
