/**
 * Tells a search as events, so that whoever applies them has the answer: what the search itself did not tell is told
 * from its answer. A search of our own records alone tells nothing while it runs; its events are all made here.
 */
import type { DiscoveryAnswer, DiscoveryProgress, PeerRow } from '../domain/discovery.ts'
import { rowToWire } from '../wire/discovery.ts'
import {
  doneToWire,
  keyedAgentToWire,
  progressToWire,
  type WireDiscoveryEvent,
  type WireKeyedAgent,
} from '../wire/discovery-events.ts'

export interface DiscoveryTeller {
  progress(progress: DiscoveryProgress): void
  /** Tells what the events before lack of the answer, and `done`. */
  finish(answer: DiscoveryAnswer): void
}

/** @param includeLocal whether our own records were asked for. */
export function createDiscoveryTeller(
  tell: (event: WireDiscoveryEvent) => void,
  { includeLocal }: { readonly includeLocal: boolean },
): DiscoveryTeller {
  const kinds = new Set<DiscoveryProgress['kind']>()
  const peers = new Set<string>()
  const shown = new Map<string, string>()
  let order: readonly string[] = []

  const progress = (told: DiscoveryProgress): void => {
    const event = progressToWire(told)
    kinds.add(told.kind)
    if (event.event === 'peer') peers.add(event.peer_id)
    if (event.event === 'merge') {
      for (const agent of event.upserts) shown.set(agent.key, JSON.stringify(agent))
      order = event.order
    }
    tell(event)
  }

  const finish = (answer: DiscoveryAnswer): void => {
    const { agents, stats } = answer
    const asked = stats?.peers.filter(({ outcome }) => outcome !== 'skipped') ?? []
    if (stats !== null && !kinds.has('plan')) tell(planOf(stats.peers))
    if (includeLocal && !kinds.has('local')) {
      progress({ kind: 'local', agents: agents.filter(({ isFederated }) => !isFederated) })
    }
    for (const row of asked.filter(({ peerId }) => !peers.has(peerId))) progress({ kind: 'peer', row })
    const merge = lackingMerge(agents.map(keyedAgentToWire), { shown, order })
    if (merge !== null) tell(merge)
    tell(doneToWire(answer))
  }
  return { progress, finish }
}

/** The plan as it can be told afterwards: deadlines are no longer known. */
function planOf(rows: readonly PeerRow[]): WireDiscoveryEvent {
  return {
    event: 'plan',
    peers: rows
      .filter(({ outcome }) => outcome !== 'skipped')
      .map(({ peerId, name, registryUrl }) => ({ peer_id: peerId, name, registry_url: registryUrl })),
    skipped: rows.filter(({ outcome }) => outcome === 'skipped').map(rowToWire),
  }
}

/** What brings who applied all merges so far to these results in this order; null when nothing does. */
function lackingMerge(
  agents: readonly WireKeyedAgent[],
  { shown, order }: { readonly shown: ReadonlyMap<string, string>; readonly order: readonly string[] },
): WireDiscoveryEvent | null {
  const upserts = agents.filter((agent) => shown.get(agent.key) !== JSON.stringify(agent))
  const keys = agents.map(({ key }) => key)
  const isInOrder = keys.length === order.length && keys.every((key, index) => key === order[index])
  return upserts.length === 0 && isInOrder ? null : { event: 'merge', upserts, order: keys }
}
