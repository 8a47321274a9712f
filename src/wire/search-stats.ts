/** `search_stats`: how common the words of a query are, on the wire and back. */
import type { SearchStatistics } from '../domain/discovery.ts'
import { parseSearchStats, SCORING } from '../search/statistics.ts'
import type { QueryTerms } from '../search/tokenize.ts'

export type WireSearchStatistics = {
  readonly scoring: string
  readonly documents: number
  readonly document_frequency: Readonly<Record<string, number>>
  readonly estimated: boolean
}

/** Writes the figures of an answer, zeros included. */
export function statisticsToWire(statistics: SearchStatistics): WireSearchStatistics {
  return {
    scoring: SCORING,
    documents: statistics.documents,
    document_frequency: Object.fromEntries(statistics.documentFrequency),
    estimated: statistics.isEstimated,
  }
}

/** Reads a peer's figures for a query, keeping its terms only; `null` if they cannot be used. */
export function statisticsFromPeer(value: unknown, query: QueryTerms): SearchStatistics | null {
  const stats = parseSearchStats(value, query)
  if (stats === undefined) return null
  const { documents, documentFrequency, estimated } = stats
  return { documents, documentFrequency, isEstimated: estimated }
}
