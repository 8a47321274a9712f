/** Looks after the peers: probes them, takes in what searches saw, brings copies up to date, and keeps the result. */
import type { HealthHistory } from '../domain/federation-ports.ts'
import type { Peer, PeerHealth } from '../domain/peer.ts'
import type { Clock, PeerStore } from '../domain/ports.ts'
import { mintTraceId } from '../domain/trace-context.ts'
import type { Outbound } from '../security/outbound.ts'
import type { CallResult } from './call-peer.ts'
import type { FederationEvents } from './federation-events.ts'
import { isDue, isUp, nextHealth, type Observation } from './health.ts'
import { describeOwnFault } from './own-fault.ts'
import { findProtocol } from './protocols/index.ts'
import type { PeerProtocol, ProbeResult, ProtocolContext } from './protocols/protocol.ts'
import { type SyncDeps, syncPeer, voidCopies } from './sync-peer.ts'
import { LATE, waitAtMost } from './wait-at-most.ts'

export type HealthMonitorDeps = {
  readonly peers: Pick<PeerStore, 'list' | 'getCredentials' | 'recordHealth'> & SyncDeps['peers']
  readonly history: Pick<HealthHistory, 'record'>
  readonly copies: SyncDeps['copies']
  readonly onVoided: SyncDeps['onVoided']
  readonly outbound: Pick<Outbound, 'request'>
  readonly clock: Clock
  readonly events: Pick<FederationEvents, 'fault' | 'healthChanged' | 'peerSynced'>
  readonly publicUrl: string
  readonly intervalSeconds: number
  readonly threshold: number
  /** What reading a peer's changes may take at one check. */
  readonly syncTimeoutMs?: number
  readonly findProtocol?: (name: string) => PeerProtocol | undefined
}

export type Checked = { readonly probe: ProbeResult; readonly health: PeerHealth }

export interface HealthMonitor {
  /** Probes one peer now and records what was found. @throws when it cannot be recorded. */
  probeOnce(
    peer: Peer,
    options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal },
  ): Promise<Checked>
  /** Probes all active peers whose turn it is; a peer that is well is asked for its changes, too. Never rejects. */
  probeDue(signal: AbortSignal): Promise<void>
  /** Takes in what a search saw when it asked a peer over the network. Never rejects. */
  observe(peer: Peer, result: CallResult): Promise<void>
}

const PROBE_TIMEOUT_MS = 5_000
const SYNC_TIMEOUT_MS = 5_000
const CONCURRENT_PROBES = 16

export function createHealthMonitor(deps: HealthMonitorDeps): HealthMonitor {
  return new Monitor(deps)
}

class Monitor implements HealthMonitor {
  readonly #deps: HealthMonitorDeps

  constructor(deps: HealthMonitorDeps) {
    this.#deps = deps
  }

  async probeDue(signal: AbortSignal): Promise<void> {
    const { peers, events, clock, intervalSeconds, threshold } = this.#deps
    try {
      const active = (await peers.list()).filter((peer) => peer.isActive)
      const rule = { intervalMs: intervalSeconds * 1000, threshold }
      // Asked when its turn comes: a round may take long, and the one before may have come late to this peer as well.
      const waiting = active.values().filter(({ health }) => isDue(health, { ...rule, now: clock.now() }))
      await Promise.all(Array.from({ length: CONCURRENT_PROBES }, () => this.#checkEach(waiting, signal)))
    } catch (error) {
      events.fault(error, 'checking the health of peers')
    }
  }

  /** Takes peers from the shared iterator until none is left. */
  async #checkEach(waiting: Iterator<Peer> & Iterable<Peer>, signal: AbortSignal): Promise<void> {
    for (const peer of waiting) {
      if (signal.aborted) return
      try {
        const { probe } = await this.probeOnce(peer, { signal })
        if (signal.aborted) return
        if (probe.kind === 'answered') await this.#sync(peer, signal)
        // Who no longer knows us no longer shares with us.
        else if (probe.reason === 'refused') await voidCopies(peer, this.#deps)
      } catch (error) {
        this.#deps.events.fault(error, 'checking the health of a peer')
      }
    }
  }

  async probeOnce(
    peer: Peer,
    {
      timeoutMs = PROBE_TIMEOUT_MS,
      signal = new AbortController().signal,
    }: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<Checked> {
    const { history, clock } = this.#deps
    const probe = await this.#probe(peer, timeoutMs, signal)
    // A probe cut short by our own end says nothing about the peer.
    if (signal.aborted) return { probe, health: peer.health }
    const next = (before: PeerHealth): PeerHealth => this.#next(before, { by: 'probe', probe })
    const health = (await this.#record(peer, next)) ?? next(peer.health)
    const { status, responseTimeMs, error } = health
    // Who asks us to slow down is neither better nor worse for it.
    const hasPassed = probe.kind === 'answered' || (probe.reason === 'rate-limited' && isUp(status))
    const at = clock.now()
    await history.record({ peerId: peer.id, at, status, isUp: hasPassed, responseTimeMs, error })
    return { probe, health }
  }

  async observe(peer: Peer, result: CallResult): Promise<void> {
    const failure = result.kind === 'failed' ? result : null
    const next = (before: PeerHealth): PeerHealth => {
      const after = this.#next(before, { by: 'search', failure })
      return isWorthRecording(before, after, this.#deps.threshold) ? after : before
    }
    if (next(peer.health) === peer.health) return
    try {
      await this.#record(peer, next)
    } catch (error) {
      this.#deps.events.fault(error, 'recording the health of a peer')
    }
  }

  async #probe(peer: Peer, timeoutMs: number, signal: AbortSignal): Promise<ProbeResult> {
    const probing = (protocol: PeerProtocol, context: ProtocolContext) => protocol.probe(peer, context)
    try {
      const probe = await this.#talk(peer, { timeoutMs, signal, talk: probing })
      if (probe === null) {
        return unmeasured('blocked', `This registry does not speak the protocol "${peer.protocol}".`)
      }
      return probe === LATE ? unmeasured('timeout', `no answer within ${timeoutMs} ms`) : probe
    } catch (error) {
      this.#deps.events.fault(error, 'checking the health of a peer')
      return unmeasured('blocked', describeOwnFault(error).error)
    }
  }

  async #sync(peer: Peer, signal: AbortSignal): Promise<void> {
    const { peers, copies, clock, onVoided, events, syncTimeoutMs: timeoutMs = SYNC_TIMEOUT_MS } = this.#deps
    const syncing = (protocol: PeerProtocol, context: ProtocolContext) =>
      syncPeer(peer, { protocol, context }, { peers, copies, clock, onVoided })
    const synced = await this.#talk(peer, { timeoutMs, signal, talk: syncing })
    // Cut short by our own end, it says nothing about the peer.
    if (synced === null || signal.aborted) return
    const late = { kind: 'failed', reason: 'timeout', error: `not all read within ${timeoutMs} ms` } as const
    events.peerSynced(peer, synced === LATE ? late : synced)
  }

  /** Null when we do not speak the peer's protocol. @throws for faults of our own. */
  async #talk<T>(
    peer: Peer,
    {
      timeoutMs,
      signal,
      talk,
    }: {
      readonly timeoutMs: number
      readonly signal: AbortSignal
      readonly talk: (protocol: PeerProtocol, context: ProtocolContext) => Promise<T>
    },
  ): Promise<T | typeof LATE | null> {
    const { peers, outbound, clock, publicUrl } = this.#deps
    const protocol = (this.#deps.findProtocol ?? findProtocol)(peer.protocol)
    if (protocol === undefined) return null
    const gaveUp = new AbortController()
    const talking = async (): Promise<T> => {
      const credentials = await peers.getCredentials(peer.id)
      const both = AbortSignal.any([gaveUp.signal, signal])
      const us = { outbound, credentials, clock, publicUrl, traceId: mintTraceId() }
      return talk(protocol, { ...us, deadlineMs: timeoutMs, signal: both })
    }
    try {
      return await waitAtMost(talking(), timeoutMs, signal)
    } finally {
      gaveUp.abort()
    }
  }

  #next(before: PeerHealth, seen: Observation): PeerHealth {
    const { clock, threshold } = this.#deps
    return nextHealth(before, seen, { threshold, now: clock.now() })
  }

  /**
   * The row may be newer than the peer at hand: all replicas count in it, and whoever changes the status tells of it.
   * Undefined for a peer that is gone.
   */
  async #record(peer: Peer, next: (before: PeerHealth) => PeerHealth): Promise<PeerHealth | undefined> {
    const { peers, events } = this.#deps
    const recorded = await peers.recordHealth(peer.id, next)
    if (recorded === undefined) return undefined
    const { before, after: health } = recorded
    if (before.status !== health.status) events.healthChanged(peer, { before: before.status, health })
    return health
  }
}

/** Searches are many: what changes no status, and no count that leads to one, is not written for each. */
function isWorthRecording(before: PeerHealth, after: PeerHealth, threshold: number): boolean {
  if (before.status !== after.status) return true
  return after.consecutiveFailures !== before.consecutiveFailures && after.consecutiveFailures <= threshold
}

function unmeasured(reason: 'timeout' | 'blocked', error: string): ProbeResult {
  return { kind: 'failed', reason, error, responseTimeMs: null, clockSkewSeconds: null }
}
