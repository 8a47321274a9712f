/**
 * Fields of an AgentVault card. The rules are those of the AgentVault library's model, but for one: its model
 * accepts any `http` URL that begins with the letters `http://localhost`, of whoever owns the rest of the name.
 */
import type { Endpoint, Provider, Skill } from '../domain/agent.ts'
import { AGENT_LIMITS } from '../domain/agent.ts'
import { type ExtractedFields, extracted } from './extracted.ts'
import { readEach, readSkillMembers } from './fields.ts'
import {
  complain,
  distinctWords,
  isAbsent,
  memberOf,
  type Place,
  placeOf,
  readObject,
  readOneOf,
  readOptionalText,
  readText,
  readUrl,
  readWords,
  refuse,
} from './place.ts'

const NAME_RULE = { maxChars: AGENT_LIMITS.nameChars }
const VERSION_RULE = { maxChars: AGENT_LIMITS.versionChars, mayBeEmpty: true }
const LONG_TEXT_RULE = { maxChars: AGENT_LIMITS.descriptionChars, isMultiline: true, mayBeEmpty: true }
const SCHEMES = ['apiKey', 'bearer', 'oauth2', 'none'] as const

/**
 * Checks what the model requires and gives the fields that search needs. `humanReadableId` and
 * `provider.support_contact` stay in the card: the one is not unique, the other is somebody's address.
 *
 * @param pointer where the card is in the body, for the faults.
 */
export function extractFields(card: unknown, pointer = ''): ExtractedFields {
  const place = placeOf(card, pointer)
  readText(memberOf(place, 'schemaVersion'), VERSION_RULE)
  readText(memberOf(place, 'humanReadableId'), { maxChars: AGENT_LIMITS.shortTextChars, mayBeEmpty: true })
  checkCapabilities(memberOf(place, 'capabilities'))
  for (const name of ['privacyPolicyUrl', 'termsOfServiceUrl', 'iconUrl']) checkUrl(memberOf(place, name))
  const version = readText(memberOf(place, 'agentVersion'), VERSION_RULE)
  const fields = {
    agentType: 'agentvault',
    name: readText(memberOf(place, 'name'), NAME_RULE),
    description: readText(memberOf(place, 'description'), LONG_TEXT_RULE),
    version: version === '' ? null : version,
    tags: readTags(memberOf(place, 'tags')),
    skills: readSkills(memberOf(place, 'skills')),
    endpoints: readEndpoints(memberOf(place, 'url')),
    provider: readProvider(memberOf(place, 'provider')),
    authSchemes: readAuthSchemes(memberOf(place, 'authSchemes')),
  }
  return extracted(fields, place)
}

function checkCapabilities(place: Place): void {
  if (readObject(place, 'an object with a2aVersion') === undefined) return
  readText(memberOf(place, 'a2aVersion'), VERSION_RULE)
  readOptionalText(memberOf(place, 'mcpVersion'), VERSION_RULE)
  const details = memberOf(place, 'teeDetails')
  if (isAbsent(details) || readObject(details, 'an object with type') === undefined) return
  readText(memberOf(details, 'type'), NAME_RULE)
  checkUrl(memberOf(details, 'attestationEndpoint'))
}

function checkUrl(place: Place): void {
  if (!isAbsent(place)) readUrl(place)
}

function readTags(place: Place): string[] | undefined {
  return isAbsent(place) ? [] : readWords(place, { max: AGENT_LIMITS.tags })
}

function readSkills(place: Place): Skill[] | undefined {
  if (isAbsent(place)) return []
  return readEach(place, { max: AGENT_LIMITS.skills, of: 'skills' }, (element) => {
    if (readObject(element, 'a skill: an object with id, name and description') === undefined)
      return undefined
    const description = memberOf(element, 'description')
    if (description.value === undefined) refuse(description, 'what the skill does')
    return readSkillMembers(element)
  })
}

function readEndpoints(place: Place): Endpoint[] | undefined {
  const url = readUrl(place)
  if (url === undefined) return undefined
  const { protocol, hostname } = new URL(url)
  if (protocol === 'https:' || hostname === 'localhost') return [{ url, protocol: 'a2a', binding: null }]
  return complain(
    place,
    `Takes https, or http on the host localhost only; seen: ${protocol.replace(':', '')} on ${hostname}.`,
  )
}

function readProvider(place: Place): Provider | undefined {
  if (readObject(place, 'a provider: an object with name') === undefined) return undefined
  const organization = readText(memberOf(place, 'name'), NAME_RULE)
  const urlPlace = memberOf(place, 'url')
  const url = isAbsent(urlPlace) ? null : readUrl(urlPlace)
  return organization === undefined || url === undefined ? undefined : { organization, url }
}

function readAuthSchemes(place: Place): string[] | undefined {
  const rule = { min: 1, max: AGENT_LIMITS.authSchemes, of: 'authentication schemes' }
  const schemes = readEach(place, rule, (element) => {
    if (readObject(element, 'an authentication scheme: an object with scheme') === undefined) return undefined
    const scheme = readOneOf(memberOf(element, 'scheme'), SCHEMES)
    const tokenUrl = memberOf(element, 'tokenUrl')
    if (scheme === 'oauth2' || !isAbsent(tokenUrl)) readUrl(tokenUrl)
    return scheme
  })
  return schemes === undefined ? undefined : distinctWords(schemes)
}
