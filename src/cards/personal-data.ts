/**
 * Finds what should not leave the registry in text: addresses of people and machines, and secrets. It knows shapes,
 * not meanings, so it leaves alone what only looks alike: versions, dates, identifiers, port numbers, counts.
 */
import { isIPv6 } from 'node:net'

export type PersonalDataKind = 'email' | 'phone' | 'ip' | 'token'

// Every quantifier is bounded and every shape starts where its characters cannot have started earlier, so that the
// time is linear in the text, whatever the text.

// `git@` and `name@1.2.3` are addresses of code.
const EMAIL =
  /(?<![\p{L}\p{N}._%+-])(?!git@)[\p{L}\p{N}._%+-]{1,64}@(?!\d+\.\d)(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}[\p{L}\p{N}-]{1,62}/giu

const OCTET = String.raw`(?:25[0-5]|2[0-4]\d|1?\d?\d)`
// Four numbers after "v", "version", "name-" or "Chrome/" are a version, as are those that go on with letters.
const NOT_AN_ADDRESS = String.raw`[\p{L}\p{N}_.@]|[\p{L}_][/-]|\b(?:v|ver|version|release|build|section)[ .:=]{1,2}`
const IPV4 = new RegExp(
  `(?<!${NOT_AN_ADDRESS})${OCTET}(?:\\.${OCTET}){3}(?![\\p{L}\\p{N}_]|[+-]\\p{L}|\\.\\d)`,
  'giu',
)
const IPV6_CANDIDATE = /(?<![\p{L}\p{N}_:.])[0-9a-f:]{3,38}[0-9a-f](?![\p{L}\p{N}_]|:[0-9a-f])/giu

const PHONE_CANDIDATE =
  /(?<![\p{L}\p{N}_./@+-])\+?\(?\d[\d \t\u00a0\u2011\u202f()./-]{5,28}\d(?![\p{L}\p{N}_]|[-./:]\p{N})/gu

const TOKENS: readonly RegExp[] = [
  // prefixes that issuers chose so that leaked keys are found
  /(?<![\w-])(?:sk|pk|rk)[-_](?=[\w-]{0,512}\d)[\w-]{20,512}/g,
  /(?<![\w-])(?:gh[oprsu]_\w{30,255}|github_pat_\w{30,255}|glpat-[\w-]{20,64}|npm_\w{36}|hf_\w{30,64})/g,
  /(?<![\w-])(?:xox[abeoprs]-[\w-]{16,256}|pypi-[\w-]{50,512}|(?:AKIA|ASIA)[0-9A-Z]{16}(?!\w)|AIza[\w-]{35})/g,
  // our own, and those of the registry whose interface we also speak
  /(?<![\w-])(?:av[af]_[0-9A-Za-z]{40,64}|avp_[\w-]{40,4096}|avreg_[\w-]{40,64}|avrec(?:-[0-9a-f]{8}){3})/g,
  // a JSON Web Token; the detached signatures of cards have no second part
  /(?<![\w.-])eyJ[\w-]{8,4096}\.[\w-]{8,8192}\.[\w-]{8,4096}/g,
  /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[^-]{0,16384}(?:-----END [A-Z ]{0,32}PRIVATE KEY-----)?/g,
  /\bbearer\s{1,4}(?=[\w.~+/-]{0,512}\d)[\w.~+/-]{20,8192}={0,2}/gi,
  /\b(?:(?:access|auth|refresh|client|api)[_-])?(?:key|secret|token|passw(?:or)?d)["']?\s{0,4}[:=]\s{0,4}["']?(?=[\w.~+/-]{0,512}\d)[\w.~+/-]{16,512}/gi,
]

// Each mask ends what stood beside it, so a further pass may find more. Ordinary text needs one and the proof of
// it; text made to need more must not cost more.
const MAX_PASSES = 5

type Shape = {
  readonly kind: PersonalDataKind
  readonly pattern: RegExp
  readonly accepts: (match: string) => boolean
}

/** Shapes that no text has without something that is quickly looked for; nearly all texts are passed by with that. */
type Group = { readonly sign: RegExp; readonly shapes: readonly Shape[] }

/** In the order of masking: a token may contain what looks like a phone number, hardly the reverse. */
const GROUPS: readonly Group[] = [
  {
    sign: /(?<![\w.~+/-])[\w.~+/-]{16}|-----BEGIN/,
    shapes: TOKENS.map((pattern) => ({ kind: 'token' as const, pattern, accepts: always })),
  },
  { sign: /@/, shapes: [{ kind: 'email', pattern: EMAIL, accepts: always }] },
  { sign: /\d\.\d/, shapes: [{ kind: 'ip', pattern: IPV4, accepts: always }] },
  { sign: /:[0-9a-f]{0,4}:/i, shapes: [{ kind: 'ip', pattern: IPV6_CANDIDATE, accepts: isTellingIpv6 }] },
  {
    sign: /\d[\d \t\u00a0\u2011\u202f()./-]{5}/,
    shapes: [{ kind: 'phone', pattern: PHONE_CANDIDATE, accepts: isPhone }],
  },
]

/** The kinds found in a text, each once. */
export function findPersonalData(text: string): PersonalDataKind[] {
  return [...scan(text).kinds]
}

/** The kinds found in any text of a parsed JSON value, member names included: escapes in its source hide nothing. */
export function findPersonalDataIn(value: unknown): PersonalDataKind[] {
  const kinds = new Set<PersonalDataKind>()
  const pending: unknown[] = [value]
  while (pending.length > 0) {
    const next = pending.pop()
    if (typeof next === 'string') for (const kind of scan(next).kinds) kinds.add(kind)
    else if (typeof next === 'object' && next !== null) {
      for (const [name, member] of Object.entries(next)) pending.push(name, member)
    }
  }
  return [...kinds]
}

/** The text with `[email]`, `[phone]`, `[ip]` or `[token]` in the place of each finding, and how many there were. */
export function maskPersonalData(text: string): { readonly text: string; readonly count: number } {
  const { masked, count } = scan(text)
  return { text: masked, count }
}

type Scanned = {
  readonly masked: string
  readonly count: number
  readonly kinds: ReadonlySet<PersonalDataKind>
}

/** Every shape has an `@`, a digit, a long run of one word, or begins like this: most names, tags and types have none. */
function mayHoldAShape(text: string): boolean {
  // One after the other, and a run only from where it begins: four times as fast as one pattern for all.
  return /[@\d]/.test(text) || text.includes('eyJ') || text.includes('PRIVATE KEY') || LONG_RUN.test(text)
}

const LONG_RUN = /(?<![\w-])[\w-]{20}/
const NO_KINDS: ReadonlySet<PersonalDataKind> = new Set()

function scan(text: string): Scanned {
  return mayHoldAShape(text) ? scanAll(text) : { masked: text, count: 0, kinds: NO_KINDS }
}

function scanAll(text: string): Scanned {
  const kinds = new Set<PersonalDataKind>()
  let count = 0
  let masked = text
  for (let pass = 1; pass <= MAX_PASSES; pass += 1) {
    const before = masked
    for (const { sign, shapes } of GROUPS) {
      if (!sign.test(masked)) continue
      for (const { kind, pattern, accepts } of shapes) {
        masked = masked.replaceAll(pattern, (match) => {
          if (!accepts(match)) return match
          kinds.add(kind)
          count += 1
          return `[${kind}]`
        })
      }
    }
    if (masked === before) break
  }
  return { masked, count, kinds }
}

function always(): boolean {
  return true
}

/** Not `::`, `::1` or a time of day. */
function isTellingIpv6(text: string): boolean {
  const groups = text.split(':').filter((group) => group !== '')
  return groups.length >= 2 && /\d/.test(text) && isIPv6(text)
}

/** With `+` any grouping will do; without it only the groupings that phone numbers have and other numbers have not. */
function isPhone(text: string): boolean {
  const digits = text.replaceAll(/\D/g, '')
  if (digits.length < 8 || digits.length > 15) return false
  if (text.startsWith('+')) return /^\+\(?[1-9]/.test(text)
  if (isDate(text)) return false
  const isNorthAmerican = /^(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}$/.test(text)
  const hasTrunkPrefix = digits.length >= 9 && /^\(?0[1-9]\d*\)?[ ./-]{1,3}\d/.test(text)
  const isInternational = /^00 ?[1-9]\d{0,2}[ ./-]/.test(text)
  return isNorthAmerican || hasTrunkPrefix || isInternational
}

function isDate(text: string): boolean {
  return (
    /^\d{1,2}([-./ ])\d{1,2}\1\d{4}(?!\d)/.test(text) || /^\d{4}([-./ ])\d{1,2}\1\d{1,2}(?!\d)/.test(text)
  )
}
