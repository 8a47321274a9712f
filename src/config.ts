/**
 * The settings of a run: read from the environment and a file, all mistakes told at once.
 *
 * `config/settings.ts` has every name, default and range. This is the only reader of `process.env`.
 */

import { type FileSettings, type ReadFile, readConfigFile, readTextFile } from './config/file.ts'
import type { ConfigMistake } from './config/mistakes.ts'
import { type PeersFile, readPeersFile } from './config/peers-file.ts'
import {
  type EffectiveSetting,
  type Environment,
  findUnknownNames,
  gatherGiven,
  SettingsReader,
} from './config/read-settings.ts'
import { listSettings, SETTINGS } from './config/settings.ts'
import type { Config } from './config/shape.ts'
import { parseNetworks } from './security/addresses.ts'
import { readServerTls } from './security/server-tls.ts'

export { type ConfigMistake, describeMistakes } from './config/mistakes.ts'
export { renderConfig, renderSettingsTable } from './config/render.ts'
export type { Config, LogLevel, TrustedPeer } from './config/shape.ts'

export type ConfigSources = {
  readonly env: Environment
  /** The file of `--config`. */
  readonly filePath?: string
  /** Reads files; the disk's by default. */
  readonly readFile?: ReadFile
}

export type LoadedConfig = {
  readonly ok: true
  readonly config: Config
  /** Sentences about what works but is probably not meant. */
  readonly warnings: readonly string[]
  /** What is in effect and why, for `renderConfig`. */
  readonly settings: readonly EffectiveSetting[]
}

export type ConfigOutcome = LoadedConfig | { readonly ok: false; readonly mistakes: readonly ConfigMistake[] }

/** The environment of this process, as it is now. */
export function readEnvironment(): Environment {
  return { ...process.env }
}

/** Reads all settings. Nothing is half right: one mistake, and there is no configuration but a list of mistakes. */
export function loadConfig(sources: ConfigSources): ConfigOutcome {
  const { env, filePath, readFile = readTextFile } = sources
  const file = filePath === undefined ? undefined : readConfigFile(filePath, readFile)
  const fileValues: FileSettings['values'] = file?.values ?? new Map<string, never>()
  const given = gatherGiven(env, fileValues)
  const reader = new SettingsReader(given)
  const { config, envNames, peerMistakes } = assemble(reader, { env, readFile })
  const mistakes = [
    ...(file?.mistakes ?? []),
    ...findUnknownNames(env, fileValues.keys(), envNames),
    ...reader.mistakes,
    ...findKeyRingMistakes(config.databaseUrl, reader),
    ...findTlsMistakes(config, readFile),
    ...peerMistakes,
  ]
  if (mistakes.length > 0) return { ok: false, mistakes }
  return { ok: true, config, warnings: findDoubts(config, reader), settings: reader.effective }
}

/** Puts every setting in its place. Where a mistake was noted, the default stands in for the value. */
function assemble(
  reader: SettingsReader,
  sources: { readonly env: Environment; readonly readFile: ReadFile },
): {
  readonly config: Config
  readonly envNames: ReadonlySet<string>
  readonly peerMistakes: readonly ConfigMistake[]
} {
  const host = reader.read(SETTINGS.host)
  const port = reader.read(SETTINGS.port)
  const defaultUrl = reader.isGiven(SETTINGS.tlsCertFile.name)
    ? `https://localhost${port === 443 ? '' : `:${port}`}`
    : `http://localhost${port === 80 ? '' : `:${port}`}`
  const publicUrl = reader.read(SETTINGS.publicUrl, defaultUrl) ?? defaultUrl
  const own = {
    host,
    port,
    publicUrl,
    name: reader.read(SETTINGS.name),
    databaseUrl: reader.read(SETTINGS.databaseUrl),
    redisUrl: reader.read(SETTINGS.redisUrl),
    adminKey: reader.read(SETTINGS.adminKey),
    keyRing: reader.read(SETTINGS.keyRing),
    keyRingFile: reader.read(SETTINGS.keyRingFile),
    anonymousRead: reader.read(SETTINGS.anonymousRead),
    anonymousFederated: readAnonymousFederated(reader, { host, publicUrl }),
    allowedHosts: reader.read(SETTINGS.allowedHosts),
    peerNetworks: reader.read(SETTINGS.peerNetworks),
    cardNetworks: reader.read(SETTINGS.cardNetworks),
    trustedProxies: reader.read(SETTINGS.trustedProxies),
    tlsCertFile: reader.read(SETTINGS.tlsCertFile),
    tlsKeyFile: reader.read(SETTINGS.tlsKeyFile),
    tlsClientCaFile: reader.read(SETTINGS.tlsClientCaFile),
    corsOrigins: reader.read(SETTINGS.corsOrigins),
    ratePerMinute: {
      peer: reader.read(SETTINGS.ratePerMinute.peer),
      key: reader.read(SETTINGS.ratePerMinute.key),
      anonymous: reader.read(SETTINGS.ratePerMinute.anonymous),
      authFailures: reader.read(SETTINGS.ratePerMinute.authFailures),
    },
    logLevel: reader.read(SETTINGS.logLevel),
    logQueries: reader.read(SETTINGS.logQueries),
    queryLogDays: reader.read(SETTINGS.queryLogDays),
    tombstoneDays: reader.read(SETTINGS.tombstoneDays),
    auditDays: reader.read(SETTINGS.auditDays),
  }
  const trusted = readTrustedPeers(reader, {
    ...sources,
    ownUrl: publicUrl,
    isHttpPossible: reader.isGiven('REGISTRY_PEER_NETWORKS'),
  })
  const federation = { ...assembleFederation(reader), trustedPeers: trusted.peers }
  const config = { ...own, federation, tracing: assembleTracing(reader) }
  return { config, envNames: trusted.envNames, peerMistakes: trusted.mistakes }
}

function assembleFederation(reader: SettingsReader): Omit<Config['federation'], 'trustedPeers'> {
  return {
    enabled: reader.read(SETTINGS.federation.enabled),
    cacheTtlSeconds: reader.read(SETTINGS.federation.cacheTtlSeconds),
    queryTimeoutMs: reader.read(SETTINGS.federation.queryTimeoutMs),
    maxResultsPerPeer: reader.read(SETTINGS.federation.maxResultsPerPeer),
    requireSignature: reader.read(SETTINGS.federation.requireSignature),
    signatureMaxAgeSeconds: reader.read(SETTINGS.federation.signatureMaxAgeSeconds),
    healthCheckIntervalSeconds: reader.read(SETTINGS.federation.healthCheckIntervalSeconds),
    unhealthyThreshold: reader.read(SETTINGS.federation.unhealthyThreshold),
    outboundRatePerMinute: reader.read(SETTINGS.federation.outboundRatePerMinute),
  }
}

function assembleTracing(reader: SettingsReader): Config['tracing'] {
  return {
    endpoint: reader.read(SETTINGS.tracing.endpoint),
    tracesEndpoint: reader.read(SETTINGS.tracing.tracesEndpoint),
    sampler: reader.read(SETTINGS.tracing.sampler),
    sampledShare: reader.read(SETTINGS.tracing.sampledShare),
    exportDelayMs: reader.read(SETTINGS.tracing.exportDelayMs),
    disabled: reader.read(SETTINGS.tracing.disabled),
  }
}

/** On one's own machine, anyone who can ask is oneself; elsewhere strangers must not spend the peers' patience. */
function readAnonymousFederated(
  reader: SettingsReader,
  { host, publicUrl }: { readonly host: string; readonly publicUrl: string },
): boolean {
  const publicHost = URL.parse(publicUrl)?.hostname ?? ''
  const byDefault = isLoopback(host) && isLoopback(publicHost.replace(/^\[|\]$/g, ''))
  return reader.read(SETTINGS.anonymousFederated, byDefault) ?? byDefault
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || parseNetworks(['127.0.0.0/8', '::1/128']).contains(host)
}

function readTrustedPeers(
  reader: SettingsReader,
  options: Omit<Parameters<typeof readPeersFile>[1], 'settingNames'>,
): PeersFile {
  const path = reader.read(SETTINGS.federation.peersFile)
  if (path === null) return { peers: [], mistakes: [], envNames: new Set() }
  const settingNames = new Set(listSettings().map(({ name }) => name))
  return readPeersFile(path, { ...options, settingNames })
}

/** Replicas on PostgreSQL must share one ring, which nobody can make for all of them; one ring has one source. */
function findKeyRingMistakes(databaseUrl: string, reader: SettingsReader): readonly ConfigMistake[] {
  const { keyRing, keyRingFile } = SETTINGS
  const [hasRing, hasFile] = [reader.isGiven(keyRing.name), reader.isGiven(keyRingFile.name)]
  if (hasRing && hasFile) {
    const problem = `is set along with ${keyRingFile.name}; remove one of them`
    return [{ name: keyRing.name, seen: null, problem, takes: null }]
  }
  if (hasRing || hasFile || databaseUrl.startsWith('sqlite:')) return []
  const problem = `is not set; with PostgreSQL this or ${keyRingFile.name} is needed`
  return [{ name: keyRing.name, seen: null, problem, takes: keyRing.takes }]
}

/** Each half is of no use alone; the files are read again when the server starts. */
function findTlsMistakes(config: Config, readFile: ReadFile): readonly ConfigMistake[] {
  const { tlsCertFile: cert, tlsKeyFile: key, tlsClientCaFile: clientCa } = config
  const { tlsCertFile, tlsKeyFile } = SETTINGS
  if ((cert === null) !== (key === null)) {
    const [missing, given] = cert === null ? [tlsCertFile, tlsKeyFile] : [tlsKeyFile, tlsCertFile]
    const problem = `is not set, but ${given.name} is; https needs both`
    return [{ name: missing.name, seen: null, problem, takes: missing.takes }]
  }
  const read = readServerTls({ cert, key, clientCa }, readFile)
  if (read.ok) return []
  return read.mistakes.map(({ file, path, problem }) => ({
    ...{ name: TLS_SETTINGS[file].name, seen: path, problem },
    takes: `the path of a PEM file`,
  }))
}

const TLS_SETTINGS = {
  cert: SETTINGS.tlsCertFile,
  key: SETTINGS.tlsKeyFile,
  clientCa: SETTINGS.tlsClientCaFile,
} as const

function findDoubts(config: Config, reader: SettingsReader): readonly string[] {
  const doubts: string[] = []
  const isOpen = !isLoopback(config.host)
  if (isOpen && !reader.isGiven('REGISTRY_PUBLIC_URL')) {
    doubts.push(
      `REGISTRY_PUBLIC_URL is not set: DIDs will name ${config.publicUrl}, which only this machine can reach, although the server listens on ${config.host}.`,
    )
  }
  if (config.trustedProxies.some((network) => network.endsWith('/0'))) {
    doubts.push(
      'REGISTRY_TRUSTED_PROXIES holds a network of all addresses: any caller can claim any address.',
    )
  }
  if (config.tlsCertFile !== null && config.publicUrl.startsWith('http:')) {
    doubts.push(
      `REGISTRY_PUBLIC_URL is ${config.publicUrl}, but with REGISTRY_TLS_CERT the server speaks https alone.`,
    )
  }
  if (config.tlsClientCaFile !== null && config.tlsCertFile === null && config.trustedProxies.length === 0) {
    doubts.push(
      'REGISTRY_TLS_CLIENT_CA is set, but no client certificate can come: neither does the server speak https (REGISTRY_TLS_CERT), nor is a proxy believed (REGISTRY_TRUSTED_PROXIES).',
    )
  }
  if (!config.federation.enabled && config.federation.trustedPeers.length > 0) {
    doubts.push(
      'FEDERATION_PEERS_FILE names peers, but FEDERATION_ENABLED=false: none of them will be asked.',
    )
  }
  return doubts
}
