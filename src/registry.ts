/**
 * Composition root: puts one registry together from its configuration. The only file that picks adapters.
 */
import { readFileSync } from 'node:fs'
import { v7 as uuidv7 } from 'uuid'
import { type AuditKeeper, createAuditKeeper } from './audit/audit-keeper.ts'
import { bootstrapAdmin, openKeyRing, saveKeyRing } from './bootstrap.ts'
import { mintDid } from './cards/did.ts'
import { createRecordMask, MASK_RULE, recordMask } from './cards/shared-record.ts'
import { SYSTEM_CLOCK } from './clock.ts'
import type { Config, LoadedConfig } from './config.ts'
import type { MessageSigner, PeerId } from './domain/peer.ts'
import type { Clock, PeerStore, Storage } from './domain/ports.ts'
import { createMetrics, type Metrics } from './events/metrics.ts'
import { renderMetrics } from './events/render-metrics.ts'
import { openTracing, type Tracing } from './events/tracing.ts'
import { createEvents, createLog, type Events } from './events.ts'
import { createFederation, type Federation } from './federation/federation.ts'
import type { Uptimes } from './federation/uptimes.ts'
import { findFreePort } from './free-port.ts'
import type { HttpDeps } from './http/deps.ts'
import { createServer } from './http/server.ts'
import { listJobs } from './jobs/jobs.ts'
import { listPurges, listSweeps } from './jobs/retention.ts'
import { createScheduler, type Scheduler } from './jobs/scheduler.ts'
import { createLogOutput, type LogOutput } from './log-output.ts'
import { createMemoryKeeper, tuneCollector } from './memory.ts'
import { createBlockWatch } from './moderation/block-watch.ts'
import { BUILT_PAGES, openPageFolder } from './page-folder.ts'
import { parseNetworks } from './security/addresses.ts'
import { createCursorSealer } from './security/cursor-seal.ts'
import { mintKeyPair } from './security/ed25519-key.ts'
import { createIdentity } from './security/identity.ts'
import type { KeyRing } from './security/key-ring.ts'
import { createOutbound, type Outbound } from './security/outbound.ts'
import { checkPeerAddress } from './security/peer-address.ts'
import { createPeerTlsDirectory } from './security/peer-tls-directory.ts'
import { createSealedCache } from './security/sealed-cache.ts'
import { createSecretBox } from './security/secret-box.ts'
import { createTlsKeeper, type TlsKeeper } from './security/tls-keeper.ts'
import { createMemoryResultCache } from './storage/cache/memory.ts'
import { openStorage } from './storage/database.ts'
import { openSharedStore, type SharedStore } from './storage/redis/shared-store.ts'
import { applyTrustedPeers } from './trusted-peers.ts'
import { readVersion } from './version.ts'

export type RegistryOverrides = {
  /** Mint the DIDs of all records anew when the public URL has changed. */
  readonly isRebasing?: boolean
  /** Shows the first admin key to the person at the terminal; without it the key goes to a file. */
  readonly showAdminKey?: (key: string) => void
  readonly clock?: Clock
  /** Where the built pages are, if not where they are built to. */
  readonly pagesFolder?: string
}

export interface Registry extends AsyncDisposable {
  /** What the operator should know of this start. */
  readonly notices: readonly string[]
  /** The address peers use: with port 0 in the settings, the port is known after `listen`. */
  readonly publicUrl: string
  /** Looks at the TLS files now; they are looked at every few seconds in any case. */
  reloadTls(): void
  /** Begins to answer, and to watch the peers. @throws the system's error when the port cannot be had. */
  listen(): Promise<{ readonly url: string }>
}

/** 64 MiB of peers' answers: some 400 pages of records that no other page holds, or thousands that share theirs. */
const RESULT_CACHE_BYTES = 64 * 1024 * 1024
/** The most that `FEDERATION_QUERY_TIMEOUT` and a peer's `timeout_ms` may say. */
const LONGEST_PEER_TIMEOUT_MS = 60_000

/**
 * Opens the database, makes what a first start needs and builds the server; `listen` starts it.
 * @throws StorageError or KeyRingError with a sentence for the operator.
 */
export async function createRegistry(
  loaded: LoadedConfig,
  overrides: RegistryOverrides = {},
): Promise<Registry> {
  tuneCollector()
  const config = await withPort(loaded.config)
  const clock = overrides.clock ?? SYSTEM_CLOCK
  const metrics = createMetrics()
  const logOutput = createLogOutput()
  const tracing = await openTracing(config.tracing, {
    ...{ version: readVersion(), clock },
    collectorChanged: (state) => events.collectorChanged(state),
  })
  const log = createLog(config.logLevel, logOutput)
  const events = createEvents(log, metrics.events, tracing?.events)
  const opened = await openKeyRing(config)
  const storage = await openStorage(config.databaseUrl, {
    secretBox: createSecretBox(opened.ring),
    clock,
    publicUrl: config.publicUrl,
    didOf: (id) => mintDid(config.publicUrl, id),
    asShared: createRecordMask(config.publicUrl),
    mask: recordMask(config.publicUrl),
    maskRule: MASK_RULE,
    isRebasing: overrides.isRebasing ?? false,
    onConnectionLost: (error) => events.fault(error, 'an idle database connection'),
  })
  let sharing: SharedStore | null = null
  try {
    await saveKeyRing(opened, storage)
    await storage.secrets.checkRing()
    await storage.identity.ensureFirst(mintKeyPair())
    const notices = [
      ...loaded.warnings,
      await bootstrapAdmin(config, storage, overrides.showAdminKey ?? null),
      ...(await applyTrustedPeers(config.federation.trustedPeers, storage.peers)),
    ].filter((notice) => notice !== null)
    const { ring } = opened
    sharing = await openSharing(config, { ring, clock, events })
    const { pagesFolder = BUILT_PAGES } = overrides
    const made = { clock, logOutput, events, metrics, tracing, storage, sharing, ring, notices, pagesFolder }
    return assemble({ config, loaded, ...made })
  } catch (error) {
    await sharing?.[Symbol.asyncDispose]()
    await storage[Symbol.asyncDispose]()
    logOutput[Symbol.dispose]()
    throw error
  }
}

/** What replicas share, its values sealed; null when no Redis is configured. */
async function openSharing(
  { redisUrl, publicUrl }: Config,
  { ring, clock, events }: { readonly ring: KeyRing; readonly clock: Clock; readonly events: Events },
): Promise<SharedStore | null> {
  if (redisUrl === null) return null
  // Another registry may use the same Redis; replicas of one have the same public URL.
  const prefix = `agentvault:${publicUrl}:`
  const store = await openSharedStore(redisUrl, { prefix, clock, random: Math.random, events })
  const cache = createSealedCache(store.cache, {
    keys: ring.deriveKeys('shared-cache'),
    onCorrupt: () => events.sharingFailed('get', 'corrupt', new Error('A value does not verify.')),
  })
  return { ...store, cache }
}

type Parts = {
  readonly config: Config
  readonly loaded: LoadedConfig
  readonly clock: Clock
  readonly logOutput: LogOutput
  readonly events: Events
  readonly metrics: Metrics
  readonly tracing: Tracing | null
  readonly storage: Storage
  readonly sharing: SharedStore | null
  readonly ring: KeyRing
  readonly notices: readonly string[]
  readonly pagesFolder: string
}

function assemble(parts: Parts): Registry {
  const { config, clock, events, storage, sharing, notices } = parts
  const peerNetworks = parseNetworks(config.peerNetworks)
  const outbound = createOutbound({
    ...{ peerNetworks, cardNetworks: parseNetworks(config.cardNetworks) },
    ceilingMs: LONGEST_PEER_TIMEOUT_MS,
    tlsFor: (origin) => peerTls.tlsFor(origin),
  })
  const peerTls = createPeerTlsDirectory({
    peers: storage.peers,
    forget: (origin) => outbound.forget(origin),
    onFault: events.fault,
  })
  const cursors = createCursorSealer(parts.ring.deriveKeys('cursor'))
  const identity = createIdentity({
    origin: config.publicUrl,
    store: storage.identity,
    now: () => clock.now(),
  })
  const blocks = createBlockWatch(() => storage.blocks.listRefs())
  const federation = assembleFederation(parts, {
    blocks,
    outbound,
    cursors,
    identity,
  })
  const { discovery, healthMonitor, keyWatch, queryLogWriter, uptimes, forgetPeer } = federation
  const memory = createMemoryKeeper()
  const { audit, queryLog } = storage
  const auditKeeper = createAuditKeeper({
    ...{ audit, queryLog, identity, clock, events },
    registryUrl: config.publicUrl,
  })
  const scheduler = assembleScheduler(parts, { healthMonitor, keyWatch, auditKeeper })
  const tls = openTls(config, events)
  const server = createServer({
    ...{ config, storage, discovery, healthMonitor, keyWatch, queryLogWriter, uptimes, forgetPeer },
    ...{ clock, events, cursors, identity, auditKeeper, blocks, tls },
    self: { url: config.publicUrl, name: config.name },
    version: readVersion(),
    metrics: assembleMetrics(parts, uptimes),
    replicaFigures: { since: clock.now(), of: parts.metrics.figuresOf },
    heavyWorkEnded: memory.heavyWorkEnded,
    refreshPeerTls: () => peerTls.refresh(),
    forgetConnections: (registryUrl) => outbound.forget(new URL(registryUrl).origin),
    checkPeerAddress: (registryUrl) => checkPeerAddress(registryUrl, { peerNetworks }),
    outbound,
    pages: openPageFolder(parts.pagesFolder),
    sharedCounters: sharing?.counters ?? null,
    settings: parts.loaded.settings,
  })

  return {
    notices,
    publicUrl: config.publicUrl,
    reloadTls: () => void tls.reload(),
    async listen() {
      await peerTls.refresh()
      await server.listen({ host: config.host, port: config.port })
      scheduler.start()
      return { url: config.publicUrl }
    },
    async [Symbol.asyncDispose]() {
      memory[Symbol.dispose]()
      tls[Symbol.dispose]()
      // In this order: no new requests, no new jobs, nothing asked of peers, no more to tell, no connections, and last
      // what all need.
      await server.close()
      await scheduler[Symbol.asyncDispose]()
      await federation[Symbol.asyncDispose]()
      await parts.tracing?.[Symbol.asyncDispose]()
      await peerTls[Symbol.asyncDispose]()
      await outbound[Symbol.asyncDispose]()
      await sharing?.[Symbol.asyncDispose]()
      await storage[Symbol.asyncDispose]()
      parts.logOutput[Symbol.dispose]()
    },
  }
}

function openTls({ tlsCertFile, tlsKeyFile, tlsClientCaFile }: Config, events: Events): TlsKeeper {
  const files = { cert: tlsCertFile, key: tlsKeyFile, clientCa: tlsClientCaFile }
  return createTlsKeeper(files, {
    readFile: (path) => readFileSync(path, 'utf8'),
    onReload: events.tlsReloaded,
  })
}

function assembleFederation(
  { config, clock, events, storage, sharing, ring }: Parts,
  {
    outbound,
    cursors,
    identity,
    blocks,
  }: Pick<HttpDeps, 'blocks' | 'cursors' | 'identity'> & { readonly outbound: Outbound },
): Federation {
  const [queryHashKey] = ring.deriveKeys('query-log')
  if (queryHashKey === undefined) throw new Error('the key ring has no key')
  return createFederation({
    stores: { ...storage, peers: withSigner(storage.peers, () => identity.current()) },
    ...{ blocks, outbound, cursors, queryHashKey, clock, random: Math.random, events },
    resultCache: createMemoryResultCache({ maxBytes: RESULT_CACHE_BYTES, clock }),
    sharedCache: sharing?.cache ?? null,
    settings: {
      ...config.federation,
      ...{ publicUrl: config.publicUrl, name: config.name },
      isQueryTextLogged: config.logQueries === 'plain',
    },
  })
}

/** The same peers, asked with the key we sign with. */
function withSigner(peers: PeerStore, signer: () => Promise<MessageSigner>): PeerStore {
  const getCredentials = async (id: PeerId) => ({ ...(await peers.getCredentials(id)), signer })
  return { ...peers, getCredentials }
}

function assembleScheduler(
  { config, clock, storage, events }: Parts,
  {
    healthMonitor,
    keyWatch,
    auditKeeper,
  }: Pick<Federation, 'healthMonitor' | 'keyWatch'> & { readonly auditKeeper: AuditKeeper },
): Scheduler {
  const jobs = listJobs({
    // With federation switched off nobody looks after the peers.
    checkPeers: config.federation.enabled ? (signal) => healthMonitor.probeDue(signal) : async () => {},
    healthCheckIntervalSeconds: config.federation.healthCheckIntervalSeconds,
    keepAudit: () => auditKeeper.keep(),
    watchKeys: config.federation.enabled ? (signal) => keyWatch.watch(signal) : async () => {},
    sweeps: listSweeps(storage, clock),
    purges: listPurges(storage, config, { clock, pruneAudit: (before) => auditKeeper.prune(before) }),
  })
  return createScheduler(jobs, {
    ...{ leases: storage.leases, holder: uuidv7(), clock, random: Math.random },
    onFault: events.fault,
  })
}

function assembleMetrics({ config, events, metrics, storage }: Parts, uptimes: Uptimes) {
  const { enabled } = config.federation
  return {
    contentType: metrics.contentType,
    render: () =>
      renderMetrics({
        metrics,
        // With federation switched off nobody looks after the peers: how they were is no news.
        listPeers: enabled ? () => storage.peers.list() : async () => [],
        readUptimes: enabled ? () => uptimes.lastDay() : async () => new Map(),
        readModeration: () => storage.moderationFigures(),
        connections: () => storage.connections(),
        onFault: events.fault,
      }),
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
