/** Share policies as they are written: by operators, and in the database. */
import { foldCase } from './fold-case.ts'
import {
  type SharePolicy,
  type ShareSelector,
  WITHHOLDABLE_FIELDS,
  type WithholdableField,
} from './share-policy.ts'

/** One thing wrong; `pointer` is a JSON pointer into the policy. */
export type PolicyFault = { readonly pointer: string; readonly message: string }

export type ReadPolicy =
  | { readonly ok: true; readonly policy: SharePolicy }
  | { readonly ok: false; readonly faults: readonly PolicyFault[] }

export type WireSelector = {
  readonly agent_type?: string
  readonly tag?: string
  readonly provider?: string
  readonly id?: string
}

export type WireSharePolicy = {
  readonly include: readonly WireSelector[] | null
  readonly exclude: readonly WireSelector[]
  readonly fields: readonly WithholdableField[] | null
  readonly max_results: number | null
}

/** Every record that a question meets is compared with each of them. */
export const MOST_SELECTORS = 256
export const LARGEST_MAX_RESULTS = 1_000_000
const MAX_CHARS = 200
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Reads a policy with everything wrong in it. Members may be missing: what is not said narrows nothing. */
export function readSharePolicy(value: unknown): ReadPolicy {
  const faults: PolicyFault[] = []
  if (!isObject(value)) {
    const message = 'Takes an object with include, exclude, fields and max_results.'
    return { ok: false, faults: [{ pointer: '', message }] }
  }
  refuseUnknown(value, MEMBERS, '', faults)
  const policy: SharePolicy = {
    include: readSelectors(value.include ?? null, '/include', faults),
    exclude: readSelectors(value.exclude ?? null, '/exclude', faults) ?? [],
    fields: readFields(value.fields ?? null, faults),
    maxResults: readMost(value.max_results ?? null, faults),
  }
  return faults.length === 0 ? { ok: true, policy } : { ok: false, faults }
}

/** @throws TypeError for what this program did not write: it must not be taken for a policy that shares more. */
export function getStoredPolicy(value: unknown): SharePolicy {
  const read = readSharePolicy(value)
  if (read.ok) return read.policy
  throw new TypeError(`a stored share policy is none: ${read.faults[0]?.pointer}`)
}

export function policyToWire({ include, exclude, fields, maxResults }: SharePolicy): WireSharePolicy {
  return {
    include: include?.map(selectorToWire) ?? null,
    exclude: exclude.map(selectorToWire),
    fields,
    max_results: maxResults,
  }
}

function selectorToWire({ agentType, tag, provider, id }: ShareSelector): WireSelector {
  return {
    ...(agentType !== null && { agent_type: agentType }),
    ...(tag !== null && { tag }),
    ...(provider !== null && { provider }),
    ...(id !== null && { id }),
  }
}

const MEMBERS = ['include', 'exclude', 'fields', 'max_results'] as const
const SELECTOR_MEMBERS = ['agent_type', 'tag', 'provider', 'id'] as const

type JsonObject = Readonly<Record<string, unknown>>

function readSelectors(value: unknown, pointer: string, faults: PolicyFault[]): ShareSelector[] | null {
  if (value === null) return null
  if (!Array.isArray(value) || value.length > MOST_SELECTORS) {
    faults.push({ pointer, message: `Takes a list of at most ${MOST_SELECTORS} selectors, or null.` })
    return null
  }
  return value.flatMap((one: unknown, place) => readSelector(one, `${pointer}/${place}`, faults) ?? [])
}

function readSelector(value: unknown, pointer: string, faults: PolicyFault[]): ShareSelector | undefined {
  const takes = 'Takes an object with one or more of agent_type, tag, provider and id.'
  if (!isObject(value)) {
    faults.push({ pointer, message: takes })
    return undefined
  }
  refuseUnknown(value, SELECTOR_MEMBERS, pointer, faults)
  const read = (name: (typeof SELECTOR_MEMBERS)[number]): string | null => {
    const member = value[name]
    if (member === undefined) return null
    if (isText(member) && (name !== 'id' || UUID.test(member.trim()))) return member.trim()
    const message =
      name === 'id' ? 'Takes the id of a record.' : `Takes text of 1 to ${MAX_CHARS} characters.`
    faults.push({ pointer: `${pointer}/${name}`, message })
    return null
  }
  const [agentType, id] = [read('agent_type'), read('id')]
  // An empty selector would select everything, which whoever writes it may not mean.
  if (SELECTOR_MEMBERS.every((name) => value[name] === undefined)) faults.push({ pointer, message: takes })
  return {
    agentType: agentType === null ? null : foldCase(agentType),
    tag: read('tag'),
    provider: read('provider'),
    id: id === null ? null : id.toLowerCase(),
  }
}

function readFields(value: unknown, faults: PolicyFault[]): WithholdableField[] | null {
  if (value === null) return null
  if (!Array.isArray(value)) {
    faults.push({ pointer: '/fields', message: 'Takes a list of members, or null.' })
    return null
  }
  const wanted = new Set(value)
  const known = WITHHOLDABLE_FIELDS.filter((field) => wanted.delete(field))
  if (wanted.size > 0) {
    const place = value.findIndex((one) => wanted.has(one))
    const message = `Takes ${WITHHOLDABLE_FIELDS.join(', ')}; the other members of a record always go along.`
    faults.push({ pointer: `/fields/${place}`, message })
  }
  return known
}

function readMost(value: unknown, faults: PolicyFault[]): number | null {
  const isUsable =
    value === null ||
    (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= LARGEST_MAX_RESULTS)
  if (isUsable) return value
  const message = `Takes a whole number from 1 to ${LARGEST_MAX_RESULTS}, or null; to share none, include nothing: \`"include": []\`.`
  faults.push({ pointer: '/max_results', message })
  return null
}

function refuseUnknown(
  value: JsonObject,
  known: readonly string[],
  pointer: string,
  faults: PolicyFault[],
): void {
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue
    faults.push({ pointer: `${pointer}/${escapeStep(name)}`, message: `Unknown; takes ${known.join(', ')}.` })
  }
}

/** @see RFC 6901, section 3 */
function escapeStep(name: string): string {
  return name.slice(0, MAX_CHARS).replaceAll('~', '~0').replaceAll('/', '~1')
}

function isText(value: unknown): value is string {
  // No record holds a NUL or half a character, and PostgreSQL keeps neither.
  return (
    typeof value === 'string' &&
    value.trim() !== '' &&
    value.length <= MAX_CHARS &&
    value.isWellFormed() &&
    !value.includes('\0')
  )
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
