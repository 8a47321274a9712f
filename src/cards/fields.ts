/**
 * The fields of a record as publishers write them: plain snake_case members of a JSON object. Everything wrong
 * with a body is told at once, each fault with its JSON pointer.
 */
import type { AgentFields, Endpoint, Provider, Skill } from '../domain/agent.ts'
import { AGENT_LIMITS, AGENT_STATUSES, VISIBILITIES } from '../domain/agent.ts'
import type { Fault } from '../problem.ts'
import { isDid } from './did.ts'
import {
  complain,
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
} from './place.ts'

/** Name of a field of a record. */
export type FieldName = keyof AgentFields

export type ParsedFields =
  | {
      readonly ok: true
      /** What was set. */
      readonly fields: Partial<AgentFields>
      /** Names of what was set. */
      readonly given: readonly FieldName[]
      /** Names of what was sent as `null`: not set here, to be taken from the card or the defaults. */
      readonly cleared: readonly FieldName[]
    }
  | { readonly ok: false; readonly faults: readonly Fault[] }

/** Members of a record that the registry makes; accepted, so that a record read can be sent back, and ignored. */
export const READ_ONLY_MEMBERS: readonly string[] = [
  'id',
  'did',
  'card_url',
  'card_format',
  'created_at',
  'updated_at',
  'is_federated',
  'registry_url',
  'registry_name',
  'provenance',
  'score',
  'also_in',
  'withheld',
]

/** Name of every field on the wire. */
export const WIRE_NAMES: Readonly<Record<FieldName, string>> = {
  claimedDid: 'claimed_did',
  name: 'name',
  description: 'description',
  agentType: 'agent_type',
  version: 'version',
  status: 'status',
  statusMessage: 'status_message',
  successorDid: 'successor_did',
  visibility: 'visibility',
  tags: 'tags',
  skills: 'skills',
  endpoints: 'endpoints',
  provider: 'provider',
  authSchemes: 'auth_schemes',
  shareCard: 'share_card',
}

/** Every field, in the order of the wire. */
export const FIELD_NAMES: readonly FieldName[] = [
  'claimedDid',
  'name',
  'description',
  'agentType',
  'version',
  'status',
  'statusMessage',
  'successorDid',
  'visibility',
  'tags',
  'skills',
  'endpoints',
  'provider',
  'authSchemes',
  'shareCard',
]

type Reader<K extends FieldName> = (place: Place) => AgentFields[K] | undefined
type Defaults = Omit<AgentFields, 'name' | 'agentType'>

const AGENT_TYPES = 'a2a, mcp-server, agentvault, api or skill'
const NAME_RULE = { maxChars: AGENT_LIMITS.nameChars }
const LONG_TEXT_RULE = { maxChars: AGENT_LIMITS.descriptionChars, isMultiline: true, mayBeEmpty: true }

const READERS: { readonly [K in FieldName]: Reader<K> } = {
  claimedDid: readDid,
  name: (place) => readText(place, NAME_RULE),
  description: (place) => readText(place, LONG_TEXT_RULE),
  agentType: (place) => readToken(place, AGENT_TYPES),
  version: (place) => readOptionalText(place, { maxChars: AGENT_LIMITS.versionChars }),
  status: (place) => readOneOf(place, AGENT_STATUSES),
  statusMessage: (place) => readOptionalText(place, { maxChars: AGENT_LIMITS.shortTextChars }),
  successorDid: readDid,
  visibility: (place) => readOneOf(place, VISIBILITIES),
  tags: (place) => readWords(place, { max: AGENT_LIMITS.tags }),
  skills: (place) => readEach(place, { max: AGENT_LIMITS.skills, of: 'skills' }, readSkill),
  endpoints: (place) => readEach(place, { max: AGENT_LIMITS.endpoints, of: 'endpoints' }, readEndpoint),
  provider: readProvider,
  authSchemes: (place) => readWords(place, { max: AGENT_LIMITS.authSchemes }),
  shareCard: (place) => (typeof place.value === 'boolean' ? place.value : refuse(place, 'true or false')),
}

const DEFAULTS: Defaults = {
  claimedDid: null,
  description: '',
  version: null,
  status: 'active',
  statusMessage: null,
  successorDid: null,
  visibility: 'local',
  tags: [],
  skills: [],
  endpoints: [],
  provider: null,
  authSchemes: [],
  shareCard: false,
}

/**
 * Reads the fields of a record from a parsed JSON body, without its `card`, which the caller takes out first.
 *
 * @param options.partial a change, or what overrides a card: nothing is required, and `null` clears any member.
 *   Otherwise a record of its own: name and type are required, and `null` is for members that can be null.
 */
export function parseFields(input: unknown, options: { readonly partial: boolean }): ParsedFields {
  const body = placeOf(input)
  if (readObject(body, 'an object with the members of a record') === undefined) {
    return { ok: false, faults: body.faults }
  }
  refuseUnknownMembers(body, [...Object.values(WIRE_NAMES), ...READ_ONLY_MEMBERS])
  const fields: Partial<AgentFields> = {}
  const cleared: FieldName[] = []
  for (const field of FIELD_NAMES) {
    const place = memberOf(body, WIRE_NAMES[field])
    if (place.value === null && (options.partial || isNullable(field))) cleared.push(field)
    else if (place.value !== undefined || (!options.partial && isRequired(field))) {
      readField(place, field, fields)
    }
  }
  if (body.faults.length > 0) return { ok: false, faults: body.faults }
  return { ok: true, fields, given: FIELD_NAMES.filter((field) => Object.hasOwn(fields, field)), cleared }
}

/** Adds the defaults to what is known of a record. Name and type have none. */
export function completeFields(
  partial: Partial<AgentFields>,
):
  | { readonly ok: true; readonly fields: AgentFields }
  | { readonly ok: false; readonly faults: readonly Fault[] } {
  const { name, agentType } = partial
  if (name !== undefined && agentType !== undefined) {
    return { ok: true, fields: { ...DEFAULTS, ...partial, name, agentType } }
  }
  const body = placeOf({})
  if (name === undefined)
    refuse(memberOf(body, 'name'), 'the name of the agent, as there is no card to take it from')
  if (agentType === undefined) {
    refuse(
      memberOf(body, 'agent_type'),
      `a type, such as ${AGENT_TYPES}, as there is no card to take it from`,
    )
  }
  return { ok: false, faults: body.faults }
}

/** The fields of those names only, without the undefined ones. */
export function onlyFields(
  fields: { readonly [K in FieldName]?: AgentFields[K] | undefined },
  names: readonly FieldName[],
): Partial<AgentFields> {
  const chosen: Partial<AgentFields> = {}
  for (const name of names) copyField(name, fields, chosen)
  return chosen
}

/** Reads a skill's members, all of which a card may have under the same names. Unknown ones are the caller's. */
export function readSkillMembers(skill: Place): Skill | undefined {
  const id = readText(memberOf(skill, 'id'), NAME_RULE)
  const name = readText(memberOf(skill, 'name'), NAME_RULE)
  const descriptionPlace = memberOf(skill, 'description')
  const description = descriptionPlace.value === undefined ? '' : readText(descriptionPlace, LONG_TEXT_RULE)
  const tagsPlace = memberOf(skill, 'tags')
  const tags = tagsPlace.value === undefined ? [] : readWords(tagsPlace, { max: AGENT_LIMITS.tags })
  if (id === undefined || name === undefined || description === undefined || tags === undefined)
    return undefined
  return { id, name, description, tags }
}

/** Every element as `read` gives it; those with a fault are missing. */
export function readEach<T>(
  place: Place,
  rule: { readonly max: number; readonly min?: number; readonly of: string },
  read: (element: Place) => T | undefined,
): T[] | undefined {
  return readArray(place, rule)
    ?.map(read)
    .filter((element) => element !== undefined)
}

function isNullable(field: FieldName): boolean {
  return !isRequired(field) && DEFAULTS[field] === null
}

function isRequired(field: FieldName): field is 'name' | 'agentType' {
  return field === 'name' || field === 'agentType'
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

function readField<K extends FieldName>(place: Place, field: K, into: Writable<Partial<AgentFields>>): void {
  const value = READERS[field](place)
  if (value !== undefined) into[field] = value
}

function copyField<K extends FieldName>(
  field: K,
  from: { readonly [P in K]?: AgentFields[P] | undefined },
  to: Writable<Partial<AgentFields>>,
): void {
  const value = from[field]
  if (value !== undefined) to[field] = value
}

function refuseUnknownMembers(object: Place, known: readonly string[]): void {
  if (!isObject(object.value)) return
  for (const name of Object.keys(object.value)) {
    if (known.includes(name)) continue
    const meant = known.find((candidate) => letters(candidate) === letters(name))
    const advice = meant === undefined ? `takes ${known.join(', ')}` : `did you mean \`${meant}\`?`
    complain(memberOf(object, name), `Unknown member; ${advice}`)
  }
}

function letters(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}

function readDid(place: Place): string | undefined {
  const text = typeof place.value === 'string' ? place.value.trim() : ''
  return isDid(text) ? text : refuse(place, 'a DID, such as did:web:agents.example:summarizer')
}

function readSkill(place: Place): Skill | undefined {
  const skill = readObject(place, 'a skill: an object with id, name, description and tags')
  if (skill === undefined) return undefined
  refuseUnknownMembers(skill, ['id', 'name', 'description', 'tags'])
  return readSkillMembers(skill)
}

function readEndpoint(place: Place): Endpoint | undefined {
  const endpoint = readObject(place, 'an endpoint: an object with url, protocol and binding')
  if (endpoint === undefined) return undefined
  refuseUnknownMembers(endpoint, ['url', 'protocol', 'binding'])
  const url = readUrl(memberOf(endpoint, 'url'))
  const protocol = readToken(memberOf(endpoint, 'protocol'), 'a2a, mcp or http')
  const binding = readOptionalText(memberOf(endpoint, 'binding'), { maxChars: AGENT_LIMITS.tagChars })
  if (url === undefined || protocol === undefined || binding === undefined) return undefined
  return { url, protocol, binding }
}

function readProvider(place: Place): Provider | undefined {
  const provider = readObject(place, 'a provider: an object with organization and url')
  if (provider === undefined) return undefined
  refuseUnknownMembers(provider, ['organization', 'url'])
  const organization = readText(memberOf(provider, 'organization'), NAME_RULE)
  const urlPlace = memberOf(provider, 'url')
  const isUrlLeftOut = urlPlace.value === undefined || urlPlace.value === null
  const url = isUrlLeftOut ? null : readUrl(urlPlace)
  return organization === undefined || url === undefined ? undefined : { organization, url }
}
