/** Puts together what federates: searches, health, copies of peers' records and the log of questions. */
import {
  CALLED_OFF_OUTCOME,
  type FederatedAgentStore,
  type HealthHistory,
  type QueryLog,
  type SnapshotStore,
} from '../domain/federation-ports.ts'
import type { Peer, PeerId } from '../domain/peer.ts'
import type { AgentIndex, AgentStore, Clock, PeerStore, ResultCache } from '../domain/ports.ts'
import type { SharedCache } from '../domain/sharing.ts'
import type { BlockWatch } from '../moderation/block-watch.ts'
import type { CursorSealer } from '../security/cursor-seal.ts'
import type { DerivedKey } from '../security/key-ring.ts'
import type { Outbound } from '../security/outbound.ts'
import type { CallResult } from './call-peer.ts'
import { createDiscovery, type Discovery, type DiscoverySettings } from './discover.ts'
import type { AskedPeer, FederationEvents } from './federation-events.ts'
import { createHealthMonitor, type HealthMonitor } from './health-monitor.ts'
import { createKeyWatch, type KeyWatch } from './key-watch.ts'
import { createLastSeen } from './last-seen.ts'
import type { PeerRequest } from './protocols/protocol.ts'
import { createQueryLogWriter, type LoggedQuestion, type QueryLogWriter } from './query-log-writer.ts'
import { createRecordFacts } from './record-facts.ts'
import { createUptimes, type Uptimes } from './uptimes.ts'

export type FederationDeps = {
  readonly stores: {
    readonly index: AgentIndex
    readonly agents: AgentStore
    readonly peers: PeerStore
    readonly federatedAgents: FederatedAgentStore
    readonly healthChecks: HealthHistory
    readonly queryLog: QueryLog
    readonly snapshots: SnapshotStore
  }
  readonly blocks: BlockWatch
  readonly outbound: Pick<Outbound, 'request'>
  readonly resultCache: ResultCache
  /** Null where there is one replica alone. */
  readonly sharedCache: SharedCache | null
  readonly cursors: CursorSealer
  readonly queryHashKey: DerivedKey
  readonly clock: Clock
  readonly random: () => number
  readonly events: FederationEvents
  readonly settings: DiscoverySettings & {
    readonly healthCheckIntervalSeconds: number
    readonly unhealthyThreshold: number
    readonly isQueryTextLogged: boolean
  }
}

/** Dispose it after the last search, before what it was made of: it ends its requests and writes what waits for it. */
export interface Federation extends AsyncDisposable {
  readonly discovery: Discovery
  readonly healthMonitor: HealthMonitor
  readonly keyWatch: KeyWatch
  readonly queryLogWriter: Pick<QueryLogWriter, 'add'>
  readonly uptimes: Uptimes
  /** Forgets what this process keeps of a peer that was changed or removed. */
  forgetPeer(id: PeerId): void
}

export function createFederation(deps: FederationDeps): Federation {
  const { stores, outbound, resultCache, clock, random, events, settings } = deps
  const facts = createRecordFacts()
  const lastSeen = createLastSeen({ store: stores.federatedAgents, clock, events, facts })
  const queryLogWriter = createQueryLogWriter({
    ...{ log: stores.queryLog, clock, hashKey: deps.queryHashKey },
    isPlain: settings.isQueryTextLogged,
    onLost: events.questionsLost,
  })
  const forgetPeer = (id: PeerId): void => {
    resultCache.forgetPeer(id)
    lastSeen.forget(id)
  }
  const healthMonitor = createHealthMonitor({
    ...{ peers: stores.peers, history: stores.healthChecks, copies: stores.federatedAgents },
    ...{ outbound, clock, events, publicUrl: settings.publicUrl },
    onVoided: ({ id }) => forgetPeer(id),
    intervalSeconds: settings.healthCheckIntervalSeconds,
    threshold: settings.unhealthyThreshold,
  })
  const keyWatch = createKeyWatch({ peers: stores.peers, outbound, clock, events })
  const uptimes = createUptimes({
    ...{ history: stores.healthChecks, clock },
    intervalSeconds: settings.healthCheckIntervalSeconds,
  })
  const discovery = createDiscovery({
    ...{ index: stores.index, agents: stores.agents, federatedAgents: stores.federatedAgents },
    ...{ snapshots: stores.snapshots, cursors: deps.cursors, outbound, clock, random, settings },
    ...{ listPeers: () => stores.peers.list(), blocks: deps.blocks },
    getCredentials: (id) => stores.peers.getCredentials(id),
    ...{ cache: resultCache, sharedCache: deps.sharedCache, lastSeen, facts },
    onAnswer: (peer, answer) => lastSeen.remember(peer, answer),
    events: {
      ...events,
      peerAsked(peer, result, asked) {
        events.peerAsked(peer, result, asked)
        void healthMonitor.observe(peer, result)
        logQuestion(queryLogWriter, peer, result, asked)
      },
      peerCalledOff(peer, asked) {
        events.peerCalledOff(peer, asked)
        // It has the question all the same.
        logQuestion(queryLogWriter, peer, null, asked)
      },
    },
  })
  return {
    ...{ discovery, healthMonitor, keyWatch, queryLogWriter, uptimes, forgetPeer },
    async [Symbol.asyncDispose]() {
      await discovery[Symbol.asyncDispose]()
      await lastSeen[Symbol.asyncDispose]()
      await queryLogWriter[Symbol.asyncDispose]()
    },
  }
}

/** @param result null for a question that was called off. */
function logQuestion(
  writer: QueryLogWriter,
  peer: Peer,
  result: CallResult | null,
  { request, durationMs }: AskedPeer,
): void {
  writer.add(
    {
      direction: 'outbound',
      ...{ peerId: peer.id, peerName: peer.name },
      outcome: outcomeOf(result),
      responseTimeMs: Math.round(durationMs),
      results: result?.kind === 'answered' ? result.answer.agents.length : null,
      ...{ cache: null, requestId: null },
    },
    writeQuestion(request),
  )
}

function outcomeOf(result: CallResult | null): string {
  if (result === null) return CALLED_OFF_OUTCOME
  return result.kind === 'failed' ? result.reason : result.kind
}

/** All peers are asked the same: written once. */
const writtenQuestions = new WeakMap<PeerRequest, LoggedQuestion>()

function writeQuestion(request: PeerRequest): LoggedQuestion {
  const known = writtenQuestions.get(request)
  if (known !== undefined) return known
  const { search, ...conditions } = request
  const question = { search, conditions: JSON.stringify(conditions) }
  writtenQuestions.set(request, question)
  return question
}
