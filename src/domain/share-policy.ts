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
export function admitsRecord(policy: SharePolicy, record: SharedFacts): boolean {
  return record.visibility === 'public' || admitsFolded(policy)(foldFacts(record))
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

/** The searched members that a policy shows: policies with the same ones show records by the same words. */
export function searchedFieldsOf({ fields }: SharePolicy): readonly WithholdableField[] {
  return SEARCHED.filter((field) => fields === null || fields.includes(field))
}

/** Nothing that is searched is kept back. */
export function isSearchedWhole(policy: SharePolicy): boolean {
  return searchedFieldsOf(policy).length === SEARCHED.length
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

/** What selectors look at, in the form in which it is compared. */
export type FoldedFacts = {
  readonly id: string
  readonly agentType: string
  readonly tags: ReadonlySet<string>
  readonly provider: string | null
}

export function foldFacts({ id, agentType, tags, provider }: SharedFacts): FoldedFacts {
  return {
    id: id.toLowerCase(),
    agentType: foldCase(agentType),
    tags: new Set(tags.map(foldCase)),
    provider: provider === null ? null : foldCase(provider.organization),
  }
}

/** `admitsRecord` of federated records, for many at once. */
export function admitsFolded({ include, exclude }: SharePolicy): (facts: FoldedFacts) => boolean {
  const included = include?.map(selects)
  const excluded = exclude.map(selects)
  return (facts) =>
    !excluded.some((isSelected) => isSelected(facts)) &&
    (included === undefined || included.some((isSelected) => isSelected(facts)))
}

function selects(selector: ShareSelector): (facts: FoldedFacts) => boolean {
  const [agentType, tag, provider] = [selector.agentType, selector.tag, selector.provider].map((text) =>
    text === null ? null : foldCase(text),
  )
  const id = selector.id?.toLowerCase() ?? null
  return (facts) =>
    (agentType == null || facts.agentType === agentType) &&
    (tag == null || facts.tags.has(tag)) &&
    (provider == null || facts.provider === provider) &&
    (id === null || facts.id === id)
}
