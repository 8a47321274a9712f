/**
 * What a publisher sends becomes a record: fields it sets itself come before those of its card, and stay when a new
 * card comes.
 */
import type { AgentCard, AgentFields, OwnAgent } from '../domain/agent.ts'
import { AGENT_LIMITS } from '../domain/agent.ts'
import type { AgentDraft } from '../domain/ports.ts'
import type { Fault } from '../problem.ts'
import { completeFields, FIELD_NAMES, type FieldName, onlyFields, parseFields } from './fields.ts'
import { mergePatch } from './merge-patch.ts'
import { isObject } from './place.ts'
import { readCard } from './read-card.ts'

/** A card as it came. */
export type SentCard = {
  readonly value: unknown
  /** Exactly what was sent: the body, or its slice that is the card. */
  readonly bytes: Uint8Array
  readonly mediaType: string
  readonly sha256: string
  /** Where it was in the body, for the faults; the body itself if left out. */
  readonly pointer?: string
}

/** Why nothing can be made of what was sent. */
export type RefusedDraft =
  | { readonly kind: 'faulty'; readonly faults: readonly Fault[] }
  /** `faults` are those of the other members. */
  | { readonly kind: 'unknown-card'; readonly detail: string; readonly faults: readonly Fault[] }

export type DraftResult = { readonly kind: 'drafted'; readonly draft: AgentDraft } | RefusedDraft

/** What `AgentStore.replace` takes. */
export type ChangedDraft = Omit<AgentDraft, 'card'> & { readonly card: AgentCard | null | 'keep' }
export type PatchResult = { readonly kind: 'drafted'; readonly draft: ChangedDraft } | RefusedDraft

/**
 * A new record.
 *
 * @param sent.explicit fields the publisher set beside the card, or all there are without one.
 */
export function draftFromPublisher(sent: {
  readonly explicit: Partial<AgentFields>
  readonly card: SentCard | null
}): DraftResult {
  const card = readSentCard(sent.card)
  if (card.kind !== 'read') return card
  const completed = completeFields({ ...card.fields, ...sent.explicit })
  if (!completed.ok) return { kind: 'faulty', faults: completed.faults }
  const explicitFields = FIELD_NAMES.filter((name) => Object.hasOwn(sent.explicit, name))
  return { kind: 'drafted', draft: { fields: completed.fields, explicitFields, card: card.card } }
}

/**
 * A changed record, by RFC 7396: members given override and become the publisher's own, `null` gives a member back
 * to the card or, without one, to its default. Members not given stay; when the card is replaced or removed, only
 * the publisher's own do, and the rest is the new card's.
 *
 * @param currentCardFields what `readCard` makes of the stored card; `null` without one.
 * @param patch.members the body without its `card`. The provider, an object, is merged with the current one.
 */
export function applyPatch(
  current: OwnAgent,
  currentCardFields: Partial<AgentFields> | null,
  patch: { readonly members: unknown; readonly card: SentCard | null | 'keep' },
): PatchResult {
  const parsed = parseFields(withMergedProvider(patch.members, current), { partial: true })
  const card = patch.card === 'keep' ? keptCard(currentCardFields) : readSentCard(patch.card)
  const faults = parsed.ok ? [] : parsed.faults
  if (card.kind === 'unknown-card') return { ...card, faults }
  if (card.kind === 'faulty') return { kind: 'faulty', faults: [...faults, ...card.faults] }
  if (!parsed.ok) return { kind: 'faulty', faults }

  const stillExplicit = current.explicitFields.filter((name) => !parsed.cleared.includes(name))
  const untouched = FIELD_NAMES.filter((name) => !parsed.cleared.includes(name))
  // What an untouched card gave stays as it was stored, even if this version would read the card otherwise.
  const staying = onlyFields(current, patch.card === 'keep' ? untouched : stillExplicit)
  const completed = completeFields({ ...card.fields, ...staying, ...parsed.fields })
  if (!completed.ok) return { kind: 'faulty', faults: completed.faults }
  const explicit = new Set<FieldName>([...stillExplicit, ...parsed.given])
  const explicitFields = FIELD_NAMES.filter((name) => explicit.has(name))
  return { kind: 'drafted', draft: { fields: completed.fields, explicitFields, card: card.card } }
}

type CardInHand<Card> = {
  readonly kind: 'read'
  readonly fields: Partial<AgentFields>
  readonly card: Card
}

function keptCard(fields: Partial<AgentFields> | null): CardInHand<'keep'> {
  return { kind: 'read', fields: fields ?? {}, card: 'keep' }
}

function readSentCard(sent: SentCard | null): CardInHand<AgentCard | null> | RefusedDraft {
  if (sent === null) return { kind: 'read', fields: {}, card: null }
  const { value, bytes, mediaType, sha256, pointer = '' } = sent
  if (bytes.length > AGENT_LIMITS.cardBytes) {
    const message = `Takes a card of at most ${AGENT_LIMITS.cardBytes} bytes; seen: ${bytes.length}.`
    return { kind: 'faulty', faults: [{ pointer, message }] }
  }
  const card = readCard(value, pointer)
  switch (card.kind) {
    case 'read':
      return { kind: 'read', fields: card.fields, card: { format: card.format, mediaType, sha256, bytes } }
    case 'unknown':
      return { kind: 'unknown-card', detail: card.detail, faults: [] }
    case 'faulty':
      return card
  }
}

/** Of all members only the provider is an object, into which RFC 7396 merges. */
function withMergedProvider(members: unknown, current: OwnAgent): unknown {
  if (!isObject(members) || !isObject(members.provider)) return members
  return { ...members, provider: mergePatch(current.provider, members.provider) }
}
