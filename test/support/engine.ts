/** The federation engine over stores in memory, for tests that need no database. */
import assert from 'node:assert/strict'
import type { PeerOutcome } from '../../src/domain/discovery.ts'
import type { Peer } from '../../src/domain/peer.ts'
import type { Clock } from '../../src/domain/ports.ts'
import type { StopSignal } from '../../src/domain/stop.ts'
import type { DiscoveryDeps } from '../../src/federation/discover.ts'
import { createEngine, type EngineDeps, type FederationEngine } from '../../src/federation/engine.ts'
import { type FanOutOptions, fanOut } from '../../src/federation/fan-out.ts'
import type { PeerProtocol, PeerRequest, ProtocolResult } from '../../src/federation/protocols/protocol.ts'
import { createQueryKeys } from '../../src/federation/query-key.ts'
import type { PeerAsk } from '../../src/federation/query-peer.ts'
import { createBlockWatch } from '../../src/moderation/block-watch.ts'
import { createCursorSealer } from '../../src/security/cursor-seal.ts'
import { createKeyRing } from '../../src/security/key-ring.ts'
import { createMemoryResultCache } from '../../src/storage/cache/memory.ts'
import { createEventLog, makeAgent, clock as systemClock } from './federation.ts'

export const NOTHING_SEEN: EngineDeps['lastSeen'] = {
  recall: () => undefined,
  isLoaded: () => true,
  load: async () => {},
}

type Change = Partial<Omit<EngineDeps, 'settings'>> & { readonly settings?: Partial<EngineDeps['settings']> }

export function engineDeps(change: Change = {}): EngineDeps {
  const { settings, ...rest } = change
  const clock: Clock = change.clock ?? systemClock
  return {
    outbound: { request: () => Promise.reject(new Error('no network here')) },
    getCredentials: async () => ({ apiKey: 'key', signingSecret: null }),
    cache: createMemoryResultCache({ maxBytes: 1_000_000, clock }),
    ...{ sharedCache: null, lastSeen: NOTHING_SEEN, onAnswer: () => {}, clock, random: () => 0.5 },
    events: createEventLog(),
    settings: {
      ...{ publicUrl: 'https://us.example', cacheTtlSeconds: 300, queryTimeoutMs: 5_000 },
      ...{ outboundRatePerMinute: 1_000, ...settings },
    },
    ...rest,
  }
}

export function createTestEngine(change: Change = {}): FederationEngine {
  return createEngine(engineDeps(change))
}

export type TestAsk = Partial<Pick<PeerAsk, 'maxAgeSeconds' | 'forceRefresh'>> & {
  readonly request: PeerRequest
  readonly deadlineMs?: number
  readonly signal?: AbortSignal
  readonly clock?: Clock
  readonly events?: FanOutOptions['events']
}

/** Asks one peer as a search of its own does. */
export async function askOne(engine: FederationEngine, peer: Peer, ask: TestAsk): Promise<PeerOutcome> {
  const { request, deadlineMs = 1_000, signal = new AbortController().signal } = ask
  const [outcome] = await fanOut([{ peer, deadlineMs, isLive: true }], {
    querier: engine.querier,
    clock: ask.clock ?? systemClock,
    askOf: () => ({
      ...{ request, keyOf: createQueryKeys(request) },
      ...{ maxAgeSeconds: ask.maxAgeSeconds ?? null, forceRefresh: ask.forceRefresh ?? false },
    }),
    signal,
    events: ask.events ?? { peerOutcome: () => {} },
  })
  return outcome ?? assert.fail('a peer has no outcome')
}

/** What a scripted peer does when it is asked. */
export type Script = (asked: {
  readonly peer: Peer
  readonly knownEtag: string | null
  readonly signal: StopSignal
}) => Promise<ProtocolResult | 'not-modified'>

/** A protocol that answers as told, without a network. */
export function scripted(script: Script, etag: string | null = null): Pick<EngineDeps, 'findProtocol'> {
  const results = new WeakMap<Uint8Array, ProtocolResult>()
  const protocol: PeerProtocol = {
    ...{ name: 'scripted', version: 1 },
    async search(peer, _request, { knownEtag, signal }) {
      const result = await script({ peer, knownEtag, signal })
      if (result === 'not-modified') return { kind: 'not-modified' }
      if (result.kind === 'failed') return result
      const body = new Uint8Array(0)
      results.set(body, result)
      return { kind: 'received', body, etag }
    },
    read: (body) => results.get(body) ?? assert.fail('nothing was received'),
    probe: () => Promise.reject(new Error('not probed here')),
    changes: () => Promise.reject(new Error('not asked for changes here')),
  }
  return { findProtocol: () => protocol }
}

export function page(...ids: readonly string[]): ProtocolResult {
  const records = ids.map((id) => ({ agent: makeAgent(id), received: null }))
  return { kind: 'answered', records, statistics: null, hasMore: false, nextCursor: null, droppedRecords: 0 }
}

/** Lets what has been resolved run on, and what has come be read. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
}

/** What a discovery needs beyond the engine, in memory. */
export function walkDeps(): Pick<DiscoveryDeps, 'blocks' | 'cursors' | 'snapshots' | 'federatedAgents'> & {
  readonly kept: Map<string, unknown>
} {
  const kept = new Map<string, { readonly state: unknown; readonly expiresAt: number }>()
  return {
    kept,
    blocks: createBlockWatch(async () => []),
    federatedAgents: { findByDid: async () => [] },
    cursors: createCursorSealer(createKeyRing().deriveKeys('cursor')),
    snapshots: {
      async put({ id, state, expiresAt }) {
        kept.set(id, { state: JSON.parse(JSON.stringify(state)), expiresAt })
      },
      find: async (id) => kept.get(id),
    },
  }
}
