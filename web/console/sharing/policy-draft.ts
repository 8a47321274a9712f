/** A share policy while it is written, and what two of them differ in, in words. */
import {
  policyToWire,
  readSharePolicy,
  type WireSelector,
  type WireSharePolicy,
} from '../../../src/domain/read-share-policy.ts'
import type { WithholdableField } from '../../../src/domain/share-policy.ts'

/** Narrows nothing: every record marked `federated`, whole. */
export const OPEN_POLICY: WireSharePolicy = { include: null, exclude: [], fields: null, max_results: null }

/** Members of a record that may be kept back; a test holds them against the registry's own list. */
export const FIELDS: readonly { readonly field: WithholdableField; readonly words: string }[] = [
  { field: 'description', words: 'Description' },
  { field: 'skills', words: 'Skills' },
  { field: 'tags', words: 'Tags' },
  { field: 'provider', words: 'Provider' },
  { field: 'endpoints', words: 'Endpoints' },
  { field: 'auth_schemes', words: 'Authentication' },
  { field: 'version', words: 'Version' },
  { field: 'card', words: 'Card' },
  { field: 'claimed_did', words: 'Claimed DID' },
  { field: 'status_message', words: 'Status message' },
  { field: 'successor_did', words: 'Successor' },
]

/** What is sent and kept: no policy at all, where it would narrow nothing. */
export function storedForm(policy: WireSharePolicy): WireSharePolicy | null {
  const { include, exclude, fields, max_results } = policy
  const isOpen = include === null && exclude.length === 0 && fields === null && max_results === null
  return isOpen ? null : policy
}

export function isSamePolicy(one: WireSharePolicy | null, other: WireSharePolicy | null): boolean {
  return JSON.stringify(ordered(one)) === JSON.stringify(ordered(other))
}

/** The policy with its members in one order, and the fields, which have none, sorted. */
function ordered(policy: WireSharePolicy | null): WireSharePolicy {
  const { include, exclude, fields, max_results } = policy ?? OPEN_POLICY
  return {
    include: include?.map(orderedSelector) ?? null,
    exclude: exclude.map(orderedSelector),
    fields: fields === null ? null : fields.toSorted(),
    max_results,
  }
}

function orderedSelector({ agent_type, tag, provider, id }: WireSelector): WireSelector {
  return {
    ...(agent_type !== undefined && { agent_type }),
    ...(tag !== undefined && { tag }),
    ...(provider !== undefined && { provider }),
    ...(id !== undefined && { id }),
  }
}

/** One sentence of a policy: `+` is new, `-` goes. */
export type Line = { readonly change: '+' | '-' | ' '; readonly text: string }

/** What the edited policy says that the present one does not, and the other way round; with what stays between. */
export function differenceOf(
  present: WireSharePolicy | null,
  edited: WireSharePolicy | null,
): readonly Line[] {
  const [before, after] = [linesOf(present ?? OPEN_POLICY), linesOf(edited ?? OPEN_POLICY)]
  const gone = before.filter((text) => !after.includes(text)).map((text): Line => ({ change: '-', text }))
  const kept = after.map((text): Line => ({ change: before.includes(text) ? ' ' : '+', text }))
  return [...gone, ...kept]
}

/** A policy in sentences, one for each thing it says. */
export function linesOf({ include, exclude, fields, max_results }: WireSharePolicy): readonly string[] {
  return [
    ...(include === null ? ['Shares every federated record.'] : []),
    ...(include?.length === 0 ? ['Shares no federated record.'] : []),
    ...(include ?? []).map((selector) => `Shares records ${selectorInWords(selector)}.`),
    ...exclude.map((selector) => `Never shares records ${selectorInWords(selector)}.`),
    ...(fields === null ? ['Shows records whole.'] : []),
    ...FIELDS.filter(({ field }) => fields !== null && !fields.includes(field)).map(
      ({ words }) => `Keeps back: ${words}.`,
    ),
    max_results === null
      ? 'Sets no bound to how many one question brings out.'
      : `One question brings out ${max_results} at most.`,
  ]
}

/** `of the type a2a, with the tag nlp`. */
function selectorInWords({ agent_type, tag, provider, id }: WireSelector): string {
  const parts = [
    agent_type !== undefined && `of the type “${agent_type}”`,
    tag !== undefined && `with the tag “${tag}”`,
    provider !== undefined && `of the provider “${provider}”`,
    id !== undefined && `with the id ${id}`,
  ].filter((part) => part !== false)
  return parts.join(', ') || 'that it does not yet say anything of'
}

/** A policy as JSON that somebody types. */
type ReadPolicyText =
  | { readonly ok: true; readonly policy: WireSharePolicy }
  /** The first thing that is wrong, with its place. */
  | { readonly ok: false; readonly sentence: string }

/** The policy whole, whatever members the text leaves out. It is read as the registry reads it. */
export function readPolicyText(text: string): ReadPolicyText {
  let said: unknown
  try {
    said = JSON.parse(text)
  } catch (error) {
    return { ok: false, sentence: `This is no JSON: ${error instanceof Error ? error.message : ''}` }
  }
  if (said === null) return { ok: true, policy: OPEN_POLICY }
  const read = readSharePolicy(said)
  if (read.ok) return { ok: true, policy: policyToWire(read.policy) }
  const [fault] = read.faults
  if (fault === undefined || fault.pointer === '') return { ok: false, sentence: SHAPE }
  return { ok: false, sentence: `${fault.pointer}: ${fault.message}` }
}

const SHAPE = 'Takes an object with include, exclude, fields and max_results, or null.'
