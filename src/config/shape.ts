/** What the registry is told at start: the settings of a run, parsed and complete. */

/** The levels of pino, the least talkative first. */
export type LogLevel = 'silent' | 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'
export const LOG_LEVELS: readonly LogLevel[] = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']

export type LogQueries = 'hash' | 'plain'
export const LOG_QUERIES: readonly LogQueries[] = ['hash', 'plain']

/** As OpenTelemetry names them. */
export type TracesSampler =
  | 'always_on'
  | 'always_off'
  | 'traceidratio'
  | 'parentbased_always_on'
  | 'parentbased_always_off'
  | 'parentbased_traceidratio'
export const TRACES_SAMPLERS: readonly TracesSampler[] = [
  ...(['always_on', 'always_off', 'traceidratio'] as const),
  ...(['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'] as const),
]

/** A peer of the trusted peers file, applied at start. */
export type TrustedPeer = {
  readonly name: string
  /** Normalised: see `normalizeRegistryUrl`. */
  readonly url: string
  /** As `canonicalJwk` writes it; a peer with one must sign with it. */
  readonly publicKey: string | null
  /** Always false: the peers file refuses what nothing would obey. */
  readonly requireMtls: boolean
  readonly protocol: string
  readonly apiKey: string | null
  readonly signingSecret: string | null
}

export type Config = {
  /** Address or host name to bind. */
  readonly host: string
  /** Port to bind; 0 takes any free one. */
  readonly port: number
  /**
   * What peers and DIDs use, normalised: see `normalizeRegistryUrl`. With port 0 and no public URL given it
   * ends in `:0`, which no given URL does; the server puts the real port there once it listens.
   */
  readonly publicUrl: string
  readonly name: string
  /** `sqlite:<path>`, `sqlite::memory:`, `postgres://…` or `postgresql://…`. */
  readonly databaseUrl: string
  /** `redis://…` or `rediss://…`; null where each replica is on its own. */
  readonly redisUrl: string | null
  /** First admin key, of the form of an `ava_` key. */
  readonly adminKey: string | null
  /** The key ring itself, in the text form that `parseKeyRing` reads; never given along with `keyRingFile`. */
  readonly keyRing: string | null
  readonly keyRingFile: string | null
  readonly anonymousRead: boolean
  readonly anonymousFederated: boolean
  /** As `URL.hostname` writes them: lower case, punycode, IPv6 in brackets, no port. */
  readonly allowedHosts: readonly string[]
  /** CIDRs, as `parseNetworks` reads them. */
  readonly peerNetworks: readonly string[]
  /** CIDRs, as `parseNetworks` reads them. */
  readonly cardNetworks: readonly string[]
  /** CIDRs, as `parseNetworks` reads them. */
  readonly trustedProxies: readonly string[]
  /** PEM files to serve https by; both or neither. */
  readonly tlsCertFile: string | null
  readonly tlsKeyFile: string | null
  /** PEM file of the authorities of peers' client certificates. */
  readonly tlsClientCaFile: string | null
  /** Exact origins, as browsers write them. */
  readonly corsOrigins: readonly string[]
  readonly ratePerMinute: {
    readonly peer: number
    readonly key: number
    readonly anonymous: number
    readonly authFailures: number
  }
  readonly logLevel: LogLevel
  /** Whether the query log holds what was searched for, or only a keyed hash of it. */
  readonly logQueries: LogQueries
  readonly queryLogDays: number
  readonly tombstoneDays: number
  readonly auditDays: number
  readonly tracing: {
    readonly disabled: boolean
    /** `findTracesUrl` makes one address of the two. */
    readonly endpoint: string | null
    readonly tracesEndpoint: string | null
    readonly sampler: TracesSampler
    /** The share of traces that samplers by ratio keep. */
    readonly sampledShare: number
    readonly exportDelayMs: number
  }
  readonly federation: {
    readonly enabled: boolean
    readonly cacheTtlSeconds: number
    readonly queryTimeoutMs: number
    readonly maxResultsPerPeer: number
    readonly requireSignature: boolean
    readonly signatureMaxAgeSeconds: number
    readonly healthCheckIntervalSeconds: number
    readonly unhealthyThreshold: number
    readonly outboundRatePerMinute: number
    readonly trustedPeers: readonly TrustedPeer[]
  }
}
