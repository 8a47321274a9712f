/**
 * How the matching agents are spread over types, tags, providers and registries. Pure.
 *
 * Of each registry only the best records are at hand, so every count is a range: at least what is at hand, at most that
 * and all that the registry may have beyond it. A registry that did not answer makes all upper ends unknown.
 */
import type { Agent } from '../domain/agent.ts'
import type { SearchStatistics } from '../domain/discovery.ts'
import { foldCase } from '../domain/fold-case.ts'
import type { PeerId } from '../domain/peer.ts'

export type FacetCount = {
  /** As most of the records spell it. */
  readonly value: string
  readonly atLeast: number
  /** Null when it is not known. */
  readonly atMost: number | null
}

export type RegistryCount = {
  /** Null for this registry. */
  readonly peerId: PeerId | null
  readonly atLeast: number
  readonly atMost: number | null
}

export type Facets = {
  readonly agentTypes: readonly FacetCount[]
  readonly tags: readonly FacetCount[]
  readonly providers: readonly FacetCount[]
  readonly registries: readonly RegistryCount[]
}

/** What one registry said. */
export type FacetSource = {
  readonly peerId: PeerId | null
  /** Its records at hand that match. */
  readonly matching: number
  /** The most records it may have that match, those at hand included; null when it is not known. */
  readonly most: number | null
}

const MOST_VALUES = 100

/**
 * @param agents one record for each distinct agent at hand.
 * @param sources every registry that was to be asked; one that did not answer has `most: null`.
 */
export function countFacets(agents: readonly Agent[], sources: readonly FacetSource[]): Facets {
  const unseen = sources.reduce<number | null>(
    (sum, { matching, most }) => (sum === null || most === null ? null : sum + Math.max(0, most - matching)),
    0,
  )
  const count = (valuesOf: (agent: Agent) => readonly string[]): FacetCount[] =>
    countValues(agents, valuesOf).map(({ value, atLeast }) => ({
      ...{ value, atLeast },
      atMost: unseen === null ? null : atLeast + unseen,
    }))
  return {
    agentTypes: count(({ agentType }) => [agentType]),
    tags: count(({ tags }) => tags),
    providers: count(({ provider }) => (provider === null ? [] : [provider.organization])),
    registries: sources.map(({ peerId, matching, most }) => ({
      ...{ peerId, atLeast: matching },
      atMost: most === null ? null : Math.max(matching, most),
    })),
  }
}

/**
 * The most records of a registry that can match a search: no more than there are, and than its words occur in, added
 * up. Null without figures, and where they are estimates.
 */
export function mostMatches(statistics: SearchStatistics | null): number | null {
  if (statistics === null || statistics.isEstimated) return null
  const { documents, documentFrequency } = statistics
  return Math.min(
    documents,
    [...documentFrequency.values()].reduce((sum, frequency) => sum + frequency, 0),
  )
}

/** The most frequent first; equal ones by name, so that the order is the same each time. */
function countValues(
  agents: readonly Agent[],
  valuesOf: (agent: Agent) => readonly string[],
): { readonly value: string; readonly atLeast: number }[] {
  const spellings = new Map<string, Map<string, number>>()
  for (const agent of agents) {
    for (const value of new Set(valuesOf(agent))) {
      const known = spellings.get(foldCase(value)) ?? new Map<string, number>()
      known.set(value, (known.get(value) ?? 0) + 1)
      spellings.set(foldCase(value), known)
    }
  }
  return [...spellings]
    .map(([key, counts]) => ({
      key,
      value: [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))[0],
      atLeast: [...counts.values()].reduce((sum, one) => sum + one, 0),
    }))
    .sort((a, b) => b.atLeast - a.atLeast || (a.key < b.key ? -1 : 1))
    .slice(0, MOST_VALUES)
    .map(({ value, atLeast }) => ({ value, atLeast }))
}
