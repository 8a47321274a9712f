/** What a running search tells, as JSON: the events of its stream. */
import {
  type DiscoveredAgent,
  type DiscoveryAnswer,
  type DiscoveryProgress,
  resultKey,
} from '../domain/discovery.ts'
import {
  discoveredAgentToWire,
  discoveryToWire,
  rowToWire,
  type WireDiscoveredAgent,
  type WireDiscoveryAnswer,
  type WirePeerRow,
} from './discovery.ts'

/** A result with the name it has within its search. */
export type WireKeyedAgent = WireDiscoveredAgent & { readonly key: string }

export type WirePlannedPeer = {
  readonly peer_id: string
  readonly name: string
  readonly registry_url: string
  /** How long it has; absent where that is no longer known. */
  readonly deadline_ms?: number
}

export type WireMerge = {
  readonly event: 'merge'
  readonly upserts: readonly WireKeyedAgent[]
  readonly order: readonly string[]
}

export type WireDiscoveryEvent =
  | {
      readonly event: 'plan'
      readonly peers: readonly WirePlannedPeer[]
      readonly skipped: readonly WirePeerRow[]
    }
  | { readonly event: 'local'; readonly agents: readonly WireKeyedAgent[] }
  | ({ readonly event: 'peer' } & WirePeerRow)
  | WireMerge
  | ({ readonly event: 'done' } & Omit<WireDiscoveryAnswer, 'agents'>)

export function progressToWire(progress: DiscoveryProgress): WireDiscoveryEvent {
  switch (progress.kind) {
    case 'plan':
      return {
        event: 'plan',
        peers: progress.asked.map(({ peer, deadlineMs }) => ({
          ...{ peer_id: peer.id, name: peer.name, registry_url: peer.registryUrl },
          deadline_ms: Math.round(deadlineMs),
        })),
        skipped: progress.skipped.map(rowToWire),
      }
    case 'local':
      return { event: 'local', agents: progress.agents.map(keyedAgentToWire) }
    case 'peer':
      return { event: 'peer', ...rowToWire(progress.row) }
    case 'merge':
      return { event: 'merge', upserts: progress.upserts.map(keyedAgentToWire), order: progress.order }
  }
}

/** The last event: all of an answer but its results. */
export function doneToWire(answer: DiscoveryAnswer): WireDiscoveryEvent {
  const { agents: _, ...rest } = discoveryToWire({ ...answer, agents: [] })
  return { event: 'done', ...rest }
}

export function keyedAgentToWire(found: DiscoveredAgent): WireKeyedAgent {
  return { key: resultKey(found), ...discoveredAgentToWire(found) }
}

/**
 * One change that does what two do, one after the other. What the second no longer shows is kept: a third may show it
 * again, and would not bring it along.
 */
export function joinMerges(first: WireMerge, second: WireMerge): WireMerge {
  const byKey = new Map([...first.upserts, ...second.upserts].map((agent) => [agent.key, agent]))
  return { event: 'merge', upserts: [...byKey.values()], order: second.order }
}
