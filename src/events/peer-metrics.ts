/** Figures of each configured peer, by its name. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { PeerOutcome, PeerRow } from '../domain/discovery.ts'
import type { ReplicaFigures, Uptime } from '../domain/federation-ports.ts'
import type { Peer, PeerHealth, PeerHealthStatus, PeerId } from '../domain/peer.ts'
import type { QuotaKind } from '../domain/peer-quota.ts'
import type { BreakerState } from '../federation/breaker.ts'
import type { CallResult } from '../federation/call-peer.ts'
import type { AskedPeer } from '../federation/federation-events.ts'
import type { Synced } from '../federation/sync-peer.ts'
import type { PeersShown } from '../http/answer-uses.ts'
import { remembered } from './remembered.ts'
import { Tally } from './tally.ts'

export interface PeerMetrics {
  countOutcome(peer: Peer, outcome: PeerOutcome): void
  /** Counts what came of these peers, for so many searches more. */
  countShownAgain(shown: PeersShown, times: number): void
  observeAsked(peer: Peer, result: CallResult, asked: AskedPeer): void
  /** Counts what came of a request before it was ended here, which says nothing else of the peer. */
  countCalledOff(peer: Peer, asked: AskedPeer): void
  noteBreaker(peerId: PeerId, state: BreakerState): void
  countHealthChange(peer: Peer, change: { readonly health: PeerHealth }): void
  countSync(peer: Peer, synced: Synced): void
  /** Counts one query that a peer sent us. */
  countInbound(peerName: string, bytes: number): void
  /** Counts one query that was refused for the day. */
  countOverQuota(peerName: string, kind: QuotaKind): void
  /** What was counted of a peer since this process was started. */
  figuresOf(peer: Pick<Peer, 'id' | 'name'>): ReplicaFigures
  /**
   * Brings all figures up to date, with the health and uptime of these peers, and drops what is told of any other.
   * @param peers null when they are not known just now.
   * @param uptimes null when they are not known just now.
   */
  refresh(peers: readonly Peer[] | null, uptimes: ReadonlyMap<PeerId, Uptime> | null): void
}

/** The series of one peer, each made once and kept: looking one up is then a look into a map. */
type Series = {
  readonly durations: Map<string, Histogram.Internal<'peer_name' | 'status'>>
  readonly outcomes: Map<string, Tally>
  readonly hits: Tally
  readonly misses: Tally
  readonly discovered: Tally
  readonly inbound: Tally
  readonly bytesIn: Tally
  readonly bytesOut: Tally
  readonly healthChanges: Map<string, Counter.Internal>
  readonly syncs: Map<string, Counter.Internal>
  readonly overQuota: Map<string, Counter.Internal>
}

const QUERY_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10, 30]

export function createPeerMetrics(register: Registry): PeerMetrics {
  const all = defineMetrics(register)
  const known = new Map<string, Series>()
  const breakers = new Map<PeerId, BreakerState>()

  const seriesOf = (name: string): Series =>
    remembered(known, name, () => {
      const labels = { peer_name: name }
      return {
        durations: new Map(),
        outcomes: new Map(),
        hits: new Tally(all.hits.labels(labels)),
        misses: new Tally(all.misses.labels(labels)),
        discovered: new Tally(all.discovered.labels(labels)),
        inbound: new Tally(all.inbound.labels(labels)),
        bytesIn: new Tally(all.bytes.labels({ ...labels, direction: 'in' })),
        bytesOut: new Tally(all.bytes.labels({ ...labels, direction: 'out' })),
        healthChanges: new Map(),
        syncs: new Map(),
        overQuota: new Map(),
      }
    })

  const drop = (name: string, { durations, outcomes, healthChanges, syncs, overQuota }: Series): void => {
    for (const quota of overQuota.keys()) all.overQuota.remove({ peer_name: name, quota })
    for (const status of healthChanges.keys()) all.healthChanges.remove({ peer_name: name, status })
    for (const result of syncs.keys()) all.syncs.remove({ peer_name: name, result })
    for (const direction of ['in', 'out']) all.bytes.remove({ peer_name: name, direction })
    for (const status of durations.keys()) all.durations.remove({ peer_name: name, status })
    for (const outcome of outcomes.keys()) all.outcomes.remove({ peer_name: name, outcome })
    for (const counter of [all.hits, all.misses, all.discovered, all.inbound]) {
      counter.remove({ peer_name: name })
    }
    known.delete(name)
  }

  const count = (
    name: string,
    {
      label,
      cache,
      times,
    }: { readonly label: string; readonly cache: PeerRow['cache']; readonly times: number },
  ): void => {
    const series = seriesOf(name)
    const tally = remembered(
      series.outcomes,
      label,
      () => new Tally(all.outcomes.labels({ peer_name: name, outcome: label })),
    )
    tally.add(times)
    if (label === 'skipped') return
    if (label === 'answered' && cache !== 'miss') series.hits.add(times)
    else series.misses.add(times)
  }

  return {
    countOutcome({ name }, outcome) {
      const label = outcome.kind === 'failed' ? outcome.reason : outcome.kind
      const cache = outcome.kind === 'answered' ? outcome.cache : null
      count(name, { label, cache, times: 1 })
    },
    countShownAgain(shown, times) {
      for (const { outcome: label, cache, names } of shown) {
        for (const name of names) count(name, { label, cache, times })
      }
    },
    observeAsked({ name }, result, { durationMs, bodyBytes }) {
      const series = seriesOf(name)
      const status = result.kind === 'failed' ? result.reason : result.kind
      remembered(series.durations, status, () => all.durations.labels({ peer_name: name, status })).observe(
        durationMs / 1000,
      )
      series.bytesIn.add(bodyBytes)
      if (result.kind === 'answered') series.discovered.add(result.answer.agents.length)
    },
    countCalledOff({ name }, { bodyBytes }) {
      seriesOf(name).bytesIn.add(bodyBytes)
    },
    noteBreaker: (peerId, state) => breakers.set(peerId, state),
    countHealthChange({ name }, { health }) {
      const { healthChanges } = seriesOf(name)
      remembered(healthChanges, health.status, () =>
        all.healthChanges.labels({ peer_name: name, status: health.status }),
      ).inc()
    },
    countSync({ name }, synced) {
      const { syncs } = seriesOf(name)
      remembered(syncs, synced.kind, () => all.syncs.labels({ peer_name: name, result: synced.kind })).inc()
    },
    countInbound(peerName, bytes) {
      const series = seriesOf(peerName)
      series.inbound.add()
      series.bytesOut.add(bytes)
    },
    countOverQuota(name, quota) {
      const { overQuota } = seriesOf(name)
      remembered(overQuota, quota, () => all.overQuota.labels({ peer_name: name, quota })).inc()
    },
    figuresOf({ id, name }) {
      const series = known.get(name)
      return {
        breaker: breakers.get(id) ?? 'closed',
        cacheHits: series?.hits.total ?? 0,
        cacheMisses: series?.misses.total ?? 0,
        bytesIn: series?.bytesIn.total ?? 0,
        bytesOut: series?.bytesOut.total ?? 0,
      }
    },
    refresh(peers, uptimes) {
      for (const series of known.values()) tell(series)
      all.health.reset()
      all.uptime.reset()
      all.breaker.reset()
      if (peers === null) return
      const names = new Set(peers.map(({ name }) => name))
      for (const [name, series] of known) {
        if (!names.has(name)) drop(name, series)
      }
      // Peers that are switched off are not looked at: how they were is no news of how they are.
      for (const { id, name, health } of peers.filter(({ isActive }) => isActive)) {
        const value = healthValue(health.status)
        if (value !== null) all.health.set({ peer_name: name }, value)
        const uptime = uptimes?.get(id)
        if (uptime !== undefined) all.uptime.set({ peer_name: name }, uptime.share)
      }
      const ids = new Map(peers.map(({ id, name }) => [id, name]))
      for (const [id, state] of breakers) {
        const name = ids.get(id)
        if (name === undefined) breakers.delete(id)
        else
          for (const one of BREAKER_STATES)
            all.breaker.set({ peer_name: name, state: one }, one === state ? 1 : 0)
      }
    },
  }
}

function tell({ hits, misses, discovered, inbound, bytesIn, bytesOut, outcomes }: Series): void {
  for (const tally of [hits, misses, discovered, inbound, bytesIn, bytesOut, ...outcomes.values()])
    tally.tell()
}

function defineMetrics(register: Registry) {
  const registers = [register]
  const counter = <L extends string>(name: string, help: string, labelNames: L[]): Counter<L> =>
    new Counter({ name, help, labelNames, registers })
  return {
    durations: new Histogram({
      name: 'federation_query_duration_seconds',
      help: 'Time spent on one request to a peer over the network; the status is answered, unchanged, or why it failed.',
      labelNames: ['peer_name', 'status'],
      buckets: QUERY_BUCKETS,
      registers,
    }),
    health: new Gauge({
      name: 'federation_peer_health',
      help: 'Health of a peer: 1 healthy or degraded, 0 otherwise; absent while unknown and for disabled peers.',
      labelNames: ['peer_name'],
      registers,
    }),
    uptime: new Gauge({
      name: 'federation_peer_uptime_ratio',
      help: 'Share of the last 24 hours in which a peer answered its checks as it should.',
      labelNames: ['peer_name'],
      registers,
    }),
    breaker: new Gauge({
      name: 'federation_breaker_state',
      help: 'Whether a peer is asked: 1 for its state, closed, open (left alone after failures) or half-open (being tried).',
      labelNames: ['peer_name', 'state'],
      registers,
    }),
    hits: counter('federation_cache_hits_total', 'Searches answered for a peer from the cache.', [
      'peer_name',
    ]),
    misses: counter('federation_cache_misses_total', 'Searches the cache had no answer of a peer for.', [
      'peer_name',
    ]),
    outcomes: counter('federation_outcomes_total', 'What came of a peer in a search.', [
      'peer_name',
      'outcome',
    ]),
    discovered: counter('federation_agents_discovered_total', 'Records received in answers of a peer.', [
      'peer_name',
    ]),
    bytes: counter(
      'federation_bytes_total',
      'Bytes of answers: in, received from the peer, whatever they were good for; out, sent to it.',
      ['peer_name', 'direction'],
    ),
    healthChanges: counter(
      'federation_peer_health_changes_total',
      'How often a peer came to have a status.',
      ['peer_name', 'status'],
    ),
    syncs: counter(
      'federation_peer_syncs_total',
      "Readings of a peer's changes: synced, failed, or unsupported by the peer.",
      ['peer_name', 'result'],
    ),
    inbound: counter('federation_inbound_queries_total', 'Queries received from a peer.', ['peer_name']),
    overQuota: counter(
      'federation_quota_exceeded_total',
      'Queries of a peer refused because its quota of the day was used up.',
      ['peer_name', 'quota'],
    ),
  }
}

const BREAKER_STATES: readonly BreakerState[] = ['closed', 'open', 'half-open']

/** Null while nothing is known. */
function healthValue(status: PeerHealthStatus): 0 | 1 | null {
  if (status === 'unknown') return null
  return status === 'healthy' || status === 'degraded' ? 1 : 0
}
