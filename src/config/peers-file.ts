/**
 * The trusted peers file: a YAML or JSON list of registries to federate with from the first start.
 *
 * Secrets are not in it: it names the environment variables that hold them, so the file can be kept with the
 * rest of an installation's description.
 */
import { canonicalJwk, readPublicKey } from '../security/ed25519-key.ts'
import { cleanLine } from '../security/text.ts'
import { parseRegistryUrl } from './address-kinds.ts'
import { isRecord, type ReadFile, readYaml } from './file.ts'
import { type ConfigMistake, showRefused } from './mistakes.ts'
import { findNearestName } from './nearest-name.ts'
import type { TrustedPeer } from './shape.ts'

/** The protocol of peers whose entry names none: that of this registry. */
export const DEFAULT_PEER_PROTOCOL = 'agentvault'

export type PeersFileOptions = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readFile: ReadFile
  /** Our own public URL, which is no peer. */
  readonly ownUrl: string
  /** Whether `REGISTRY_PEER_NETWORKS` names a network, outside of which plain http is never used. */
  readonly isHttpPossible: boolean
  /** Names of settings, which are never what a peer gets to see. */
  readonly settingNames: ReadonlySet<string>
}

export type PeersFile = {
  readonly peers: readonly TrustedPeer[]
  readonly mistakes: readonly ConfigMistake[]
  /** Environment variables that the file refers to. */
  readonly envNames: ReadonlySet<string>
}

const MEMBERS = ['name', 'url', 'public_key', 'require_mtls', 'protocol', 'api_key_env', 'signing_secret_env']
const FILE_FORM = 'a YAML or JSON list of peers, each with at least name and url'
const ENV_NAME_FORM = 'the name of an environment variable: capital letters, digits and _'
const MAX_NAME_CHARS = 200

/** Reads the file whole and collects all mistakes, each with its place: `peers[2].url`. */
export function readPeersFile(path: string, options: PeersFileOptions): PeersFile {
  const content = readYaml(path, options.readFile, { schema: 'core' })
  const fail = (problem: string): PeersFile => ({
    peers: [],
    mistakes: [{ name: 'FEDERATION_PEERS_FILE', seen: path, problem, takes: FILE_FORM }],
    envNames: new Set(),
  })
  if (!content.ok) return fail(content.problem)
  if (content.value === null) return { peers: [], mistakes: [], envNames: new Set() } // comments alone
  if (!Array.isArray(content.value)) return fail('holds no list')
  const entries: readonly unknown[] = content.value
  const report = new Report()
  const peers = entries.map((entry, index) => readPeer(entry, { index, report, options }))
  reportRepetitions(peers, report)
  return { peers, mistakes: report.mistakes, envNames: report.envNames }
}

/** What is found while reading. */
class Report {
  readonly mistakes: ConfigMistake[] = []
  readonly envNames: Set<string> = new Set()

  add(place: string, problem: string, more: { readonly seen?: string; readonly takes?: string } = {}): void {
    const { seen = null, takes = null } = more
    this.mistakes.push({ name: `FEDERATION_PEERS_FILE ${place}`, seen, problem, takes })
  }
}

type Context = { readonly index: number; readonly report: Report; readonly options: PeersFileOptions }

/** A faulty member leaves an empty value behind: with a mistake reported, nobody uses the peer. */
function readPeer(entry: unknown, context: Context): TrustedPeer {
  const place = `peers[${context.index}]`
  if (!isRecord(entry)) context.report.add(place, 'is no map of names and values', { takes: FILE_FORM })
  const members = isRecord(entry) ? entry : undefined
  if (members !== undefined) {
    reportUnknownMembers(members, place, context.report)
    reportUnbuiltMembers(members, place, context.report)
  }
  const read = <T>(
    reader: (value: unknown, at: string, context: Context) => T,
    member: string,
    empty: T,
  ): T => (members === undefined ? empty : reader(members[member], `${place}.${member}`, context))
  return {
    name: read(readName, 'name', ''),
    url: read(readUrl, 'url', ''),
    publicKey: read(readKey, 'public_key', null),
    requireMtls: false,
    protocol: read(readProtocol, 'protocol', DEFAULT_PEER_PROTOCOL),
    apiKey: read(readSecret, 'api_key_env', null),
    signingSecret: read(readSecret, 'signing_secret_env', null),
  }
}

function reportUnknownMembers(
  members: Readonly<Record<string, unknown>>,
  place: string,
  report: Report,
): void {
  for (const member of Object.keys(members)) {
    if (MEMBERS.includes(member)) continue
    const nearest = findNearestName(member, MEMBERS)
    report.add(
      `${place}.${showRefused(cleanLine(member))}`,
      `is not known; the nearest known name is ${nearest}`,
    )
  }
}

function reportUnbuiltMembers(
  members: Readonly<Record<string, unknown>>,
  place: string,
  report: Report,
): void {
  const { require_mtls: requireMtls } = members
  if (requireMtls === true) {
    report.add(
      `${place}.require_mtls`,
      'needs the pins of its certificate, which this file does not hold; remove it and run "peer tls" once the peer is added',
    )
  } else if (requireMtls !== undefined && requireMtls !== null && requireMtls !== false) {
    report.add(`${place}.require_mtls`, 'is not a boolean', { takes: 'false' })
  }
}

function readName(value: unknown, at: string, { report }: Context): string {
  if (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= MAX_NAME_CHARS &&
    cleanLine(value) === value
  ) {
    return value
  }
  const problem = value === undefined ? 'is missing' : 'is not a name'
  report.add(at, problem, { takes: `one line of at most ${MAX_NAME_CHARS} characters` })
  return ''
}

function readUrl(value: unknown, at: string, { report, options }: Context): string {
  const takes = 'an https:// address without user name, query or fragment'
  if (typeof value !== 'string') {
    report.add(at, value === undefined ? 'is missing' : 'is not an address', { takes })
    return ''
  }
  const parsed = parseRegistryUrl(value)
  const seen = showRefused(value)
  if (!parsed.ok) report.add(at, parsed.problem, { seen, takes })
  else if (parsed.value === options.ownUrl) report.add(at, 'is the address of this registry itself', { seen })
  else if (parsed.value.startsWith('http:') && !options.isHttpPossible) {
    report.add(at, 'is plain http, which is used only inside REGISTRY_PEER_NETWORKS', { seen, takes })
  } else return parsed.value
  return ''
}

/** As `canonicalJwk` writes it. */
function readKey(value: unknown, at: string, { report }: Context): string | null {
  if (value === undefined || value === null) return null
  const read = readPublicKey(typeof value === 'string' ? value : JSON.stringify(value))
  if (read.ok) return canonicalJwk(read.key.x)
  report.add(at, `cannot be used. ${read.problem}`, { takes: 'an Ed25519 public key in PEM or as JWK' })
  return null
}

function readProtocol(value: unknown, at: string, { report }: Context): string {
  if (value === undefined || value === null) return DEFAULT_PEER_PROTOCOL
  if (typeof value === 'string' && /^[a-z][a-z0-9-]{0,63}$/.test(value)) return value
  report.add(at, 'is not the name of a protocol', { takes: 'lower-case letters, digits and -' })
  return DEFAULT_PEER_PROTOCOL
}

/**
 * Fetches a secret from the environment variable that the file names. A value that does not look like such a
 * name is not repeated: it may be the secret itself.
 */
function readSecret(value: unknown, at: string, { report, options }: Context): string | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'string' || !/^[A-Z_][A-Z0-9_]{0,63}$/.test(value)) {
    report.add(at, 'is not the name of an environment variable', { takes: ENV_NAME_FORM })
    return null
  }
  report.envNames.add(value)
  if (options.settingNames.has(value)) {
    report.add(at, "is a setting of this registry, not a peer's secret", {
      seen: value,
      takes: ENV_NAME_FORM,
    })
    return null
  }
  const secret = options.env[value]?.trim() ?? ''
  if (secret === '') report.add(at, 'is not set in the environment', { seen: value })
  else if (!/^[\x21-\x7e]+$/.test(secret)) {
    report.add(at, 'holds characters that no HTTP header carries', {
      seen: value,
      takes: 'printable ASCII without blanks',
    })
  } else return secret
  return null
}

/** Names are unique without case, and so are addresses: see `PeerStore`. */
function reportRepetitions(peers: readonly TrustedPeer[], report: Report): void {
  const names = new Map<string, number>()
  const urls = new Map<string, number>()
  for (const [index, { name, url }] of peers.entries()) {
    const sameName = names.get(name.toLowerCase())
    if (sameName === undefined) names.set(name.toLowerCase(), index)
    else if (name !== '')
      report.add(`peers[${index}].name`, `is also the name of peers[${sameName}]`, { seen: name })
    const sameUrl = urls.get(url)
    if (sameUrl === undefined) urls.set(url, index)
    else if (url !== '')
      report.add(`peers[${index}].url`, `is also the address of peers[${sameUrl}]`, { seen: url })
  }
}
