/**
 * Every setting: its name, what it decides, what it takes and its default. The tree below has the shape of
 * `Config`, so a setting's place in it is its place there.
 */
import { bindHost, hostNames, networks, origins, registryUrl } from './address-kinds.ts'
import { databaseUrl } from './database-url.ts'
import { flag, type Kind, line, oneOf, optional, path, share, wholeNumber } from './kinds.ts'
import { otlpEndpoint } from './otlp-endpoint.ts'
import { redisUrl } from './redis-url.ts'
import { adminKey, keyRing } from './secret-kinds.ts'
import { type Config, LOG_LEVELS, LOG_QUERIES, TRACES_SAMPLERS } from './shape.ts'

/** What can be said of a setting without knowing the type of its value. */
export type SettingDescription = {
  readonly name: string
  /** What it decides, for the documentation. */
  readonly purpose: string
  readonly takes: string
  /** The default as Markdown. */
  readonly defaultText: string
  readonly isSecret: boolean
  readonly isList: boolean
}

export type Setting<T> = SettingDescription & { readonly kind: Kind<T>; readonly fallback: T }

/** `Config` as it is given: two defaults depend on other settings, and peers come from a file of their own. */
type Given = Omit<Config, 'publicUrl' | 'anonymousFederated' | 'federation'> & {
  readonly publicUrl: string | null
  readonly anonymousFederated: boolean | null
  readonly federation: Omit<Config['federation'], 'trustedPeers'> & { readonly peersFile: string | null }
}

type Leaf = string | number | boolean | null | readonly string[]

type Declared<Values> = {
  readonly [K in keyof Values]: Values[K] extends Leaf ? Setting<Values[K]> : Declared<Values[K]>
}

const MAX_PER_MINUTE = 1_000_000 // far above what one process serves; catches figures meant per day
const MAX_DAY_SECONDS = 86_400

export const SETTINGS: Declared<Given> = {
  host: declare('REGISTRY_HOST', 'Address to listen on.', bindHost(), '127.0.0.1'),
  port: declare(
    'REGISTRY_PORT',
    'Port to listen on; 0 takes any free one.',
    wholeNumber(0, 65_535, { noun: 'a port' }),
    8080,
  ),
  publicUrl: declare(
    'REGISTRY_PUBLIC_URL',
    'Address under which peers and DIDs know this registry. It is part of every DID: choose it once.',
    optional(registryUrl()),
    null,
    { defaultText: '`http://localhost:<port>`, with `REGISTRY_TLS_CERT` `https://…`' },
  ),
  name: declare('REGISTRY_NAME', 'Name shown beside results.', line(200), 'AgentVault Registry'),
  databaseUrl: declare(
    'DATABASE_URL',
    'Where everything is kept.',
    databaseUrl(),
    'sqlite:./data/registry.db',
  ),
  redisUrl: declare(
    'REDIS_URL',
    "A Redis for what replicas share: peers' answers and rate limits. Everything goes on without it.",
    optional(redisUrl()),
    null,
  ),
  adminKey: declare(
    'REGISTRY_ADMIN_KEY',
    'An admin key of your own, stored at start. Without it the first start makes one and shows it once.',
    optional(adminKey()),
    null,
  ),
  keyRing: declare(
    'REGISTRY_KEYS',
    "Keys that seal peers' secrets in the database. PostgreSQL needs this or `REGISTRY_KEYS_FILE`.",
    optional(keyRing()),
    null,
  ),
  keyRingFile: declare(
    'REGISTRY_KEYS_FILE',
    'File of mode 0600 that holds the same.',
    optional(path()),
    null,
    { defaultText: '`<database>.keys` on SQLite' },
  ),
  anonymousRead: declare(
    'REGISTRY_ANONYMOUS_READ',
    'Callers without a key may read public records.',
    flag(),
    true,
  ),
  anonymousFederated: declare(
    'REGISTRY_ANONYMOUS_FEDERATED',
    'Callers without a key may search peers, too.',
    optional(flag()),
    null,
    { defaultText: 'true only if `REGISTRY_HOST` and the host of `REGISTRY_PUBLIC_URL` are both loopback' },
  ),
  allowedHosts: declare(
    'REGISTRY_ALLOWED_HOSTS',
    'Further names under which this registry answers; requests for others are refused.',
    hostNames(),
    [],
  ),
  peerNetworks: declare(
    'REGISTRY_PEER_NETWORKS',
    'Networks, otherwise forbidden, where peers may live; plain http to peers is possible only there.',
    networks(),
    [],
  ),
  cardNetworks: declare(
    'REGISTRY_CARD_NETWORKS',
    'Networks, otherwise forbidden, where cards of agents may be fetched for their publishers, also over plain http.',
    networks(),
    [],
  ),
  trustedProxies: declare(
    'REGISTRY_TRUSTED_PROXIES',
    'Proxies whose `X-Forwarded-*` and `Client-Cert` headers are believed.',
    networks(),
    [],
  ),
  tlsCertFile: declare(
    'REGISTRY_TLS_CERT',
    'PEM file of the certificate to serve https by, those that vouch for it behind it. Read anew when it changes.',
    optional(path()),
    null,
  ),
  tlsKeyFile: declare('REGISTRY_TLS_KEY', 'PEM file of its private key.', optional(path()), null),
  tlsClientCaFile: declare(
    'REGISTRY_TLS_CLIENT_CA',
    "PEM file of the authorities that sign peers' client certificates. Needed for peers with `require_mtls`.",
    optional(path()),
    null,
  ),
  corsOrigins: declare(
    'REGISTRY_CORS_ORIGINS',
    'Web pages that may call the API from a browser.',
    origins(),
    [],
  ),
  ratePerMinute: {
    peer: declare('REGISTRY_RATE_PEER', 'Requests of one peer.', perMinute(), 600),
    key: declare('REGISTRY_RATE_KEY', 'Requests with one API key.', perMinute(), 120),
    anonymous: declare(
      'REGISTRY_RATE_ANONYMOUS',
      'Requests without a key from one address.',
      perMinute(),
      60,
    ),
    authFailures: declare('REGISTRY_RATE_AUTH_FAILURES', 'Wrong keys from one address.', perMinute(), 10),
  },
  logLevel: declare('REGISTRY_LOG_LEVEL', 'How much is logged.', oneOf(LOG_LEVELS), 'info'),
  logQueries: declare(
    'REGISTRY_LOG_QUERIES',
    'What the query log holds of a search: a keyed hash, by which equal ones are known, or its text as well.',
    oneOf(LOG_QUERIES),
    'hash',
  ),
  queryLogDays: declare(
    'REGISTRY_QUERY_LOG_DAYS',
    'How long questions between this registry and its peers, and checks of their health, are kept.',
    wholeNumber(1, 36_500, { unit: 'days' }),
    30,
  ),
  tombstoneDays: declare(
    'REGISTRY_TOMBSTONE_DAYS',
    'How long a deleted record is answered with 410 instead of 404, and how far back peers can follow our changes.',
    wholeNumber(1, 36_500, { unit: 'days' }),
    90,
  ),
  auditDays: declare(
    'REGISTRY_AUDIT_DAYS',
    'How long rows of the audit log are kept.',
    wholeNumber(1, 36_500, { unit: 'days' }),
    400,
  ),
  federation: {
    enabled: declare('FEDERATION_ENABLED', 'Whether peers are asked and answered.', flag(), true),
    cacheTtlSeconds: declare(
      'FEDERATION_CACHE_TTL',
      "How long a peer's answer counts as fresh.",
      wholeNumber(1, MAX_DAY_SECONDS, { unit: 'seconds' }),
      300,
    ),
    queryTimeoutMs: declare(
      'FEDERATION_QUERY_TIMEOUT',
      'Longest wait for peers in one search.',
      wholeNumber(50, 60_000, { unit: 'milliseconds' }), // searches ask for 50 ms and more
      5_000,
    ),
    maxResultsPerPeer: declare(
      'FEDERATION_MAX_RESULTS_PER_PEER',
      'Records asked of a peer in one request; fewer than 20 would spoil the order of results and count as 20.',
      wholeNumber(1, 100, { unit: 'records' }), // the largest page that registries answer
      50,
    ),
    requireSignature: declare(
      'FEDERATION_REQUIRE_SIGNATURE',
      'Whether requests of peers must be signed; can be overridden for each peer.',
      flag(),
      true,
    ),
    signatureMaxAgeSeconds: declare(
      'FEDERATION_SIGNATURE_MAX_AGE',
      'Oldest signature accepted.',
      wholeNumber(1, 3_600, { unit: 'seconds' }), // longer, and a captured request could be repeated all day
      300,
    ),
    healthCheckIntervalSeconds: declare(
      'FEDERATION_HEALTH_CHECK_INTERVAL',
      'Time between two health checks of a peer.',
      wholeNumber(1, MAX_DAY_SECONDS, { unit: 'seconds' }),
      60,
    ),
    unhealthyThreshold: declare(
      'FEDERATION_UNHEALTHY_THRESHOLD',
      'Failures in a row after which a peer is no longer degraded but down.',
      wholeNumber(1, 100, { unit: 'failures' }),
      3,
    ),
    outboundRatePerMinute: declare(
      'FEDERATION_OUTBOUND_RATE',
      'Searches that each replica asks of one peer; those of callers without a key spend a quarter of it at most.',
      perMinute(),
      300,
    ),
    peersFile: declare(
      'FEDERATION_PEERS_FILE',
      'Trusted peers, a YAML or JSON list, added at start.',
      optional(path()),
      null,
    ),
  },
  tracing: {
    endpoint: declare(
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'A collector of OpenTelemetry: spans go to `/v1/traces` below it, as OTLP in JSON over HTTP. Without one none are made.',
      optional(otlpEndpoint()),
      null,
    ),
    tracesEndpoint: declare(
      'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
      'The whole address for spans, if it is another.',
      optional(otlpEndpoint()),
      null,
    ),
    sampler: declare(
      'OTEL_TRACES_SAMPLER',
      'Which traces are kept; `parentbased_…` are those that the caller keeps, too.',
      oneOf(TRACES_SAMPLERS),
      'parentbased_always_on',
    ),
    sampledShare: declare('OTEL_TRACES_SAMPLER_ARG', 'The share that samplers by ratio keep.', share(), 1),
    exportDelayMs: declare(
      'OTEL_BSP_SCHEDULE_DELAY',
      'How long spans wait for others to be sent with.',
      wholeNumber(1, 60_000, { unit: 'milliseconds' }),
      5_000,
    ),
    disabled: declare('OTEL_SDK_DISABLED', 'Whether no spans are made, collector or not.', flag(), false),
  },
}

/** All settings in the order of the documentation. */
export function listSettings(): readonly SettingDescription[] {
  const { ratePerMinute, tracing, federation, ...own } = SETTINGS
  return [own, ratePerMinute, federation, tracing].flatMap((group) =>
    Object.values<SettingDescription>(group),
  )
}

function declare<T>(
  name: string,
  purpose: string,
  kind: Kind<T>,
  fallback: T,
  options: { readonly defaultText?: string } = {},
): Setting<T> {
  const shown = kind.show(fallback)
  const { defaultText = shown === '' ? 'none' : `\`${shown}\`` } = options
  const { takes, isSecret, isList } = kind
  return { name, purpose, takes, defaultText, isSecret, isList, kind, fallback }
}

function perMinute(): Kind<number> {
  return wholeNumber(1, MAX_PER_MINUTE, { unit: 'requests per minute' })
}
