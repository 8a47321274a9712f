/** Opens the database a URL names, brings its tables up to date and gives the stores over it. */
import type { AgentId, Did } from '../domain/agent.ts'
import type { AsShared, Clock, Storage } from '../domain/ports.ts'
import type { SecretBox } from '../domain/secrets.ts'
import { StorageError } from '../domain/storage-error.ts'
import { createAgentIndex } from './agent-search.ts'
import { type AgentWriter, createAgentWriter } from './agent-writer.ts'
import { createAgentStore } from './agents.ts'
import { createAuditLog } from './audit-log.ts'
import { createBlockStore } from './blocks.ts'
import { cacheBlocks } from './cache/blocks.ts'
import { cachePeers } from './cache/peers.ts'
import type { Engine } from './engine.ts'
import { createFederatedAgentStore } from './federated-agents.ts'
import { createHealthHistory } from './health-history.ts'
import { createIdentityStore } from './identity-keys.ts'
import { createInviteStore } from './invites.ts'
import { createKeyStore } from './keys.ts'
import { createLeaseStore } from './leases.ts'
import { maskIndex } from './mask-index.ts'
import { migrate } from './migrate.ts'
import { createModerationStore } from './moderation.ts'
import { readModerationFigures } from './moderation-figures.ts'
import { createNonceStore } from './nonces.ts'
import { createPeerUsages } from './peer-usage.ts'
import { createPeerViews } from './peer-views.ts'
import { createPeerStore } from './peers.ts'
import { checkPublicUrl } from './public-url.ts'
import { createQueryLog } from './query-log.ts'
import { createReportStore } from './reports.ts'
import { createSecretStore } from './secrets.ts'
import { createSessionStore } from './sessions.ts'
import { createSnapshotStore } from './snapshots.ts'
import { openSqliteEngine } from './sqlite/engine.ts'
import { createTokenStore } from './tokens.ts'
import { purgeTombstones } from './tombstones.ts'

export type OpenOptions = {
  readonly secretBox: SecretBox
  readonly clock: Clock
  /** This registry's public URL: records' DIDs hold it, so it may not change unnoticed. */
  readonly publicUrl: string
  readonly didOf: (id: AgentId) => Did
  /** How records are told to those outside, and by which text they are found. */
  readonly asShared: AsShared
  /** The same without a memory, for records that are being written. */
  readonly mask: AsShared
  /** Another name when it masks otherwise: records are then indexed anew. */
  readonly maskRule: string
  /** Mint the DIDs of all records anew when the public URL has changed. */
  readonly isRebasing: boolean
  readonly onConnectionLost: (error: Error) => void
}

/**
 * @param url `sqlite:<path>`, `sqlite::memory:` or `postgres://…`.
 * @throws StorageError with a sentence for the operator.
 */
export async function openStorage(url: string, options: OpenOptions): Promise<Storage> {
  const engine = await openEngine(url, options.onConnectionLost)
  try {
    await migrate(engine)
    await checkPublicUrl(engine, options)
    const writer = createAgentWriter(engine, options.mask)
    await maskIndex(engine, { writer, mask: options.mask, rule: options.maskRule })
    return createStorage(engine, options, writer)
  } catch (error) {
    await engine[Symbol.asyncDispose]()
    throw error
  }
}

/** The engine alone, for `migrate`. @throws StorageError */
export async function openEngine(url: string, onConnectionLost: (error: Error) => void): Promise<Engine> {
  if (url.startsWith('sqlite:')) return openSqliteEngine(url.slice('sqlite:'.length))
  if (!/^postgres(ql)?:/.test(url))
    throw new StorageError('unusable', 'DATABASE_URL names no known database.')
  // Loaded only where it is used: the embedded registry stays smaller by the driver's size.
  const { openPostgresEngine } = await import('./postgres/engine.ts')
  return openPostgresEngine(url, onConnectionLost)
}

function createStorage(engine: Engine, options: OpenOptions, writer: AgentWriter): Storage {
  const { clock } = options
  return {
    engine: engine.kind,
    agents: createAgentStore(engine, { ...options, writer }),
    index: createAgentIndex(engine, options.asShared),
    peers: cachePeers(createPeerStore(engine, options), clock),
    tokens: createTokenStore(engine, options),
    keys: createKeyStore(engine, options),
    sessions: createSessionStore(engine, options),
    identity: createIdentityStore(engine, options),
    nonces: createNonceStore(engine),
    audit: createAuditLog(engine, clock),
    blocks: cacheBlocks(createBlockStore(engine, { ...options, writer }), clock),
    moderation: createModerationStore(engine, { clock, writer }),
    reports: createReportStore(engine, clock),
    moderationFigures: () => readModerationFigures(engine),
    leases: createLeaseStore(engine, clock),
    healthChecks: createHealthHistory(engine),
    queryLog: createQueryLog(engine, clock),
    snapshots: createSnapshotStore(engine, clock),
    federatedAgents: createFederatedAgentStore(engine, clock),
    peerViews: createPeerViews(engine, clock),
    peerUsages: createPeerUsages(engine),
    secrets: createSecretStore(engine, options),
    invites: createInviteStore(engine, clock),
    purgeTombstones: (before) => purgeTombstones(engine, before),
    connections: () => engine.connections(),
    ping: (timeoutMs) => engine.ping(timeoutMs),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }
}
