/**
 * The most that records can score which a registry has not sent yet. It sends its best first by its own figures; on
 * the scale of a walk, which has other figures, one of its later records can still stand higher, but not by more than
 * the weights of a term differ. Pure.
 */
import type { PeerAnswer } from '../domain/discovery.ts'
import { createScorer, type Statistics } from '../search/score.ts'
import { parseQuery } from '../search/tokenize.ts'
import type { ImpactsOf } from './record-facts.ts'

/** Sums of the same weights in other units end in other last digits. */
const ROUNDING = 1e-9

/**
 * @param last the last page the registry sent; it has more.
 * @returns for a search the highest score, else the newest time of creation that can follow.
 */
export function boundAfter(
  last: Pick<PeerAnswer, 'agents' | 'statistics'>,
  scale: { readonly search: string | null; readonly statistics: Statistics | null },
  impactsOf: ImpactsOf,
): number {
  const { search, statistics } = scale
  if (search === null || statistics === null) return last.agents.at(-1)?.createdAt ?? Number.POSITIVE_INFINITY
  const query = parseQuery(search)
  const here = createScorer(query, statistics)
  // Without figures of its own it is taken to have the scale's.
  const there = last.statistics === null ? here : createScorer(query, last.statistics)
  const lowest = Math.min(...last.agents.map((agent) => there.scoreImpacts(impactsOf(agent))))
  const ratios = query.terms.map((term) => here.termWeight(term) / there.termWeight(term))
  if (query.prefix !== null) ratios.push(here.prefixWeight / there.prefixWeight)
  return lowest * Math.max(...ratios) * (1 + ROUNDING)
}
