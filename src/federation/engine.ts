/** What all searches of one process share: what is kept of answers, what is known of peers, and who is being asked. */
import type { PeerAnswer } from '../domain/discovery.ts'
import type { Peer, PeerCredentials, PeerId } from '../domain/peer.ts'
import type { Clock, ResultCache } from '../domain/ports.ts'
import type { SharedCache } from '../domain/sharing.ts'
import type { Outbound } from '../security/outbound.ts'
import type { FederationEvents } from './federation-events.ts'
import type { LastSeen } from './last-seen.ts'
import { createOutboundRate } from './outbound-rate.ts'
import { createPeerStates } from './peer-states.ts'
import type { PeerExperience } from './plan.ts'
import type { PeerProtocol } from './protocols/protocol.ts'
import { createPeerQuerier, type PeerQuerier } from './query-peer.ts'
import { createReadingQueue } from './reading-queue.ts'
import { createRecordFacts, type RecordFacts } from './record-facts.ts'
import { createRecordMemory } from './record-memory.ts'
import { createRetryBudget } from './retry-budget.ts'
import { createSharedAnswers } from './shared-answers.ts'
import { createSlots } from './slots.ts'

export type EngineDeps = {
  readonly outbound: Pick<Outbound, 'request'>
  readonly getCredentials: (id: PeerId) => Promise<PeerCredentials>
  readonly cache: ResultCache
  /** Of all replicas; null where there is one alone. */
  readonly sharedCache: SharedCache | null
  readonly lastSeen: LastSeen
  readonly onAnswer: (peer: Peer, answer: PeerAnswer) => void
  readonly clock: Clock
  /** Between 0 and 1, for jitter. */
  readonly random: () => number
  readonly events: FederationEvents
  readonly settings: {
    readonly publicUrl: string
    readonly cacheTtlSeconds: number
    readonly queryTimeoutMs: number
    readonly outboundRatePerMinute: number
  }
  /** Where what is worked out of records is kept; a place of its own by default. */
  readonly facts?: RecordFacts
  /** Finds what a peer speaks; the built-in protocols by default. */
  readonly findProtocol?: (name: string) => PeerProtocol | undefined
}

export interface FederationEngine {
  readonly querier: PeerQuerier
  readonly facts: RecordFacts
  /** What is known of these peers, who count as all there are from now on. */
  experience(peers: readonly Peer[]): PeerExperience
}

/** Some 12,000 records of usual size. */
const RECORD_MEMORY_BYTES = 48 * 1024 * 1024
/**
 * Requests under way: a peer that hangs holds 8 connections, and a search asks a thousand peers without one of them
 * waiting for another. Pages of 25 KB are 25 MB then; it takes 128 peers that conspire to make them 4 MiB each.
 */
const SLOTS = { perPeer: 8, overall: 1_024 }

export function createEngine(deps: EngineDeps): FederationEngine {
  const { clock, random, events, settings, sharedCache, facts = createRecordFacts(), ...rest } = deps
  const records = createRecordMemory(RECORD_MEMORY_BYTES)
  const states = createPeerStates({ clock, random, onBreakerChange: events.breakerChanged })
  const querier = createPeerQuerier({
    ...rest,
    ...settings,
    ...{ clock, events, facts, records, states },
    sharedAnswers: sharedCache === null ? null : createSharedAnswers(sharedCache, { facts, records }),
    slots: createSlots(SLOTS),
    retries: createRetryBudget(clock.monotonic),
    reading: createReadingQueue(clock),
    rate: createOutboundRate(settings.outboundRatePerMinute, clock),
  })
  return {
    querier,
    facts,
    experience(peers) {
      states.retain(peers)
      return {
        usualMs: states.usualMs,
        fleetMedianMs: states.fleetMedianMs,
        isLeftAlone: (peer) => states.of(peer).breaker.state !== 'closed',
      }
    },
  }
}
