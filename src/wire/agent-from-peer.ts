/**
 * Reading the records that a peer sends: the trust boundary of federation.
 *
 * A peer speaks only for its own origin: a record that names another registry, or carries a `did:web` of another
 * host, is refused. What only the asking registry can know (`is_federated`, `registry_*`, `score`, `provenance`)
 * is not read. One bad record costs itself, never its page. Members may be missing, since registries of other
 * makes know fewer of them; a member that is there must be right.
 */
import { didRootOf, isDid, isUnderRoot, mintDidUnder } from '../cards/did.ts'
import {
  complain,
  isAbsent,
  isObject,
  memberOf,
  type Place,
  placeOf,
  readArray,
  readObject,
  readOneOf,
  readOptionalText,
  readText,
  readToken,
  readUrl,
  readWords,
  refuse,
  withValue,
} from '../cards/place.ts'
import type { Agent, AgentId, Did, Endpoint, NameMember, Provider, Skill } from '../domain/agent.ts'
import { AGENT_LIMITS, CARD_FORMATS } from '../domain/agent.ts'
import { hasMixedScripts } from '../domain/mixed-scripts.ts'
import type { ScorableRecord } from '../search/score.ts'
import { withAsciiHost } from '../security/ascii-host.ts'
import { normalizeRegistryUrl } from '../security/peer-url.ts'
import { cleanLine } from '../security/text.ts'
import { cleanRecord } from './clean-record.ts'

/** Whose records are read, and under which condition they were asked for. */
export type RecordSource = {
  readonly registryUrl: string
  /** What an unmarked record is: it answers a question for records of this kind. */
  readonly askedVisibility: 'public' | 'federated'
  /** What every DID begins with that the registry mints: made once, asked for with each record. */
  readonly didRoot: string
}

/** The source of one answer's records. */
export function recordSource(
  registryUrl: string,
  askedVisibility: RecordSource['askedVisibility'],
): RecordSource {
  return { registryUrl, askedVisibility, didRoot: didRootOf(registryUrl) }
}

export type ReadAgent =
  | {
      readonly ok: true
      readonly agent: Agent
      /** The searched text before cleaning, if cleaning changed it: its registry counted these words. */
      readonly received: ScorableRecord | null
    }
  | { readonly ok: false; readonly problem: string }

const NAME_RULE = { maxChars: AGENT_LIMITS.nameChars }
const LONG_TEXT_RULE = { maxChars: AGENT_LIMITS.descriptionChars, isMultiline: true, mayBeEmpty: true }
const MAX_ID_CHARS = 200

/** Reads one record of a peer's answer; never throws. */
export function agentFromPeer(value: unknown, source: RecordSource): ReadAgent {
  if (!isObject(value)) return { ok: false, problem: 'A record is not an object.' }
  const { record, received } = cleanRecord(value)
  const place = placeOf(record)
  const agent = readAgent(place, source)
  const [fault] = place.faults
  if (agent !== undefined && fault === undefined) return { ok: true, agent, received }
  return {
    ok: false,
    problem: fault === undefined ? 'A record is unusable.' : `${fault.pointer}: ${fault.message}`,
  }
}

function readAgent(record: Place, source: RecordSource): Agent | undefined {
  checkRegistry(memberOf(record, 'registry_url'), source)
  const id = readId(memberOf(record, 'id'))
  if (id === undefined) return undefined
  const did = readOwnDid(memberOf(record, 'did'), id, source)
  const name = readText(memberOf(record, 'name'), NAME_RULE)
  if (did === undefined || name === undefined) return undefined
  const provider = readProvider(memberOf(record, 'provider'))
  const createdAt = readTime(memberOf(record, 'created_at'))
  const updatedAt = readTime(memberOf(record, 'updated_at'))
  return {
    id,
    did,
    name,
    claimedDid: readOptionalDid(memberOf(record, 'claimed_did')),
    description: readText(orElse(memberOf(record, 'description'), ''), LONG_TEXT_RULE) ?? '',
    agentType: readToken(lowerCase(orElse(memberOf(record, 'agent_type'), 'unknown')), 'a2a') ?? 'unknown',
    version: readOptionalText(memberOf(record, 'version'), { maxChars: AGENT_LIMITS.versionChars }) ?? null,
    status: readOneOf(orElse(memberOf(record, 'status'), 'active'), ['active', 'deprecated']) ?? 'active',
    statusMessage:
      readOptionalText(memberOf(record, 'status_message'), { maxChars: AGENT_LIMITS.shortTextChars }) ?? null,
    successorDid: readOptionalDid(memberOf(record, 'successor_did')),
    visibility:
      readOneOf(orElse(memberOf(record, 'visibility'), source.askedVisibility), ['federated', 'public']) ??
      'federated',
    tags: readWords(orElse(memberOf(record, 'tags'), []), { max: AGENT_LIMITS.tags }) ?? [],
    skills: readEach(memberOf(record, 'skills'), { max: AGENT_LIMITS.skills, of: 'skills' }, readSkill),
    endpoints: readEach(
      memberOf(record, 'endpoints'),
      { max: AGENT_LIMITS.endpoints, of: 'endpoints' },
      readEndpoint,
    ),
    provider,
    authSchemes:
      readWords(orElse(memberOf(record, 'auth_schemes'), []), { max: AGENT_LIMITS.authSchemes }) ?? [],
    shareCard: false,
    cardFormat: CARD_FORMATS.find((format) => format === memberOf(record, 'card_format').value) ?? null,
    ...mixedScriptsOf(name, provider),
    createdAt: createdAt ?? updatedAt ?? 0,
    updatedAt: updatedAt ?? createdAt ?? 0,
  }
}

/** Said here, once for all searches: what was read of a record is remembered. */
function mixedScriptsOf(name: string, provider: Provider | null): Pick<Agent, 'mixedScripts'> {
  const mixed: NameMember[] = []
  if (hasMixedScripts(name)) mixed.push('name')
  if (provider !== null && hasMixedScripts(provider.organization)) mixed.push('provider')
  return mixed.length > 0 ? { mixedScripts: mixed } : {}
}

function checkRegistry(place: Place, source: RecordSource): void {
  const { registryUrl } = source
  if (isAbsent(place) || place.value === registryUrl) return
  const claimed = typeof place.value === 'string' ? normalizeRegistryUrl(place.value) : undefined
  if (claimed?.ok && isSameRegistry(claimed.url, source)) return
  complain(place, `The record belongs to another registry than ${registryUrl}.`)
}

/** Loopback addresses of one port and path are one registry, as they are in DIDs. */
function isSameRegistry(url: string, { registryUrl, didRoot }: RecordSource): boolean {
  return new URL(url).protocol === new URL(registryUrl).protocol && didRootOf(url) === didRoot
}

/** An identifier is taken as it is or not at all. */
function readId(place: Place): AgentId | undefined {
  const { value } = place
  const isUsable =
    typeof value === 'string' && value !== '' && value.length <= MAX_ID_CHARS && value === cleanLine(value)
  return isUsable ? (value as AgentId) : refuse(place, `an identifier of 1 to ${MAX_ID_CHARS} characters`)
}

/** The record's DID; a registry that mints none gets one made in its own name space. */
function readOwnDid(place: Place, id: AgentId, { registryUrl, didRoot }: RecordSource): Did | undefined {
  if (isAbsent(place)) return mintDidUnder(didRoot, id)
  const { value } = place
  if (typeof value !== 'string' || !isDid(value)) return refuse(place, 'a DID')
  const isOwn = !value.startsWith('did:web:') || isUnderRoot(value, didRoot)
  return isOwn ? value : complain(place, `The DID belongs to another origin than ${registryUrl}.`)
}

function readOptionalDid(place: Place): string | null {
  const { value } = place
  if (isAbsent(place)) return null
  return typeof value === 'string' && isDid(value) ? value : (refuse(place, 'a DID') ?? null)
}

/** As this software writes times; others are put into this form first. */
const USUAL_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const TIME = /^(\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)([Zz]|[+-]\d{2}:\d{2})?$/

/** Unix milliseconds. A time without zone is UTC: what databases that keep none mean. */
function readTime(place: Place): number | undefined {
  const { value } = place
  if (isAbsent(place)) return undefined
  const ms = typeof value === 'string' ? parseTime(value) : Number.NaN
  return Number.isNaN(ms) ? refuse(place, 'a time such as 2026-01-31T12:00:00Z') : ms
}

function parseTime(text: string): number {
  if (USUAL_TIME.test(text)) return Date.parse(text)
  const [, time, zone = 'Z'] = TIME.exec(text) ?? []
  return time === undefined ? Number.NaN : Date.parse(`${time.replace(/[t ]/, 'T')}${zone.toUpperCase()}`)
}

function readEach<T>(
  place: Place,
  rule: { max: number; of: string },
  read: (element: Place) => T | undefined,
): T[] {
  const elements = readArray(orElse(place, []), rule) ?? []
  return elements.map(read).filter((element) => element !== undefined)
}

function readSkill(place: Place): Skill | undefined {
  const skill = readObject(place)
  if (skill === undefined) return undefined
  const name = readText(memberOf(skill, 'name'), NAME_RULE)
  if (name === undefined) return undefined
  return {
    id: readText(cleaned(orElse(memberOf(skill, 'id'), name)), NAME_RULE) ?? name,
    name,
    description: readText(orElse(memberOf(skill, 'description'), ''), LONG_TEXT_RULE) ?? '',
    tags: readWords(orElse(memberOf(skill, 'tags'), []), { max: AGENT_LIMITS.tags }) ?? [],
  }
}

function readEndpoint(place: Place): Endpoint | undefined {
  const endpoint = readObject(place)
  if (endpoint === undefined) return undefined
  const url = readShownUrl(memberOf(endpoint, 'url'))
  const protocol = readToken(lowerCase(orElse(memberOf(endpoint, 'protocol'), 'http')), 'a2a')
  const binding = readOptionalText(memberOf(endpoint, 'binding'), { maxChars: AGENT_LIMITS.tagChars })
  if (url === undefined || protocol === undefined || binding === undefined) return undefined
  return { url, protocol, binding }
}

function readProvider(place: Place): Provider | null {
  if (isAbsent(place)) return null
  const provider = readObject(place)
  if (provider === undefined) return null
  const organization = readText(memberOf(provider, 'organization'), NAME_RULE)
  const url = memberOf(provider, 'url')
  if (organization === undefined) return null
  return { organization, url: isAbsent(url) ? null : (readShownUrl(url) ?? null) }
}

/** An address whose host cannot pass for another. */
function readShownUrl(place: Place): string | undefined {
  const url = readUrl(place)
  const shown = url && withAsciiHost(url)
  return shown === url ? url : readUrl(withValue(place, shown)) // it has become longer
}

/** An identifier that means something within its record alone is a text like others. */
function cleaned(place: Place): Place {
  return typeof place.value === 'string' ? withValue(place, cleanLine(place.value)) : place
}

function orElse(place: Place, value: unknown): Place {
  return isAbsent(place) ? withValue(place, value) : place
}

function lowerCase(place: Place): Place {
  return typeof place.value === 'string' ? withValue(place, place.value.toLowerCase()) : place
}
