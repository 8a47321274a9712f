/** The one scale on which a search scores all its records: whose statistics count, and what a record scores. */
import type { Agent } from '../domain/agent.ts'
import type { PeerAnswer, SearchStatistics } from '../domain/discovery.ts'
import type { PeerId } from '../domain/peer.ts'
import { countStatistics } from '../search/exact-search.ts'
import { createScorer, type Statistics } from '../search/score.ts'
import { poolStatistics } from '../search/statistics.ts'
import { parseQuery, type QueryTerms } from '../search/tokenize.ts'
import type { AnswerFacts, AnswerFactsOf } from './answer-facts.ts'
import type { ImpactsOf } from './record-facts.ts'

/** What is at hand of one peer. */
export type AnswerOf = { readonly peerId: PeerId; readonly answer: PeerAnswer }

export type Scale = {
  readonly scoreOf: (agent: Agent) => number
  /** The score of a record of an answer, by its place there. */
  readonly scoreAt: (answer: AnswerFacts, place: number) => number
  readonly statistics: Statistics
  /** Peers without usable statistics: their records are scored with what the others say. */
  readonly pooled: ReadonlySet<PeerId>
}

type Answers = {
  readonly answers: readonly AnswerOf[]
  readonly impactsOf: ImpactsOf
  readonly answerFactsOf: AnswerFactsOf
  /** Peers whose size an operator vouches for. */
  readonly confirmedSizes: ReadonlySet<PeerId>
}

/** @param local this registry's records at hand, and its figures; those are `null` if it was not searched. */
export function createScale(
  search: string,
  local: { readonly agents: readonly Agent[]; readonly statistics: SearchStatistics | null },
  { answers, impactsOf, answerFactsOf, confirmedSizes }: Answers,
): Scale {
  const query = parseQuery(search)
  const contributors = answers.map(({ peerId, answer }) => ({
    id: peerId,
    statistics: answerFactsOf(answer).statistics,
    isSizeConfirmed: confirmedSizes.has(peerId),
  }))
  const pool = poolStatistics(contributors, local.statistics)
  // Where nobody says how common words are, the records at hand are all there is to go by.
  const count = (): Statistics => {
    const inHand = [...local.agents, ...answers.flatMap(({ answer }) => answer.agents)]
    return countStatistics(
      inHand.map((agent) => ({ did: agent.did, impacts: impactsOf(agent) })),
      query,
    )
  }
  const pooled = contributors.filter((one) => one.statistics === null).map((one) => one.id)
  return scaleBy(query, pool.documents > 0 ? pool : count(), { impactsOf, pooled })
}

/** The scale of a walk's first page, on which all its pages are scored. */
export function frozenScale(
  search: string,
  statistics: Statistics,
  { answers, impactsOf }: Pick<Answers, 'answers' | 'impactsOf'>,
): Scale {
  const pooled = answers.filter(({ answer }) => answer.statistics === null).map(({ peerId }) => peerId)
  return scaleBy(parseQuery(search), statistics, { impactsOf, pooled })
}

function scaleBy(
  query: QueryTerms,
  statistics: Statistics,
  { impactsOf, pooled }: { readonly impactsOf: ImpactsOf; readonly pooled: readonly PeerId[] },
): Scale {
  const scorer = createScorer(query, statistics)
  return {
    scoreOf: (agent) => scorer.scoreImpacts(impactsOf(agent)),
    scoreAt: ({ impacts }, place) => scorer.scoreRow(impacts, place),
    statistics,
    pooled: new Set(pooled),
  }
}
