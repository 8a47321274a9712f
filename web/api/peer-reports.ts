/** How one peer fared: its checks, its figures, and the questions in both directions. */
import type { WireLoggedQuery } from '../../src/wire/query-log.ts'
import type { Answer, Api } from './api.ts'
import type { QueryFigures, ReplicaFigures } from './figures.ts'
import { pathOf } from './peers.ts'

export type HealthCheck = {
  readonly at: string
  readonly status: string
  readonly up: boolean
  readonly response_time_ms: number | null
  readonly error: string | null
}

export type PeerHealthReport = {
  /** Share of the time in which it answered as it should. */
  readonly uptime: number | null
  readonly average_response_time_ms: number | null
  /** Newest first. */
  readonly checks: readonly HealthCheck[]
  /** Not null when there were more, before these. */
  readonly next_before: string | null
}

export type PeerStats = {
  readonly outbound: QueryFigures
  readonly inbound: QueryFigures
  readonly replica: ReplicaFigures
}

export type LoggedQuery = WireLoggedQuery

type QueryLogPage = {
  /** Newest first. */
  readonly queries: readonly LoggedQuery[]
  readonly next_before: number | null
}

type Asked = { readonly window: string; readonly signal?: AbortSignal }

export function getPeerHealth(
  api: Api,
  id: string,
  { window, signal }: Asked,
): Promise<Answer<PeerHealthReport>> {
  return api.call('GET', `${pathOf(id)}/health`, { parameters: { window }, signal })
}

export function getPeerStats(api: Api, id: string, { window, signal }: Asked): Promise<Answer<PeerStats>> {
  return api.call('GET', `${pathOf(id)}/stats`, { parameters: { window }, signal })
}

/** The most that one request of the log gives. */
export const MOST_LOGGED = 1_000

export function listPeerQueries(
  api: Api,
  id: string,
  { since, signal }: { readonly since: string; readonly signal?: AbortSignal },
): Promise<Answer<QueryLogPage>> {
  const parameters = { peer: id, since, limit: MOST_LOGGED }
  return api.call('GET', 'federation/query-log', { parameters, signal })
}
