/** Records as publishers send them: plain fields, a card among them, or a card alone. */
import { createHash } from 'node:crypto'
import { type DraftResult, draftFromPublisher, type RefusedDraft, type SentCard } from '../cards/draft.ts'
import { FIELD_NAMES, parseFields, WIRE_NAMES } from '../cards/fields.ts'
import { findPersonalDataIn, maskPersonalData } from '../cards/personal-data.ts'
import { isObject } from '../cards/place.ts'
import { sliceMember } from '../cards/raw-slice.ts'
import { recognizeCard } from '../cards/recognize.ts'
import type { AgentFields } from '../domain/agent.ts'
import type { AgentDraft } from '../domain/ports.ts'
import { type Fault, ProblemError } from '../problem.ts'
import { invalidBody } from './validation.ts'

/** A body taken apart. */
export type SentRecord = {
  /** The body without its card. */
  readonly members: unknown
  /** `null` takes a card away, `absent` says nothing of one. */
  readonly card: SentCard | null | 'absent'
  /** The body is a card and nothing else. */
  readonly isBareCard: boolean
}

const PLAIN_JSON: readonly string[] = ['application/json', 'application/merge-patch+json']

/**
 * @param bytes the body as it came: the card's bytes are cut out of them.
 * @param options.bareCards whether plain JSON that looks like a card is one.
 */
export function takeApart(
  value: unknown,
  bytes: Uint8Array,
  { mediaType, bareCards }: { readonly mediaType: string; readonly bareCards: boolean },
): SentRecord {
  const isPlain = PLAIN_JSON.includes(mediaType)
  if (!isPlain || (bareCards && isBareCard(value))) {
    return { members: {}, card: sentCard(value, bytes, { mediaType }), isBareCard: true }
  }
  if (!isObject(value) || !Object.hasOwn(value, 'card')) {
    return { members: value, card: 'absent', isBareCard: false }
  }
  const { card, ...members } = value
  if (card === null) return { members, card: null, isBareCard: false }
  const slice = sliceMember(bytes, 'card')
  if (slice === undefined) throw new Error('a member that was parsed is not found in its bytes')
  return {
    members,
    card: sentCard(card, slice, { mediaType: 'application/json', pointer: '/card' }),
    isBareCard: false,
  }
}

/** Plain fields of a record always say its type, and no card does in these words. */
function isBareCard(value: unknown): boolean {
  if (!isObject(value) || Object.hasOwn(value, 'card') || Object.hasOwn(value, 'agent_type')) return false
  return recognizeCard(value).kind === 'recognized'
}

function sentCard(
  value: unknown,
  bytes: Uint8Array,
  { mediaType, pointer }: { readonly mediaType: string; readonly pointer?: string },
): SentCard {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { value, bytes, mediaType, sha256, ...(pointer !== undefined && { pointer }) }
}

/**
 * A new record of what was sent, or everything that is wrong with it.
 *
 * @param extra fields given beside a bare card.
 */
export function draftOf(sent: SentRecord, extra: Partial<AgentFields> = {}): DraftResult {
  const card = sent.card === 'absent' ? null : sent.card
  const parsed = parseFields(sent.members, { partial: card !== null })
  const explicit = parsed.ok ? { ...parsed.fields, ...extra } : extra
  if (parsed.ok) return masked(draftFromPublisher({ explicit, card }))
  if (card === null) return { kind: 'faulty', faults: parsed.faults }
  const cardAlone = draftFromPublisher({ explicit, card })
  if (cardAlone.kind === 'drafted') return { kind: 'faulty', faults: parsed.faults }
  return { ...cardAlone, faults: [...parsed.faults, ...cardAlone.faults] }
}

function masked(result: DraftResult): DraftResult {
  return result.kind === 'drafted' ? { kind: 'drafted', draft: maskExtracted(result.draft) } : result
}

/** The draft with personal data masked in the texts that its card gave; what publishers write themselves stays. */
export function maskExtracted<T extends Pick<AgentDraft, 'fields' | 'explicitFields'>>(draft: T): T {
  const { fields, explicitFields } = draft
  const isOwn = (name: keyof AgentFields): boolean => explicitFields.includes(name)
  const mask = (text: string): string => maskPersonalData(text).text
  const { provider } = fields
  return {
    ...draft,
    fields: {
      ...fields,
      ...(!isOwn('name') && { name: mask(fields.name) }),
      ...(!isOwn('description') && { description: mask(fields.description) }),
      ...(!isOwn('tags') && { tags: fields.tags.map(mask) }),
      ...(!isOwn('skills') && {
        skills: fields.skills.map((skill) => ({
          ...skill,
          name: mask(skill.name),
          description: mask(skill.description),
          tags: skill.tags.map(mask),
        })),
      }),
      ...(!isOwn('provider') &&
        provider !== null && { provider: { ...provider, organization: mask(provider.organization) } }),
    },
  }
}

/** What the publisher should know of a card that was accepted. */
export function warningsFor(card: SentCard | null | 'absent', fields: AgentFields): string[] {
  if (card === null || card === 'absent' || fields.shareCard) return []
  const kinds = findPersonalDataIn(card.value)
  if (kinds.length === 0) return []
  return [
    `The card holds what looks like personal data or a secret (${kinds.join(', ')}), so it is shown to key holders of this registry only; send share_card: true to share it.`,
  ]
}

/** @returns the problem to answer a refused record with. */
export function refusalOf(refused: RefusedDraft): ProblemError {
  if (refused.kind === 'faulty') return invalidBody(refused.faults)
  return new ProblemError('unknown-card-format', refused.detail, { errors: refused.faults })
}

/** All that is wrong, as faults. */
export function faultsOf(refused: RefusedDraft, cardPointer: string): readonly Fault[] {
  if (refused.kind === 'faulty') return refused.faults
  return [...refused.faults, { pointer: cardPointer, message: refused.detail }]
}

/** Fields as they are written in bodies. */
export function fieldsToWire(fields: AgentFields): Record<string, unknown> {
  return Object.fromEntries(FIELD_NAMES.map((name) => [WIRE_NAMES[name], fields[name]]))
}
