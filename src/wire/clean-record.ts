/** Text of a received record without what cannot be seen, and the text as its registry counted it. */
import { isObject } from '../cards/place.ts'
import { AGENT_LIMITS } from '../domain/agent.ts'
import type { ScorableRecord } from '../search/score.ts'
import { cleanLine, cleanText } from '../security/text.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** Members that keep their line breaks. */
const MULTILINE: ReadonlySet<string> = new Set(['description'])

/** Identifiers and addresses are taken as they are or refused; cleaning could make one pass for another. */
const VERBATIM: ReadonlySet<string> = new Set([
  ...['id', 'did', 'claimed_did', 'successor_did', 'registry_url', 'url', 'created_at', 'updated_at'],
])

/** Members that are read of a record; of the others nothing is looked at. */
const MEMBERS = [
  ...['id', 'did', 'claimed_did', 'name', 'description', 'agent_type', 'version', 'status', 'status_message'],
  ...[
    'successor_did',
    'visibility',
    'tags',
    'skills',
    'endpoints',
    'provider',
    'auth_schemes',
    'card_format',
  ],
  ...['created_at', 'updated_at', 'registry_url'],
]

// Every text that is accepted has at most this many UTF-16 units; a longer one is refused later, uncleaned.
const MOST_UNITS = 2 * AGENT_LIMITS.descriptionChars

/**
 * The record with clean texts: itself if there is nothing to clean, which is nearly always so. `received` holds the
 * searched texts as they came, if cleaning took anything away.
 */
export function cleanRecord(value: JsonObject): {
  readonly record: JsonObject
  readonly received: ScorableRecord | null
} {
  if (MEMBERS.every((name) => isClean(value[name], name))) return { record: value, received: null }
  let wasAltered = false
  const clean = (part: unknown, member: string): unknown => {
    if (typeof part === 'string') {
      if (part.length > MOST_UNITS || VERBATIM.has(member)) return part
      if (cleanText(part) !== part) wasAltered = true
      return MULTILINE.has(member) ? cleanText(part) : cleanLine(part)
    }
    // A list too long for any member is refused later; its elements cost nothing until then.
    if (Array.isArray(part))
      return part.length > AGENT_LIMITS.skills ? part : part.map((one) => clean(one, member))
    if (!isObject(part)) return part
    return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, clean(inner, name)]))
  }
  const record = Object.fromEntries(
    MEMBERS.filter((name) => Object.hasOwn(value, name)).map((name) => [name, clean(value[name], name)]),
  )
  return { record, received: wasAltered ? receivedTexts(value) : null }
}

/** Whether cleaning would give the very same: a quick look that may miss texts which are clean all the same. */
function isClean(part: unknown, member: string): boolean {
  if (typeof part === 'string') {
    return VERBATIM.has(member) || !(MULTILINE.has(member) ? UNUSUAL_IN_TEXT : UNUSUAL_IN_LINE).test(part)
  }
  if (typeof part !== 'object' || part === null) return true
  // A list too long for any member is refused later; its elements cost nothing until then.
  if (Array.isArray(part))
    return part.length > AGENT_LIMITS.skills || part.every((one) => isClean(one, member))
  for (const name in part) if (!isClean(Reflect.get(part, name), name)) return false
  return true
}

const UNUSUAL_IN_TEXT = /[^\x20-\x7e\n\t]/
const UNUSUAL_IN_LINE = /[^\x20-\x7e]| {2}|^ | $/ // runs of blanks, and those at the ends, are removed

/** Only read when the cleaned record was accepted, so that sizes are bounded. */
function receivedTexts(value: JsonObject): ScorableRecord {
  const provider = isObject(value.provider) ? value.provider : {}
  return {
    name: textOf(value.name),
    description: textOf(value.description),
    agentType: textOf(value.agent_type),
    tags: listOf(value.tags).map(textOf),
    providerOrganization: textOf(provider.organization),
    skills: listOf(value.skills)
      .filter(isObject)
      .map(({ name, description }) => ({ name: textOf(name), description: textOf(description) })),
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
