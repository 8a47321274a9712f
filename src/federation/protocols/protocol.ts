/** What the fan-out needs of a peer, whatever API the peer speaks. One file beside this one for each API. */
import type { Agent } from '../../domain/agent.ts'
import type { AgentFilter, FailureReason, SearchStatistics } from '../../domain/discovery.ts'
import type { Peer, PeerCredentials } from '../../domain/peer.ts'
import type { Clock } from '../../domain/ports.ts'
import type { StopSignal } from '../../domain/stop.ts'
import type { TraceId } from '../../domain/trace-context.ts'
import type { ScorableRecord } from '../../search/score.ts'
import type { Outbound } from '../../security/outbound.ts'
import type { RecordMemory } from '../record-memory.ts'

/** Whose eyes the answer is for: `public` for anonymous users, `federated` for holders of our keys. */
export type ScopeClass = 'public' | 'federated'

/** One question to one peer, as `normalizeRequest` writes it. */
export type PeerRequest = {
  readonly search: string | null
  readonly filter: AgentFilter
  readonly limit: number
  readonly visibility: ScopeClass
  /** `nextCursor` of the page before; `null` asks for the first. */
  readonly cursor: string | null
  /** The DID of the one record that is asked for, whatever else is said: its page has it or is empty. */
  readonly reference: string | null
}

/** What a protocol works with while it asks. */
export type ProtocolContext = {
  readonly outbound: Pick<Outbound, 'request'>
  readonly credentials: PeerCredentials
  readonly clock: Clock
  /** Our own public URL, by which the peer knows us. */
  readonly publicUrl: string
  /** Of our own making, for this question alone. */
  readonly traceId: TraceId
  /** Time left when asking; `signal` fires at its end. */
  readonly deadlineMs: number
  readonly signal: StopSignal
}

export type ReceivedAgent = {
  readonly agent: Agent
  /** The searched text as received, where cleaning changed it. */
  readonly received: ScorableRecord | null
}

export type ProtocolFailure = {
  readonly kind: 'failed'
  readonly reason: FailureReason
  /** A sentence for the person who asked, without secrets. */
  readonly error: string
  /** Asking once more may help at once: no connection came about, or a gateway had nobody behind it. */
  readonly mayRetry?: boolean
  /** How long the peer wants to be left alone. */
  readonly retryAfterMs?: number
}

/** What came over the network in answer to a search: unread, so that it can be kept and read again. */
export type Received =
  | { readonly kind: 'received'; readonly body: Uint8Array; readonly etag: string | null }
  /** The page with the tag that was sent along is still the answer (RFC 9110, section 15.4.5). */
  | { readonly kind: 'not-modified' }
  | ProtocolFailure

/** One page of records that passed the schema, or why there is none. */
export type ProtocolResult =
  | {
      readonly kind: 'answered'
      readonly records: readonly ReceivedAgent[]
      readonly statistics: SearchStatistics | null
      readonly hasMore: boolean
      /** `null` at the end, and where the peer does not say how to go on. */
      readonly nextCursor: string | null
      readonly droppedRecords: number
    }
  | ProtocolFailure

/** What a look at a peer's health found. */
export type ProbeResult =
  | {
      readonly kind: 'answered'
      readonly responseTimeMs: number
      /** `null` when the peer does not say. */
      readonly agentCount: number | null
      /** Their clock minus ours, to the second; `null` without a `Date` header. */
      readonly clockSkewSeconds: number | null
    }
  | (ProtocolFailure & { readonly responseTimeMs: number | null; readonly clockSkewSeconds: number | null })

export type PeerChange = {
  readonly id: string
  readonly did: string
  readonly op: 'upsert' | 'delete'
}

/** What came of asking for changes since a position. */
export type PeerChanges =
  | {
      readonly kind: 'changes'
      /** In order; the last of each record only. */
      readonly changes: readonly PeerChange[]
      readonly next: number
      readonly epoch: string
      readonly hasMore: boolean
    }
  /** The position is too old: forget what is kept, and go on from here. */
  | { readonly kind: 'restart'; readonly next: number; readonly epoch: string }
  /** The peer tells no changes. */
  | { readonly kind: 'unsupported' }
  | ProtocolFailure

/** The API of a kind of peer. No method rejects for what the peer or the network does. */
export interface PeerProtocol {
  /** What `peer.protocol` says. */
  readonly name: string
  /** Raised when answers are read differently, so that cached ones are not reused. */
  readonly version: number
  /** @param knownEtag of the page at hand, which need not come again if it has not changed. */
  search(
    peer: Peer,
    request: PeerRequest,
    context: ProtocolContext & { readonly knownEtag: string | null },
  ): Promise<Received>
  /** Reads what `search` received, now or some time ago. Asks nobody, and never throws. */
  read(
    body: Uint8Array,
    peer: Peer,
    options: { readonly request: PeerRequest; readonly records: RecordMemory },
  ): ProtocolResult
  probe(peer: Peer, context: ProtocolContext): Promise<ProbeResult>
  /** @param since `next` of the answer before; `null` asks where the changes stand now, and for none of them. */
  changes(peer: Peer, since: number | null, context: ProtocolContext): Promise<PeerChanges>
}
