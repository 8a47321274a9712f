/**
 * Facts as figures, in the text form Prometheus reads. The names and labels of the first three federation metrics are
 * those of the design document.
 *
 * Every label comes from a closed set, or is the name of a configured peer: nobody without a key for it can make
 * series grow. What belonged to a peer that was removed or renamed is dropped before the figures are next read.
 */
import { Counter, collectDefaultMetrics, Registry } from 'prom-client'
import type { ReplicaFigures, Uptime } from '../domain/federation-ports.ts'
import type { ModerationFigures } from '../domain/moderation.ts'
import type { Peer, PeerId } from '../domain/peer.ts'
import type { DatabaseConnections } from '../domain/ports.ts'
import type { SharingEvents } from '../domain/sharing.ts'
import type { FederationEvents } from '../federation/federation-events.ts'
import type { HttpEvents, ServedRequest } from '../http/http-events.ts'
import { createDatabaseMetrics } from './database-metrics.ts'
import { createModerationMetrics } from './moderation-metrics.ts'
import { createPeerMetrics } from './peer-metrics.ts'
import { createRefusalMetrics } from './refusal-metrics.ts'
import { createRequestTimes } from './request-times.ts'
import { createSharingMetrics } from './sharing-metrics.ts'

export type CountedEvents = Pick<
  HttpEvents,
  'requestServed' | 'authRefused' | 'rateLimited' | 'quotaExceeded' | 'peersShownAgain'
> &
  Pick<
    FederationEvents,
    | 'peerOutcome'
    | 'peerAsked'
    | 'peerCalledOff'
    | 'breakerChanged'
    | 'healthChanged'
    | 'peerSynced'
    | 'questionsLost'
    | 'recordsLost'
  > &
  SharingEvents

export interface Metrics {
  /** Counts what happens. Never throws. */
  readonly events: CountedEvents
  readonly contentType: string
  /**
   * All figures as of now.
   * @param peers the configured peers; null when they cannot be read, and nothing is told of their health.
   */
  render(peers: readonly Peer[] | null, state?: MeasuredState): Promise<string>
  /** What was counted of a peer since this process was started. */
  figuresOf(peer: Pick<Peer, 'id' | 'name'>): ReplicaFigures
}

/** What is not counted but looked up. */
export type MeasuredState = {
  /** Of the last day; null when they cannot be read. */
  readonly uptimes: ReadonlyMap<PeerId, Uptime> | null
  /** Null where the database needs none. */
  readonly connections: DatabaseConnections | null
  /** Null when they cannot be read. */
  readonly moderation: ModerationFigures | null
}

const NOTHING_MEASURED: MeasuredState = { uptimes: null, connections: null, moderation: null }

/** Metrics with a registry of their own. */
export function createMetrics(): Metrics {
  const register = new Registry()
  const peerMetrics = createPeerMetrics(register)
  const sharing = createSharingMetrics(register)
  const database = createDatabaseMetrics(register)
  const refusals = createRefusalMetrics(register)
  const moderation = createModerationMetrics(register)
  const requestTimes = createRequestTimes()
  const lostQuestions = new Counter({
    name: 'federation_query_log_lost_total',
    help: 'Questions to or from peers that could not be written to the query log.',
    registers: [register],
  })
  const lostRecords = new Counter({
    name: 'federation_last_seen_lost_total',
    help: "Records of peers' answers that could not be kept for when their peer is down.",
    registers: [register],
  })
  let hasDefaults = false

  return {
    contentType: register.contentType,
    events: {
      requestServed: quietly((request) => {
        requestTimes.observe(request)
        if (request.peerName !== null && isQuery(request)) {
          peerMetrics.countInbound(request.peerName, request.bodyBytes)
        }
      }),
      authRefused: quietly(refusals.countAuthRefused),
      rateLimited: quietly(refusals.countLimited),
      quotaExceeded: quietly(({ name }, kind) => peerMetrics.countOverQuota(name, kind)),
      peersShownAgain: quietly(peerMetrics.countShownAgain),
      peerOutcome: quietly(peerMetrics.countOutcome),
      peerAsked: quietly(peerMetrics.observeAsked),
      peerCalledOff: quietly(peerMetrics.countCalledOff),
      breakerChanged: quietly(peerMetrics.noteBreaker),
      healthChanged: quietly(peerMetrics.countHealthChange),
      peerSynced: quietly(peerMetrics.countSync),
      questionsLost: quietly((rows) => lostQuestions.inc(rows)),
      recordsLost: quietly((records) => lostRecords.inc(records)),
      sharingChanged: quietly(sharing.sharingChanged),
      sharingFailed: quietly(sharing.sharingFailed),
    },
    async render(peers, { uptimes, connections, moderation: figures } = NOTHING_MEASURED) {
      // Watching the event loop and the garbage collector costs a little: only where somebody looks.
      if (!hasDefaults) collectDefaultMetrics({ register })
      hasDefaults = true
      peerMetrics.refresh(peers, uptimes)
      moderation.refresh(figures)
      if (connections !== null) database.refresh(connections)
      return `${await register.metrics()}\n${requestTimes.render()}`
    },
    figuresOf: peerMetrics.figuresOf,
  }
}

function isQuery({ route }: ServedRequest): boolean {
  return route?.startsWith('/api/v1/agents') ?? false
}

/** Telemetry may be lost, and costs no request its answer. */
function quietly<A extends readonly unknown[]>(count: (...fact: A) => void): (...fact: A) => void {
  return (...fact) => {
    try {
      count(...fact)
    } catch {
      // A figure is missing; whoever reads the log has the fact.
    }
  }
}
