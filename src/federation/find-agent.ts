/**
 * One agent anywhere in the federation, by its DID.
 *
 * A `did:web` names the registry it belongs to: if that is a peer, it alone is asked, else nobody. Any other DID may be
 * any peer's.
 * Where the peer does not answer, the record is shown as it was last seen, marked. Not to find it is a result only
 * when everyone who could have it has answered.
 */
import { didRootOf, isUnderRoot } from '../cards/did.ts'
import type { Did } from '../domain/agent.ts'
import {
  type DiscoveredAgent,
  type FederationStats,
  NO_FILTER,
  type PeerAnswer,
} from '../domain/discovery.ts'
import type { Peer, PeerId } from '../domain/peer.ts'
import { accountFor } from './account.ts'
import type { FindQuery, SearchAsked, SearchParts } from './discover.ts'
import { fanOut } from './fan-out.ts'
import { readSeen } from './last-seen.ts'
import { type MergeInput, present, rankAnswers } from './merge.ts'
import { type Plan, type PlannedAsk, planFanOut } from './plan.ts'
import { createQueryKeys, normalizeRequest } from './query-key.ts'

export type FoundAgent = {
  /** Null when it is nowhere, or not where an answer came from. */
  readonly agent: DiscoveredAgent | null
  readonly stats: FederationStats
}

/** @throws only for faults of this registry's own storage. */
export async function findAgentAtPeers(
  did: Did,
  asked: { readonly query: FindQuery } & Pick<SearchAsked, 'scope' | 'signal'>,
  { deps, engine }: SearchParts,
): Promise<FoundAgent> {
  const { query, scope, signal } = asked
  const { clock, settings, events } = deps
  const started = clock.monotonic()
  const [peers, blocked] = await Promise.all([deps.listPeers(), deps.blocks.current()])
  const request = normalizeRequest({
    ...{ search: null, filter: NO_FILTER, limit: 1, cursor: null, reference: did },
    visibility: scope.widest === 'public' ? 'public' : 'federated',
  })
  const plan = onlyOwner(did, planFanOut(peers, query, engine.experience(peers)))
  const lastSeen = await readLastSeen(did, peers, deps)
  const { maxAgeSeconds, forceRefresh } = query
  const isBlocked = ({ registryUrl }: Peer): boolean => blocked.findOrigin(registryUrl) !== undefined
  const ask = { request, keyOf: createQueryKeys(request), maxAgeSeconds, forceRefresh, isBlocked }
  const outcomes = await fanOut(plan.asked, {
    ...{ querier: engine.querier, clock, signal, events },
    askOf: () => ({ ...ask, fallbackOf: (peer) => lastSeen.get(peer.id) }),
  })
  const input: MergeInput = {
    ...{ search: null, filter: NO_FILTER, visibility: request.visibility, limit: 1, local: null, peers },
    ...{ outcomes: [...outcomes, ...plan.skipped], now: clock.now() },
    self: { name: settings.name, url: settings.publicUrl },
    impactsOf: () => [],
    identityReader: engine.facts,
    blocked,
  }
  const ranked = rankAnswers(input)
  const [agent = null] = present(ranked.identities, input)
  const durationMs = clock.monotonic() - started
  return {
    agent,
    stats: accountFor({ peers, outcomes: input.outcomes, merged: ranked, durationMs, now: input.now }),
  }
}

/** Where the DID says whose it is, nobody else is asked: they would not be believed, nor need they know of it. */
function onlyOwner(did: Did, plan: Plan): Plan {
  if (!did.startsWith('did:web:')) return plan
  const rootOf = ({ peer }: PlannedAsk): string => didRootOf(peer.registryUrl)
  // Of two registries on one host, one may stand under a path of the other: the longest root has it.
  const [owner] = plan.asked
    .filter((ask) => isUnderRoot(did, rootOf(ask)))
    .sort((a, b) => rootOf(b).length - rootOf(a).length)
  const others = plan.asked.filter((ask) => ask !== owner)
  return {
    asked: owner === undefined ? [] : [owner],
    skipped: [
      ...plan.skipped,
      ...others.map(
        ({ peer }) => ({ kind: 'skipped', peerId: peer.id, reason: 'not-selected', retryAt: null }) as const,
      ),
    ],
  }
}

async function readLastSeen(
  did: Did,
  peers: readonly Peer[],
  { federatedAgents }: SearchParts['deps'],
): Promise<ReadonlyMap<PeerId, PeerAnswer>> {
  const byId = new Map(peers.map((peer) => [peer.id, peer]))
  const rows = await federatedAgents.findByDid(did)
  const answers = rows.flatMap((row): [PeerId, PeerAnswer][] => {
    const peer = byId.get(row.peerId)
    const seen = peer === undefined ? undefined : readSeen(row, peer)
    if (seen === undefined) return []
    const rest = { statistics: null, hasMore: false, nextCursor: null, droppedRecords: 0 }
    return [[row.peerId, { agents: [seen.agent], ...rest, fetchedAt: seen.seenAt }]]
  })
  return new Map(answers)
}
