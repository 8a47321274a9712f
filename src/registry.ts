/**
 * Composition root: puts one registry together from its configuration. The only file that picks adapters.
 */
import { createServer as createNetServer } from 'node:net'
import { bootstrapAdmin, openKeyRing, saveKeyRing } from './bootstrap.ts'
import { mintDid } from './cards/did.ts'
import { SYSTEM_CLOCK } from './clock.ts'
import type { Config, LoadedConfig } from './config.ts'
import type { Clock, ResultCache, Storage } from './domain/ports.ts'
import { createMetrics, type Metrics } from './events/metrics.ts'
import { renderMetrics } from './events/render-metrics.ts'
import { createEvents, createLog, type Events } from './events.ts'
import { createDiscovery } from './federation/discover.ts'
import { createHealthMonitor, type HealthMonitor } from './federation/health-monitor.ts'
import { createServer } from './http/server.ts'
import { createLogOutput, type LogOutput } from './log-output.ts'
import { createMemoryKeeper } from './memory.ts'
import { parseNetworks } from './security/addresses.ts'
import { createCursorSealer } from './security/cursor-seal.ts'
import type { KeyRing } from './security/key-ring.ts'
import { createOutbound, type Outbound } from './security/outbound.ts'
import { checkPeerAddress } from './security/peer-address.ts'
import { createSecretBox } from './security/secret-box.ts'
import { createMemoryResultCache } from './storage/cache/memory.ts'
import { openStorage } from './storage/database.ts'
import { applyTrustedPeers } from './trusted-peers.ts'
import { readVersion } from './version.ts'

export type RegistryOverrides = {
  /** Mint the DIDs of all records anew when the public URL has changed. */
  readonly isRebasing?: boolean
  /** Shows the first admin key to the person at the terminal; without it the key goes to a file. */
  readonly showAdminKey?: (key: string) => void
  readonly clock?: Clock
}

export interface Registry extends AsyncDisposable {
  /** What the operator should know of this start. */
  readonly notices: readonly string[]
  /** The address peers use: with port 0 in the settings, the port is known after `listen`. */
  readonly publicUrl: string
  /** Begins to answer, and to watch the peers. @throws the system's error when the port cannot be had. */
  listen(): Promise<{ readonly url: string }>
}

/** 32 MiB of peers' answers: some 1,000 pages of 50 records. */
const RESULT_CACHE_BYTES = 32 * 1024 * 1024
const PURGE_INTERVAL_MS = 3_600_000
const DAY_MS = 86_400_000

/**
 * Opens the database, makes what a first start needs and builds the server; `listen` starts it.
 * @throws StorageError or KeyRingError with a sentence for the operator.
 */
export async function createRegistry(
  loaded: LoadedConfig,
  overrides: RegistryOverrides = {},
): Promise<Registry> {
  const config = await withPort(loaded.config)
  const clock = overrides.clock ?? SYSTEM_CLOCK
  const metrics = createMetrics()
  const logOutput = createLogOutput()
  const events = createEvents(createLog(config.logLevel, logOutput), metrics.events)
  const opened = await openKeyRing(config)
  const storage = await openStorage(config.databaseUrl, {
    secretBox: createSecretBox(opened.ring),
    clock,
    publicUrl: config.publicUrl,
    didOf: (id) => mintDid(config.publicUrl, id),
    isRebasing: overrides.isRebasing ?? false,
    onConnectionLost: (error) => events.fault(error, 'an idle database connection'),
  })
  try {
    await saveKeyRing(opened, storage)
    const notices = [
      ...loaded.warnings,
      await bootstrapAdmin(config, storage, overrides.showAdminKey ?? null),
      ...(await applyTrustedPeers(config.federation.trustedPeers, storage.peers)),
    ].filter((notice) => notice !== null)
    return assemble({
      config,
      loaded,
      clock,
      logOutput,
      events,
      metrics,
      storage,
      ring: opened.ring,
      notices,
    })
  } catch (error) {
    await storage[Symbol.asyncDispose]()
    logOutput[Symbol.dispose]()
    throw error
  }
}

type Parts = {
  readonly config: Config
  readonly loaded: LoadedConfig
  readonly clock: Clock
  readonly logOutput: LogOutput
  readonly events: Events
  readonly metrics: Metrics
  readonly storage: Storage
  readonly ring: KeyRing
  readonly notices: readonly string[]
}

function assemble(parts: Parts): Registry {
  const { config, clock, events, storage, notices } = parts
  const peerNetworks = parseNetworks(config.peerNetworks)
  const outbound = createOutbound({ peerNetworks })
  const resultCache = createMemoryResultCache({ maxBytes: RESULT_CACHE_BYTES, clock })
  const healthMonitor = createHealthMonitor({
    ...{ peers: storage.peers, outbound, clock, events, random: Math.random },
    publicUrl: config.publicUrl,
    intervalSeconds: config.federation.healthCheckIntervalSeconds,
    threshold: config.federation.unhealthyThreshold,
  })
  const memory = createMemoryKeeper()
  const server = createServer({
    ...{ config, storage, healthMonitor, resultCache, clock, events },
    self: { url: config.publicUrl, name: config.name },
    version: readVersion(),
    discovery: assembleDiscovery(parts, { outbound, resultCache, healthMonitor }),
    metrics: assembleMetrics(parts),
    heavyWorkEnded: memory.heavyWorkEnded,
    forgetConnections: (registryUrl) => outbound.forget(new URL(registryUrl).origin),
    checkPeerAddress: (registryUrl) => checkPeerAddress(registryUrl, { peerNetworks }),
    cursors: createCursorSealer(parts.ring.deriveKeys('cursor')),
    settings: parts.loaded.settings,
  })
  const purge = setInterval(() => void purgeTombstones(parts), PURGE_INTERVAL_MS)
  purge.unref()

  return {
    notices,
    publicUrl: config.publicUrl,
    async listen() {
      await server.listen({ host: config.host, port: config.port })
      if (config.federation.enabled) healthMonitor.start()
      return { url: config.publicUrl }
    },
    async [Symbol.asyncDispose]() {
      clearInterval(purge)
      memory[Symbol.dispose]()
      // In this order: no new requests, no new probes, no connections, and last what all of them need.
      await server.close()
      await healthMonitor[Symbol.asyncDispose]()
      await outbound[Symbol.asyncDispose]()
      await storage[Symbol.asyncDispose]()
      parts.logOutput[Symbol.dispose]()
    },
  }
}

function assembleDiscovery(
  { config, clock, events, storage }: Parts,
  {
    outbound,
    resultCache,
    healthMonitor,
  }: {
    readonly outbound: Outbound
    readonly resultCache: ResultCache
    readonly healthMonitor: HealthMonitor
  },
) {
  return createDiscovery({
    index: storage.index,
    agents: storage.agents,
    listPeers: () => storage.peers.list(),
    getCredentials: (id) => storage.peers.getCredentials(id),
    ...{ outbound, cache: resultCache, clock },
    settings: { ...config.federation, publicUrl: config.publicUrl, name: config.name },
    events: {
      peerOutcome: events.peerOutcome,
      fault: events.fault,
      peerAsked(peer, result, durationMs) {
        events.peerAsked(peer, result, durationMs)
        void healthMonitor.observe(peer, result)
      },
    },
  })
}

function assembleMetrics({ config, events, metrics, storage }: Parts) {
  // With federation switched off nobody looks after the peers: how they were is no news.
  const listPeers = config.federation.enabled ? () => storage.peers.list() : async () => []
  return {
    contentType: metrics.contentType,
    render: () => renderMetrics({ metrics, listPeers, onFault: events.fault }),
  }
}

async function purgeTombstones({ config, clock, storage, events }: Parts): Promise<void> {
  try {
    await storage.purgeTombstones(clock.now() - config.tombstoneDays * DAY_MS)
  } catch (error) {
    events.fault(error, 'removing old tombstones')
  }
}

/**
 * With port 0 and no public URL, a free port is chosen before anything else: records' DIDs hold it. Between the
 * choice and `listen` another process could take it; then the start fails with the port's number.
 */
async function withPort(config: Config): Promise<Config> {
  if (config.port !== 0) return config
  const port = await findFreePort(config.host)
  return { ...config, port, publicUrl: config.publicUrl.replace(/:0(?=$|\/)/, `:${port}`) }
}

function findFreePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createNetServer()
    probe.once('error', reject)
    probe.listen({ host, port: 0 }, () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
