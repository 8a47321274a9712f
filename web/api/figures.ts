/** What came of the questions to peers and from them, in figures. */
import type { WireReplicaFigures } from '../../src/wire/peer-figures.ts'
import type { Answer, Api } from './api.ts'

/** Questions in one direction. */
export type QueryFigures = {
  readonly queries: number
  /** How many had which outcome. */
  readonly outcomes: Readonly<Record<string, number>>
  readonly p50_response_time_ms: number | null
  readonly p95_response_time_ms: number | null
}

export type ReplicaFigures = WireReplicaFigures

export type PeerFigures = {
  readonly peer_id: string
  /** Ours to the peer. */
  readonly outbound: QueryFigures
  /** Its to us. */
  readonly inbound: QueryFigures
  readonly replica: ReplicaFigures
}

type AllPeerFigures = {
  readonly window: string
  readonly peers: readonly PeerFigures[]
}

export function listPeerFigures(
  api: Api,
  { window, signal }: { readonly window: string; readonly signal?: AbortSignal },
): Promise<Answer<AllPeerFigures>> {
  return api.call('GET', 'federation/stats', { parameters: { window }, signal })
}

/** Of the questions, those that the peer answered. */
export function answeredOf({ outcomes }: QueryFigures): number {
  return Object.entries(outcomes).reduce(
    (sum, [outcome, count]) => (isAnswered(outcome) ? sum + count : sum),
    0,
  )
}

/** Of the questions, those that say something of who was asked: not those that were called off. */
export function judgedOf({ queries, outcomes }: QueryFigures): number {
  return queries - (outcomes[CALLED_OFF] ?? 0)
}

const CALLED_OFF = 'called-off'

/** Whether a question with this outcome was not answered. */
export function isFailed(outcome: string): boolean {
  return !isAnswered(outcome) && outcome !== CALLED_OFF
}

/** Whether a question with this outcome was answered; `unchanged`: what was kept of the peer still holds. */
export function isAnswered(outcome: string): boolean {
  return outcome === 'answered' || outcome === 'unchanged'
}
