/** Peers, records and stores for tests of federation. Peers are real servers on loopback. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Agent, AgentId, Did, OwnAgent, OwnerId } from '../../src/domain/agent.ts'
import { NO_FILTER, type SearchStatistics } from '../../src/domain/discovery.ts'
import type { Peer, PeerId } from '../../src/domain/peer.ts'
import type { AgentIndex, AgentStore, Clock } from '../../src/domain/ports.ts'
import type { FederationEvents } from '../../src/federation/federation-events.ts'
import { UNKNOWN_HEALTH } from '../../src/federation/health.ts'
import type { PeerRequest } from '../../src/federation/protocols/protocol.ts'
import { scorable } from '../../src/federation/record-facts.ts'
import type { Synced } from '../../src/federation/sync-peer.ts'
import { countStatistics, rankAll } from '../../src/search/exact-search.ts'
import { scoreTerms } from '../../src/search/score.ts'
import { parseQuery } from '../../src/search/tokenize.ts'
import { parseNetworks } from '../../src/security/addresses.ts'
import { createOutbound, type Outbound } from '../../src/security/outbound.ts'
import { agentToWire, type WireAgent } from '../../src/wire/agent.ts'
import { statisticsToWire } from '../../src/wire/search-stats.ts'
import { AWAKE_CLOCK, createManualClock as createClock, type ManualClock } from './clocks.ts'

export const NOW: number = Date.parse('2026-11-23T12:00:00Z')

export const clock: Clock = AWAKE_CLOCK

/** A clock that moves when told. */
export function createManualClock(): ManualClock {
  return createClock(NOW, 1_000)
}

export function openLoopback(): Outbound {
  return createOutbound({ peerNetworks: parseNetworks(['127.0.0.0/8']) })
}

export type TestServer = AsyncDisposable & { readonly url: string; readonly requests: IncomingMessage[] }

export async function serve(listener: RequestListener): Promise<TestServer> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    listener(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

export function makePeer(registryUrl: string, overrides: Partial<Peer> = {}): Peer {
  const name = overrides.name ?? registryUrl
  return {
    ...{ name, registryUrl, isActive: true, isInboundActive: false, protocol: 'agentvault', timeoutMs: null },
    ...{ publicKey: null, signatureTarget: 'path-and-query', requireSignature: null, priority: 0 },
    ...{
      hasApiKey: true,
      hasSigningSecret: false,
      sharePolicy: null,
      quota: null,
      isSizeConfirmed: false,
      ...{ awaitsConfirmation: false, requireMtls: false, clientPins: [], serverPins: [] },
      ...{ serverCa: null, clientCertificate: null },
      metadata: {},
      epoch: 0,
      health: UNKNOWN_HEALTH,
    },
    ...{ lastSyncAt: null, staleBefore: null, createdAt: NOW, updatedAt: NOW },
    ...{ previousPublicKey: null, offeredKey: null, signatureScheme: 'hmac-sha256' },
    sync: { position: null, epoch: null },
    id: `peer-${name}` as PeerId,
    ...overrides,
  }
}

/** What a search asks of a peer, where a test needs no other. */
export const SEARCH_REQUEST: PeerRequest = {
  search: 'translate',
  filter: NO_FILTER,
  limit: 50,
  visibility: 'federated',
  cursor: null,
  reference: null,
}

export function makeAgent(id: string, overrides: Partial<Agent> = {}): Agent {
  return {
    ...{ claimedDid: null, description: '', agentType: 'a2a', version: null, status: 'active' },
    ...{ statusMessage: null, successorDid: null, visibility: 'public', tags: [], skills: [], endpoints: [] },
    ...{ provider: null, authSchemes: [], shareCard: false, cardFormat: null },
    ...{ createdAt: NOW - 86_400_000, updatedAt: NOW - 86_400_000 },
    id: id as AgentId,
    did: `did:web:a.example:agents:${id}` as Did,
    name: id,
    ...overrides,
  }
}

/** A record as the registry at `url` sends it. */
export function wireAgent(url: string, id: string, overrides: Partial<Agent> = {}): WireAgent {
  const did =
    `did:web:${encodeURIComponent(new URL(url).host.replace('127.0.0.1', 'localhost'))}:agents:${id}` as Did
  return agentToWire(makeAgent(id, { did, ...overrides }), { url, name: 'whatever' })
}

/** What a registry with exactly these records says of a search. */
export function statisticsOf(agents: readonly Agent[], search: string): SearchStatistics {
  const records = agents.map((agent) => ({ did: agent.did, impacts: scoreTerms(scorable(agent)) }))
  return { ...countStatistics(records, parseQuery(search)), isEstimated: false }
}

/** A well-behaved registry with a few records. */
export function answerWith(
  agents: readonly Agent[],
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const url = `http://${request.headers.host ?? ''}`
    const search = new URL(request.url ?? '', url).searchParams.get('search')
    sendJson(response, {
      agents: agents.map((agent) => ({ ...wireAgent(url, agent.id, agent), did: undefined })),
      next_cursor: null,
      ...(search !== null && { search_stats: statisticsToWire(statisticsOf(agents, search)) }),
    })
  }
}

/** Our own records, searched by the rule itself. */
export function createTestStore(agents: readonly Agent[]): {
  index: AgentIndex
  agents: Pick<AgentStore, 'list' | 'lastRevision' | 'count'>
} {
  const own = agents.map(ownAgent)
  return {
    index: {
      search: async (search, _scope, { limit }) => {
        const query = parseQuery(search)
        const records = own.map((agent) => ({ did: agent.did, impacts: scoreTerms(scorable(agent)) }))
        const statistics = countStatistics(records, query)
        const matches = rankAll(records, query, statistics, limit).flatMap(({ did, score }) =>
          own.filter((agent) => agent.did === did).map((agent) => ({ agent, score })),
        )
        return { matches, statistics: { ...statistics, isEstimated: false }, hasMore: false, revision: 1 }
      },
    },
    agents: {
      list: async (_filter, _scope, { limit }) => own.slice(0, limit),
      lastRevision: async () => 1,
      count: async () => own.length,
    },
  }
}

function ownAgent(agent: Agent): OwnAgent {
  const own = {
    ownerId: 'owner' as OwnerId,
    cardSha256: null,
    explicitFields: [],
    revision: 1,
    withheld: null,
  }
  return { ...agent, ...own }
}

/** Collects what happened. */
export function createEventLog(): FederationEvents & {
  readonly faults: unknown[]
  readonly asked: { readonly peerId: PeerId; readonly kind: string }[]
  /** Kinds of what came of peers in searches. */
  readonly outcomes: readonly string[]
  /** Peers that were asked what nobody wanted to know any more. */
  readonly calledOff: readonly PeerId[]
  readonly breakers: readonly string[]
  readonly healthChanges: readonly string[]
  readonly syncs: readonly Synced[]
  readonly lostRecords: readonly number[]
} {
  const faults: unknown[] = []
  const asked: { peerId: PeerId; kind: string }[] = []
  const outcomes: string[] = []
  const calledOff: PeerId[] = []
  const breakers: string[] = []
  const healthChanges: string[] = []
  const syncs: Synced[] = []
  const lostRecords: number[] = []
  return {
    faults,
    asked,
    breakers,
    breakerChanged: (_, state) => breakers.push(state),
    outcomes,
    peerOutcome: (_, outcome) => outcomes.push(outcome.kind),
    calledOff,
    peerCalledOff: ({ id }) => calledOff.push(id),
    healthChanges,
    healthChanged: (_, { before, health }) => healthChanges.push(`${before} → ${health.status}`),
    syncs,
    peerSynced: (_, synced) => syncs.push(synced),
    keyOffered: () => {},
    questionsLost: () => {},
    lostRecords,
    recordsLost: (records) => lostRecords.push(records),
    peerAsked: (peer, result) => asked.push({ peerId: peer.id, kind: result.kind }),
    fault: (error) => faults.push(error),
  }
}
