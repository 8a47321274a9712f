/**
 * What one peer may see of the records marked `federated`. It narrows these alone: public records are anyone's, so no
 * peer sees less of them with its token than without. Nothing is shared that its owner did not mark.
 */
import type { Agent } from './agent.ts'
import { foldCase } from './fold-case.ts'
import type { PeerId } from './peer.ts'

/** Records of this kind: a record must meet every member that is not null, and one of them is not. */
export type ShareSelector = {
  readonly agentType: string | null
  readonly tag: string | null
  readonly provider: string | null
  readonly id: string | null
}

/** Members of a record that may be kept back, as they are written on the wire; `card` stands for all about it. */
export const WITHHOLDABLE_FIELDS = [
  'claimed_did',
  'description',
  'version',
  'status_message',
  'successor_did',
  'tags',
  'skills',
  'endpoints',
  'provider',
  'auth_schemes',
  'card',
] as const
export type WithholdableField = (typeof WITHHOLDABLE_FIELDS)[number]

export type SharePolicy = {
  /** Only what one of these selects; `null` takes in everything, an empty list nothing. */
  readonly include: readonly ShareSelector[] | null
  /** Nothing that one of these selects, also where `include` does. */
  readonly exclude: readonly ShareSelector[]
  /** Of these members only; `null` keeps none back. What names a record and says whose it is always goes along. */
  readonly fields: readonly WithholdableField[] | null
  /** The most federated records that one question brings out, over all its pages; `null` for no end. */
  readonly maxResults: number | null
}

/** A peer's policy, as of one moment. */
export type ShareRule = {
  readonly peerId: PeerId
  /** Another one for every change of the policy; of one that is only tried, a name made of what it says. */
  readonly revision: number | string
  readonly policy: SharePolicy
}

export type SharedFacts = Pick<Agent, 'id' | 'visibility' | 'agentType' | 'tags' | 'provider'>

/** Whether the policy lets a record out that its peer could see without one. */
export function admitsRecord({ include, exclude }: SharePolicy, record: SharedFacts): boolean {
  if (record.visibility === 'public') return true
  const isSelected = selectionOf(record)
  return !exclude.some(isSelected) && (include === null || include.some(isSelected))
}

/** Whether a peer sees this member of a record. Of public records it sees what anyone does. */
export function revealsField(
  { fields }: Pick<SharePolicy, 'fields'>,
  field: WithholdableField,
  record: Pick<Agent, 'visibility'>,
): boolean {
  return record.visibility === 'public' || fields === null || fields.includes(field)
}

/** Members that a search reads, beside those that always go along. */
const SEARCHED: readonly WithholdableField[] = ['description', 'tags', 'skills', 'provider']

/** Whether a federated record is found by less than its whole text. */
export function narrowsSearch({ fields }: SharePolicy): boolean {
  return fields !== null && SEARCHED.some((field) => !fields.includes(field))
}

/** The record as its peer sees it: what is kept back is as if it had never been written. */
export function withhold<T extends Agent>(agent: T, policy: SharePolicy): T {
  const isKept = (field: WithholdableField): boolean => !revealsField(policy, field, agent)
  return {
    ...agent,
    ...(isKept('claimed_did') && { claimedDid: null }),
    ...(isKept('description') && { description: '' }),
    ...(isKept('version') && { version: null }),
    ...(isKept('status_message') && { statusMessage: null }),
    ...(isKept('successor_did') && { successorDid: null }),
    ...(isKept('tags') && { tags: [] }),
    ...(isKept('skills') && { skills: [] }),
    ...(isKept('endpoints') && { endpoints: [] }),
    ...(isKept('provider') && { provider: null }),
    ...(isKept('auth_schemes') && { authSchemes: [] }),
    ...(isKept('card') && { cardFormat: null }),
  }
}

/** What types, tags and providers are compared by is made once a record, however many selectors there are. */
function selectionOf(record: SharedFacts): (selector: ShareSelector) => boolean {
  const agentType = foldCase(record.agentType)
  const tags = new Set(record.tags.map(foldCase))
  const provider = record.provider === null ? null : foldCase(record.provider.organization)
  return (selector) =>
    (selector.agentType === null || foldCase(selector.agentType) === agentType) &&
    (selector.tag === null || tags.has(foldCase(selector.tag))) &&
    (selector.provider === null || foldCase(selector.provider) === provider) &&
    (selector.id === null || selector.id.toLowerCase() === record.id.toLowerCase())
}
