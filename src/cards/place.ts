/**
 * Reading values that others sent: every reader takes a value together with its place in the body, and either
 * gives what it takes or notes a fault that says what was seen there. Reading goes on after a fault, so that one
 * answer names them all.
 */
import { AGENT_LIMITS } from '../domain/agent.ts'
import type { Fault } from '../problem.ts'

/**
 * A value, where it stands, and the list that faults found there go to. Every member of every record that a search
 * receives passes here, and hardly any has a fault: the JSON pointer is written only where one is found.
 */
export type Place = {
  readonly value: unknown
  /** What it is a part of; `null` for the whole. */
  readonly parent: Place | null
  /** Its name or index there; of the whole, the JSON pointer it begins at. */
  readonly step: string | number
  readonly faults: Fault[]
}

/** Lengths are counted in code points, after trimming. */
export type TextRule = {
  readonly maxChars: number
  /** Tabs and line breaks are welcome. */
  readonly isMultiline?: boolean
  readonly mayBeEmpty?: boolean
}

/** Enough to mend a body in one go; an answer must not grow with the nonsense it answers. */
const MAX_FAULTS = 100

// Besides control characters: line separators, and the bidi embeddings, overrides and isolates, with which one
// name can be made to look like another.
const FORBIDDEN_IN_LINES = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u
const FORBIDDEN_IN_TEXT = /(?![\t\n\r])\p{Cc}/u
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/
const TOKEN = /^[a-z0-9][a-z0-9._-]{0,63}$/

/** The whole body, or, with a pointer, a part of it that was read before. */
export function placeOf(value: unknown, pointer = ''): Place {
  return { value, parent: null, step: pointer, faults: [] }
}

/** A member of the object at a place; its value is `undefined` if there is none. Inherited members do not count. */
export function memberOf(object: Place, name: string): Place {
  const { value } = object
  return {
    value: isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined,
    parent: object,
    step: name,
    faults: object.faults,
  }
}

/** The same place with another value there, as if that had been sent. */
export function withValue({ parent, step, faults }: Place, value: unknown): Place {
  return { value, parent, step, faults }
}

/** @see RFC 6901, section 3 */
function pointerOf({ parent, step }: Place): string {
  if (parent === null) return String(step)
  return `${pointerOf(parent)}/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Nothing was sent here. Foreign cards write `null` for that as often as they leave the member out. */
export function isAbsent(place: Place): boolean {
  return place.value === undefined || place.value === null
}

/** Notes a fault. @param takes a phrase that continues "Takes …". */
export function refuse(place: Place, takes: string): undefined {
  const message =
    place.value === undefined ? `Missing: takes ${takes}.` : `Takes ${takes}; seen: ${describe(place.value)}.`
  return complain(place, message)
}

/** Notes a fault in its own words. Beyond the first hundred only a remark is kept. */
export function complain(place: Place, message: string): undefined {
  const { faults } = place
  if (faults.length < MAX_FAULTS) faults.push({ pointer: pointerOf(place), message })
  else if (faults.length === MAX_FAULTS) {
    faults.push({ pointer: '', message: `There are more faults; these are the first ${MAX_FAULTS}.` })
  }
  return undefined
}

/** The place itself if an object is there. */
export function readObject(place: Place, takes = 'an object'): Place | undefined {
  return isObject(place.value) ? place : refuse(place, takes)
}

/** The places of an array's elements. One that is too long is not looked into. */
export function readArray(
  place: Place,
  rule: { readonly max: number; readonly min?: number; readonly of: string },
): Place[] | undefined {
  const { min = 0, max, of } = rule
  const { value } = place
  if (!Array.isArray(value) || value.length < min || value.length > max) {
    return refuse(place, `an array of ${min > 0 ? `${min} to ${max}` : `at most ${max}`} ${of}`)
  }
  return value.map((element: unknown, index) => ({
    value: element,
    parent: place,
    step: index,
    faults: place.faults,
  }))
}

/** Text without the white space around it. */
export function readText(place: Place, rule: TextRule): string | undefined {
  const { maxChars, isMultiline = false, mayBeEmpty = false } = rule
  if (typeof place.value !== 'string') return refuse(place, textTaken(rule))
  const text = place.value.trim()
  if (text === '' && !mayBeEmpty) return refuse(place, textTaken(rule))
  if (isLongerThan(text, maxChars)) {
    return complain(place, `Takes ${textTaken(rule)}; seen: ${[...text].length} characters.`)
  }
  if (PRINTABLE_ASCII.test(text)) return text // nearly all, and the patterns below are far slower
  if (!text.isWellFormed())
    return complain(place, `Takes ${textTaken(rule)}; half a surrogate pair is no character.`)
  const forbidden = (isMultiline ? FORBIDDEN_IN_TEXT : FORBIDDEN_IN_LINES).exec(text)
  if (forbidden === null) return text
  return complain(
    place,
    `Takes ${textTaken(rule)}, without the control character ${codePointOf(forbidden[0])} that it has.`,
  )
}

function codePointOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

function textTaken({ maxChars, mayBeEmpty = false }: TextRule): string {
  return `text of ${mayBeEmpty ? 'at most' : '1 to'} ${maxChars} characters`
}

/** Text that may be left out: absent or empty is `null`. */
export function readOptionalText(place: Place, rule: TextRule): string | null | undefined {
  if (isAbsent(place)) return null
  const text = readText(place, { ...rule, mayBeEmpty: true })
  return text === '' ? null : text
}

/** A lower-case token of an open set, such as an agent type or a protocol. */
export function readToken(place: Place, examples: string): string | undefined {
  const text = typeof place.value === 'string' ? place.value.trim() : ''
  if (TOKEN.test(text)) return text
  const takes = `1 to 64 of a-z, 0-9, ".", "_" and "-", starting with a letter or digit, such as ${examples}`
  return refuse(place, takes)
}

/** One of a closed set. */
export function readOneOf<T extends string>(place: Place, choices: readonly T[]): T | undefined {
  for (const choice of choices) if (choice === place.value) return choice
  return refuse(place, `one of ${choices.join(', ')}`)
}

/** Short texts that differ otherwise than in case; of equal ones the first spelling stays. */
export function readWords(place: Place, rule: { readonly max: number }): string[] | undefined {
  const words = readArray(place, { max: rule.max, of: 'texts' })?.map((word) =>
    readText(word, { maxChars: AGENT_LIMITS.tagChars }),
  )
  return words === undefined ? undefined : distinctWords(words.filter((word) => word !== undefined))
}

/** The words without those that differ from an earlier one in case only. */
export function distinctWords(words: readonly string[]): string[] {
  if (words.length < 2) return [...words]
  const spellings = new Map<string, string>()
  for (const word of words) {
    const key = word.normalize('NFC').toLowerCase()
    if (!spellings.has(key)) spellings.set(key, word)
  }
  return [...spellings.values()]
}

/** An absolute web address, as it was written. */
export function readUrl(place: Place): string | undefined {
  const text = typeof place.value === 'string' ? place.value.trim() : ''
  if (isLongerThan(text, AGENT_LIMITS.urlChars)) {
    return complain(place, `Takes ${URL_TAKEN}; seen: ${[...text].length} characters.`)
  }
  // URL parsers forgive blanks, line breaks, backslashes and missing slashes, each in its own way.
  const isPlain = PLAIN_IN_URLS.test(text) // nearly all, and the patterns below are far slower
  const isUrl = WEB_ADDRESS.test(text) && (isPlain || !FORBIDDEN_IN_URLS.test(text)) && URL.canParse(text)
  if (!isUrl || !text.isWellFormed()) return refuse(place, URL_TAKEN)
  const unseen = isPlain ? null : UNSEEN_IN_URLS.exec(text)
  if (unseen !== null) {
    return complain(
      place,
      `Takes ${URL_TAKEN}, without the character ${codePointOf(unseen[0])} that it has and nobody sees.`,
    )
  }
  if (USER_INFORMATION.test(text)) {
    return complain(
      place,
      `Takes ${URL_TAKEN} without user name or password: records are read by others, and credentials in a URL end up in their logs.`,
    )
  }
  return text
}

const URL_TAKEN = `an absolute https or http URL of at most ${AGENT_LIMITS.urlChars} characters`
const WEB_ADDRESS = /^https?:\/\/[^/?#]/i
const PLAIN_IN_URLS = /^[!-[\]-~]+$/ // printable ASCII without blank and backslash
const FORBIDDEN_IN_URLS = /[\s\p{Cc}\\]/u
// What it shows is where it leads: bidi controls and zero-width characters are percent-encoded, or mistakes.
const UNSEEN_IN_URLS = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/u
// Whatever stands before an @ in front of the first slash, question mark or number sign (RFC 3986, section 3.2.1).
const USER_INFORMATION = /^https?:\/\/[^/?#]*@/i

/** What a value is, in few words. */
export function describe(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'string') {
    const start = [...value.slice(0, 120)].slice(0, 60).join('')
    return JSON.stringify(start.length < value.length ? `${start}…` : value)
  }
  if (typeof value === 'object' && value !== null) return 'an object'
  return String(value)
}

function isLongerThan(text: string, maxChars: number): boolean {
  // A code point takes one or two code units, so most texts need no counting.
  return text.length > maxChars && (text.length > 2 * maxChars || [...text].length > maxChars)
}
