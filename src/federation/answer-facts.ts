/**
 * What has been worked out of one peer's answer for its search, once, however often the answer is put in order with
 * others: whenever one peer of fifty answers anew, forty-nine have nothing new to say.
 */
import type { PeerAnswer, SearchStatistics } from '../domain/discovery.ts'
import { createImpactReader, zeros } from '../search/score.ts'
import { contradicts } from '../search/statistics.ts'
import { parseQuery } from '../search/tokenize.ts'
import type { IdentityReader } from './identity.ts'
import type { ImpactsOf } from './record-facts.ts'

export type AnswerFacts = {
  /** The registry's figures; `null` if it sent none, or its own records disprove them. */
  readonly statistics: SearchStatistics | null
  /** What the query's words are worth in its records, a row for each as an `ImpactReader` writes it. */
  readonly impacts: readonly number[]
  /** Of the keys of its records, one record after the other. */
  readonly prints: readonly number[]
  /** For each record, where its prints end. */
  readonly printEnds: readonly number[]
}

export type AnswerFactsOf = (answer: PeerAnswer) => AnswerFacts

/** For the answers to one search. */
export function createAnswerFacts(
  search: string,
  {
    impactsOf,
    identityPrintsOf,
  }: { readonly impactsOf: ImpactsOf } & Pick<IdentityReader, 'identityPrintsOf'>,
): AnswerFactsOf {
  const reader = createImpactReader(parseQuery(search))
  return ({ agents, statistics }) => {
    const records = agents.map((agent) => ({ impacts: impactsOf(agent) }))
    const impacts = zeros(records.length * reader.width)
    records.forEach((record, row) => {
      reader.read(record.impacts, impacts, row)
    })
    const isUsable =
      statistics !== null && !contradicts(statistics, records, { isEstimated: statistics.isEstimated })
    const prints: number[] = []
    const printEnds = agents.map((agent) => prints.push(...identityPrintsOf(agent)))
    return { statistics: isUsable ? statistics : null, impacts, prints, printEnds }
  }
}
