/** The one scale on which a search scores all its records: whose statistics count, and what a record scores. */
import type { Agent } from '../domain/agent.ts'
import type { PeerAnswer, SearchStatistics } from '../domain/discovery.ts'
import type { PeerId } from '../domain/peer.ts'
import { countStatistics } from '../search/exact-search.ts'
import { createScorer, type Statistics } from '../search/score.ts'
import { contradicts, poolStatistics } from '../search/statistics.ts'
import { parseQuery } from '../search/tokenize.ts'
import type { ImpactsOf } from './record-facts.ts'

/** What is at hand of one peer. */
export type AnswerOf = { readonly peerId: PeerId; readonly answer: PeerAnswer; readonly isStale: boolean }

export type Scale = {
  readonly scoreOf: (agent: Agent) => number
  readonly statistics: Statistics
  /** Peers without usable statistics: their records are scored with what the others say. */
  readonly pooled: ReadonlySet<PeerId>
}

/** @param local this registry's records at hand, and its figures; those are `null` if it was not searched. */
export function createScale(
  search: string,
  local: { readonly agents: readonly Agent[]; readonly statistics: SearchStatistics | null },
  { answers, impactsOf }: { readonly answers: readonly AnswerOf[]; readonly impactsOf: ImpactsOf },
): Scale {
  const query = parseQuery(search)
  const contributors = answers.map(({ peerId, answer }) => ({
    id: peerId,
    statistics: usableStatistics(answer, impactsOf),
    isSizeConfirmed: false,
  }))
  const pool = poolStatistics(contributors, local.statistics)
  const inHand = [...local.agents, ...answers.flatMap(({ answer }) => answer.agents)]
  // Where nobody says how common words are, the records at hand are all there is to go by.
  const statistics =
    pool.documents > 0
      ? pool
      : countStatistics(
          inHand.map((agent) => ({ did: agent.did, impacts: impactsOf(agent) })),
          query,
        )
  const scorer = createScorer(query, statistics)
  return {
    scoreOf: (agent) => scorer.scoreImpacts(impactsOf(agent)),
    statistics,
    pooled: new Set(contributors.filter((one) => one.statistics === null).map((one) => one.id)),
  }
}

/** The scale of a walk's first page, on which all its pages are scored. */
export function frozenScale(
  search: string,
  statistics: Statistics,
  { answers, impactsOf }: { readonly answers: readonly AnswerOf[]; readonly impactsOf: ImpactsOf },
): Scale {
  const scorer = createScorer(parseQuery(search), statistics)
  return {
    scoreOf: (agent) => scorer.scoreImpacts(impactsOf(agent)),
    statistics,
    pooled: new Set(answers.filter(({ answer }) => answer.statistics === null).map(({ peerId }) => peerId)),
  }
}

function usableStatistics({ agents, statistics }: PeerAnswer, impactsOf: ImpactsOf): SearchStatistics | null {
  if (statistics === null) return null
  const records = agents.map((agent) => ({ impacts: impactsOf(agent) }))
  return contradicts(statistics, records, { isEstimated: statistics.isEstimated }) ? null : statistics
}
