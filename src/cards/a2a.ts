/**
 * Fields of an A2A agent card: version 1.x, and 0.3 with its single `url`. A card with both (published while clients
 * of both live) is read as 1.x.
 *
 * @see https://a2a-protocol.org/latest/specification/#441-agentcard
 */
import type { Endpoint, Provider, Skill } from '../domain/agent.ts'
import { AGENT_LIMITS } from '../domain/agent.ts'
import { type ExtractedFields, extracted } from './extracted.ts'
import { readEach, readSkillMembers } from './fields.ts'
import {
  distinctWords,
  isAbsent,
  isObject,
  memberOf,
  type Place,
  placeOf,
  readArray,
  readObject,
  readText,
  readUrl,
  refuse,
} from './place.ts'

const NAME_RULE = { maxChars: AGENT_LIMITS.nameChars }
const BINDING_RULE = { maxChars: AGENT_LIMITS.tagChars }
const MAX_MODES = 64

/** Members that say the kind of a security scheme in 1.x. */
const WRAPPERS: readonly (readonly [member: string, kind: string])[] = [
  ['apiKeySecurityScheme', 'apiKey'],
  ['httpAuthSecurityScheme', 'http'],
  ['oauth2SecurityScheme', 'oauth2'],
  ['openIdConnectSecurityScheme', 'openIdConnect'],
  ['mtlsSecurityScheme', 'mtls'],
]

/** Values of `type` in 0.3, which follows OpenAPI. */
const TYPES: ReadonlyMap<unknown, string> = new Map([
  ['apiKey', 'apiKey'],
  ['http', 'http'],
  ['oauth2', 'oauth2'],
  ['openIdConnect', 'openIdConnect'],
  ['mutualTLS', 'mtls'],
])

/**
 * Checks what the specification requires and gives the fields that search needs. Tags are those of all skills, the
 * first 64 of them: a view of the card, not a claim of its own.
 *
 * @param pointer where the card is in the body, for the faults.
 */
export function extractFields(card: unknown, pointer = ''): ExtractedFields {
  const place = placeOf(card, pointer)
  const hasInterfaces = !isAbsent(memberOf(place, 'supportedInterfaces'))
  const skills = readEach(memberOf(place, 'skills'), { max: AGENT_LIMITS.skills, of: 'skills' }, readSkill)
  checkModes(memberOf(place, 'defaultInputModes'))
  checkModes(memberOf(place, 'defaultOutputModes'))
  readObject(memberOf(place, 'capabilities'))
  const fields = {
    agentType: 'a2a',
    name: readText(memberOf(place, 'name'), NAME_RULE),
    description: readText(memberOf(place, 'description'), {
      maxChars: AGENT_LIMITS.descriptionChars,
      isMultiline: true,
      mayBeEmpty: true,
    }),
    version: readText(memberOf(place, 'version'), { maxChars: AGENT_LIMITS.versionChars }),
    skills,
    tags: distinctWords((skills ?? []).flatMap((skill) => skill.tags)).slice(0, AGENT_LIMITS.tags),
    endpoints: hasInterfaces ? readInterfaces(place) : readEarlyInterfaces(place),
    provider: readProvider(memberOf(place, 'provider')),
    authSchemes: readSecuritySchemes(memberOf(place, 'securitySchemes')),
  }
  return extracted(fields, place)
}

function checkModes(modes: Place): void {
  for (const mode of readArray(modes, { max: MAX_MODES, of: 'media types' }) ?? []) readText(mode, NAME_RULE)
}

/** A skill of a card may leave nothing out, while one among plain fields may. */
function readSkill(place: Place): Skill | undefined {
  const takes = 'a skill: an object with id, name, description and tags'
  if (readObject(place, takes) === undefined) return undefined
  const skill = readSkillMembers(place)
  const description = memberOf(place, 'description')
  const tags = memberOf(place, 'tags')
  if (description.value === undefined) refuse(description, 'what the skill does')
  if (tags.value === undefined) refuse(tags, 'an array of texts')
  return skill
}

function readInterfaces(card: Place): Endpoint[] | undefined {
  const rule = { min: 1, max: AGENT_LIMITS.endpoints, of: 'interfaces' }
  return readEach(memberOf(card, 'supportedInterfaces'), rule, (place) => {
    if (
      readObject(place, 'an interface: an object with url, protocolBinding and protocolVersion') === undefined
    ) {
      return undefined
    }
    readText(memberOf(place, 'protocolVersion'), { maxChars: AGENT_LIMITS.versionChars })
    return toEndpoint(
      readUrl(memberOf(place, 'url')),
      readText(memberOf(place, 'protocolBinding'), BINDING_RULE),
    )
  })
}

function readEarlyInterfaces(card: Place): Endpoint[] | undefined {
  const transport = memberOf(card, 'preferredTransport')
  // 0.3, 5.5: without a word the transport is JSON-RPC.
  const binding = isAbsent(transport) ? 'JSONRPC' : readText(transport, BINDING_RULE)
  const main = toEndpoint(readUrl(memberOf(card, 'url')), binding)
  const others = readFurtherInterfaces(memberOf(card, 'additionalInterfaces'))
  if (main === undefined || others === undefined) return undefined
  // The specification asks to name the main interface among the additional ones again.
  return [main, ...others.filter((other) => other.url !== main.url || other.binding !== main.binding)]
}

function readFurtherInterfaces(place: Place): Endpoint[] | undefined {
  if (isAbsent(place)) return []
  return readEach(place, { max: AGENT_LIMITS.endpoints - 1, of: 'interfaces' }, (element) => {
    if (readObject(element, 'an interface: an object with url and transport') === undefined) return undefined
    return toEndpoint(
      readUrl(memberOf(element, 'url')),
      readText(memberOf(element, 'transport'), BINDING_RULE),
    )
  })
}

function toEndpoint(url: string | undefined, binding: string | undefined): Endpoint | undefined {
  return url === undefined || binding === undefined ? undefined : { url, protocol: 'a2a', binding }
}

function readProvider(place: Place): Provider | null | undefined {
  if (isAbsent(place)) return null
  if (readObject(place, 'a provider: an object with organization and url') === undefined) return undefined
  const organization = readText(memberOf(place, 'organization'), NAME_RULE)
  const url = readUrl(memberOf(place, 'url'))
  return organization === undefined || url === undefined ? undefined : { organization, url }
}

/** The kinds of the schemes, each once. Cards between the generations mix both ways to write one. */
function readSecuritySchemes(place: Place): string[] | undefined {
  if (isAbsent(place)) return []
  if (readObject(place, 'an object of security schemes by name') === undefined || !isObject(place.value)) {
    return undefined
  }
  const kinds = Object.keys(place.value).map((name) => readSecurityScheme(memberOf(place, name)))
  return distinctWords(kinds.filter((kind) => kind !== undefined))
}

function readSecurityScheme(scheme: Place): string | undefined {
  const wrapper = WRAPPERS.find(([member]) => !isAbsent(memberOf(scheme, member)))
  const kind = wrapper?.[1] ?? TYPES.get(memberOf(scheme, 'type').value)
  const members = WRAPPERS.map(([member]) => member).join(', ')
  return kind ?? refuse(scheme, `a security scheme: an object with one of ${members}, or in 0.3 \`type\``)
}
