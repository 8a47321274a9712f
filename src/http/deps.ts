/** What the server is made of. `registry.ts` puts it together; tests put in their own. */

import type { AuditKeeper } from '../audit/audit-keeper.ts'
import type { EffectiveSetting } from '../config/read-settings.ts'
import type { Config } from '../config.ts'
import type { ReplicaFigures } from '../domain/federation-ports.ts'
import type { Peer, PeerId } from '../domain/peer.ts'
import type { Clock, Storage } from '../domain/ports.ts'
import type { SharedCounters } from '../domain/sharing.ts'
import type { Discovery } from '../federation/discover.ts'
import type { HealthMonitor } from '../federation/health-monitor.ts'
import type { KeyWatch } from '../federation/key-watch.ts'
import type { QueryLogWriter } from '../federation/query-log-writer.ts'
import type { Uptimes } from '../federation/uptimes.ts'
import type { BlockWatch } from '../moderation/block-watch.ts'
import type { CursorSealer } from '../security/cursor-seal.ts'
import type { SigningIdentity } from '../security/identity.ts'
import type { Outbound } from '../security/outbound.ts'
import type { PeerAddressCheck } from '../security/peer-address.ts'
import type { TlsKeeper } from '../security/tls-keeper.ts'
import type { RegistryIdentity } from '../wire/agent.ts'
import type { HttpEvents } from './http-events.ts'
import type { PageFiles } from './page-files.ts'

export type HttpDeps = {
  readonly config: Config
  /** Our final public URL and name: with port 0 in the settings, the URL has the port the server listens on. */
  readonly self: RegistryIdentity
  /** Of this software, for `GET /health` and the API document. */
  readonly version: string
  readonly storage: Storage
  readonly discovery: Discovery
  readonly healthMonitor: Pick<HealthMonitor, 'probeOnce'>
  readonly keyWatch: Pick<KeyWatch, 'look'>
  readonly uptimes: Uptimes
  /** Notes what peers asked. */
  readonly queryLogWriter: Pick<QueryLogWriter, 'add'>
  /** Forgets what this process keeps of a peer that was changed or removed. */
  readonly forgetPeer: (id: PeerId) => void
  /** Closes open connections to a peer that was changed or removed. */
  readonly forgetConnections: (registryUrl: string) => void
  /** Takes in what was changed of the certificates of peers and ours for them. */
  readonly refreshPeerTls: () => Promise<void>
  /** Checks a peer's address before it is stored: the literal and every address its name resolves to. */
  readonly checkPeerAddress: (registryUrl: string) => Promise<PeerAddressCheck>
  /** What we serve https by, and the authorities of client certificates. */
  readonly tls: TlsKeeper
  readonly cursors: CursorSealer
  /** What is not to be shown. */
  readonly blocks: BlockWatch
  readonly auditKeeper: Pick<AuditKeeper, 'signHead'>
  /** The keys we sign with. */
  readonly identity: SigningIdentity
  /** The guarded way to other registries. */
  readonly outbound: Pick<Outbound, 'request'>
  /** Through which replicas hold callers to one limit; null where each holds them to its own. */
  readonly sharedCounters: SharedCounters | null
  readonly pages: PageFiles
  readonly clock: Clock
  /** Told after work that leaves much memory behind, such as a large import. */
  readonly heavyWorkEnded: () => void
  readonly events: HttpEvents
  /** What `GET /metrics` shows: text for Prometheus, and its media type. */
  readonly metrics: { readonly contentType: string; readonly render: () => Promise<string> }
  /** What this replica counted of each peer, since then (Unix ms). */
  readonly replicaFigures: {
    readonly since: number
    readonly of: (peer: Pick<Peer, 'id' | 'name'>) => ReplicaFigures
  }
  /** What `GET /settings` shows, secrets masked: `LoadedConfig.settings`. */
  readonly settings: readonly EffectiveSetting[]
}
