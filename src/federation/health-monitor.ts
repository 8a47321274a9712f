/** Looks after the peers: probes them at intervals, takes in what searches saw, and keeps the result. */
import type { Peer, PeerHealth, PeerId } from '../domain/peer.ts'
import type { Clock, PeerStore } from '../domain/ports.ts'
import type { Outbound } from '../security/outbound.ts'
import type { CallResult } from './call-peer.ts'
import type { FederationEvents } from './federation-events.ts'
import { nextHealth, type Observation } from './health.ts'
import { findProtocol } from './protocols/index.ts'
import type { PeerProtocol, ProbeResult } from './protocols/protocol.ts'
import { LATE, waitAtMost } from './wait-at-most.ts'

export type HealthMonitorDeps = {
  readonly peers: Pick<PeerStore, 'list' | 'getCredentials' | 'recordHealth'>
  readonly outbound: Pick<Outbound, 'request'>
  readonly clock: Clock
  readonly events: Pick<FederationEvents, 'fault'>
  readonly publicUrl: string
  readonly intervalSeconds: number
  readonly threshold: number
  /** Between 0 and 1, for the jitter. */
  readonly random: () => number
  readonly findProtocol?: (name: string) => PeerProtocol | undefined
}

export type Checked = { readonly probe: ProbeResult; readonly health: PeerHealth }

/** Dispose it to end its rounds; a round under way is cut short. */
export interface HealthMonitor extends AsyncDisposable {
  /** Begins with a round at once, then one an interval. A round begins only when the one before has ended. */
  start(): void
  /** Probes one peer now and records what was found. @throws when it cannot be recorded. */
  probeOnce(peer: Peer, timeoutMs?: number): Promise<Checked>
  /** Probes all active peers. Never rejects. */
  probeAll(): Promise<void>
  /** Takes in what a search saw when it asked a peer over the network. Never rejects. */
  observe(peer: Peer, result: CallResult): Promise<void>
}

const PROBE_TIMEOUT_MS = 5_000
const CONCURRENT_PROBES = 16
const JITTER = 0.1 // so that replicas and registries do not probe in step

export function createHealthMonitor(deps: HealthMonitorDeps): HealthMonitor {
  return new Monitor(deps)
}

class Monitor implements HealthMonitor {
  readonly #deps: HealthMonitorDeps
  /** What is known beyond the rows callers hold, which may be older. */
  readonly #latest = new Map<PeerId, PeerHealth>()
  readonly #stopped = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> | undefined

  constructor(deps: HealthMonitorDeps) {
    this.#deps = deps
  }

  start(): void {
    if (this.#round === undefined) this.#round = this.#runRound()
  }

  async #runRound(): Promise<void> {
    await this.probeAll()
    if (this.#stopped.signal.aborted) return
    const { intervalSeconds, random } = this.#deps
    const delayMs = intervalSeconds * 1000 * (1 + JITTER * (2 * random() - 1))
    this.#timer = setTimeout(() => {
      this.#round = this.#runRound()
    }, delayMs)
    this.#timer.unref()
  }

  async probeAll(): Promise<void> {
    const { peers, events } = this.#deps
    try {
      const active = (await peers.list()).filter((peer) => peer.isActive)
      this.#forgetAllBut(active)
      const waiting = active.values()
      await Promise.all(Array.from({ length: CONCURRENT_PROBES }, () => this.#probeEach(waiting)))
    } catch (error) {
      events.fault(error, 'checking the health of peers')
    }
  }

  /** Takes peers from the shared iterator until none is left. */
  async #probeEach(waiting: Iterator<Peer> & Iterable<Peer>): Promise<void> {
    for (const peer of waiting) {
      if (this.#stopped.signal.aborted) return
      try {
        await this.probeOnce(peer)
      } catch (error) {
        this.#deps.events.fault(error, 'checking the health of a peer')
      }
    }
  }

  async probeOnce(peer: Peer, timeoutMs: number = PROBE_TIMEOUT_MS): Promise<Checked> {
    const probe = await this.#probe(peer, timeoutMs)
    // A probe cut short by our own end says nothing about the peer.
    if (this.#stopped.signal.aborted) return { probe, health: this.#healthOf(peer) }
    const health = this.#advance(peer, { by: 'probe', probe })
    await this.#deps.peers.recordHealth(peer.id, health)
    return { probe, health }
  }

  async observe(peer: Peer, result: CallResult): Promise<void> {
    const before = this.#healthOf(peer)
    const failure = result.kind === 'failed' ? result : null
    const after = this.#advance(peer, { by: 'search', failure })
    if (!isWorthRecording(before, after, this.#deps.threshold)) return
    try {
      await this.#deps.peers.recordHealth(peer.id, after)
    } catch (error) {
      this.#deps.events.fault(error, 'recording the health of a peer')
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort()
    clearTimeout(this.#timer)
    await this.#round
  }

  async #probe(peer: Peer, timeoutMs: number): Promise<ProbeResult> {
    const { peers, outbound, clock, publicUrl, events } = this.#deps
    const protocol = (this.#deps.findProtocol ?? findProtocol)(peer.protocol)
    if (protocol === undefined) {
      return unmeasured('blocked', `This registry does not speak the protocol "${peer.protocol}".`)
    }
    const gaveUp = new AbortController()
    const signal = AbortSignal.any([gaveUp.signal, this.#stopped.signal])
    const probing = async (): Promise<ProbeResult> => {
      const credentials = await peers.getCredentials(peer.id)
      return protocol.probe(peer, { outbound, credentials, clock, publicUrl, deadlineMs: timeoutMs, signal })
    }
    try {
      const probe = await waitAtMost(probing(), timeoutMs, this.#stopped.signal)
      return probe === LATE ? unmeasured('timeout', `no answer within ${timeoutMs} ms`) : probe
    } catch (error) {
      events.fault(error, 'checking the health of a peer')
      return unmeasured('blocked', 'The peer could not be asked because of a fault on our side.')
    } finally {
      gaveUp.abort()
    }
  }

  #healthOf(peer: Peer): PeerHealth {
    return this.#latest.get(peer.id) ?? peer.health
  }

  #advance(peer: Peer, seen: Observation): PeerHealth {
    const { clock, threshold } = this.#deps
    const health = nextHealth(this.#healthOf(peer), seen, { threshold, now: clock.now() })
    this.#latest.set(peer.id, health)
    return health
  }

  #forgetAllBut(active: readonly Peer[]): void {
    const ids = new Set(active.map((peer) => peer.id))
    for (const id of this.#latest.keys()) {
      if (!ids.has(id)) this.#latest.delete(id)
    }
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
