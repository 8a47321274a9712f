/** A line of an import as a record, and a record as a line of an export that an import gives back unchanged. */
import { createHash } from 'node:crypto'
import { validate as isUuid } from 'uuid'
import type { SentCard } from '../cards/draft.ts'
import { FIELD_NAMES, WIRE_NAMES } from '../cards/fields.ts'
import { isObject } from '../cards/place.ts'
import type { AgentCard, AgentId, OwnAgent } from '../domain/agent.ts'
import type { ImportDraft } from '../domain/ports.ts'
import { type Fault, ProblemError } from '../problem.ts'
import { agentToWire, type RegistryIdentity } from '../wire/agent.ts'
import { parseJsonBody } from './bodies.ts'
import { maskFault } from './problem-answers.ts'
import { draftOf, faultsOf, type SentRecord, takeApart } from './record-input.ts'

export type ReadLine =
  | { readonly ok: true; readonly draft: ImportDraft }
  /** `reason` is one sentence or more for the importer. */
  | { readonly ok: false; readonly reason: string }

/** Reads one line: plain fields, fields with a card, a bare card, or what `exportLine` wrote. Never throws for it. */
export function readImportLine(bytes: Uint8Array): ReadLine {
  const parsed = parseLine(bytes)
  if (!parsed.ok) return parsed
  const id = idOf(parsed.value)
  const restored = restore(takeApart(parsed.value, bytes, { mediaType: 'application/json', bareCards: true }))
  if (!restored.ok) return restored
  const drafted = draftOf(restored.sent)
  if (drafted.kind === 'drafted') return { ok: true, draft: { ...drafted.draft, id } }
  const faults = faultsOf(drafted, restored.sent.isBareCard ? '' : '/card')
  const told = faults.slice(0, MAX_TOLD).map((fault) => describeFault(maskFault(fault)))
  const more = faults.length > MAX_TOLD ? [`And ${faults.length - MAX_TOLD} more faults.`] : []
  return refuse([...told, ...more].join(' '))
}

/** An answer lists thousands of lines. */
const MAX_TOLD = 5

function describeFault({ pointer, message }: Fault): string {
  return pointer === '' ? message : `${pointer}: ${message}`
}

type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string }

function parseLine(bytes: Uint8Array): Parsed {
  try {
    return { ok: true, value: parseJsonBody(bytes) }
  } catch (error) {
    if (error instanceof ProblemError) return refuse(error.message)
    throw error
  }
}

/** Only ids of the form that records here have can match one. */
function idOf(value: unknown): AgentId | null {
  if (!isObject(value) || typeof value.id !== 'string' || !isUuid(value.id)) return null
  return value.id.toLowerCase() as AgentId
}

/** Members that an export adds to a record, so that nothing is lost on the way back. */
const EXPORT_MEMBERS = ['explicit_fields', 'card_base64', 'card_media_type'] as const

type Restored =
  | { readonly ok: true; readonly sent: SentRecord }
  | { readonly ok: false; readonly reason: string }

/** Undoes what `exportLine` did: fields that came from the card come from it again, and its bytes are the same. */
function restore(sent: SentRecord): Restored {
  const { members } = sent
  if (!isObject(members) || !EXPORT_MEMBERS.some((name) => Object.hasOwn(members, name)))
    return { ok: true, sent }
  const { explicit_fields: explicit, card_base64: encoded, card_media_type: mediaType, ...fields } = members
  if (explicit !== undefined && !isListOfTexts(explicit))
    return refuse('/explicit_fields: Takes a list of names.')
  if (mediaType !== undefined && !isMediaType(mediaType))
    return refuse('/card_media_type: Takes a media type.')
  const card = encoded === undefined ? sent.card : decodedCard(encoded)
  if (card === undefined) return refuse('/card_base64: Takes the bytes of a card in base64.')
  const hasCard = card !== null && card !== 'absent'
  return {
    ok: true,
    sent: {
      ...sent,
      members: explicit === undefined ? fields : chosen(fields, explicit),
      card: hasCard && mediaType !== undefined ? { ...card, mediaType } : card,
    },
  }
}

function decodedCard(encoded: unknown): SentCard | undefined {
  if (typeof encoded !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined
  const bytes = Buffer.from(encoded, 'base64')
  const parsed = parseLine(bytes)
  if (!parsed.ok) return undefined
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { value: parsed.value, bytes, mediaType: 'application/json', sha256, pointer: '/card_base64' }
}

/** Unknown names stay, so that they are told as the faults they are. */
function chosen(
  fields: Readonly<Record<string, unknown>>,
  explicit: readonly string[],
): Record<string, unknown> {
  const extracted = Object.values(WIRE_NAMES).filter((name) => !explicit.includes(name))
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !extracted.includes(name)))
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string')
}

function isMediaType(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z]+\/[\w.+-]{1,100}$/.test(value) && /(?:\/|\+)json$/.test(value)
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}

const LINE_BREAK = /[\r\n]/

/**
 * A record as one line, its end included. The card is put in as it is; one that has line breaks, or blanks
 * around it, would not come back the same and goes in base64.
 */
export function exportLine(agent: OwnAgent, card: AgentCard | undefined, self: RegistryIdentity): string {
  const explicit = FIELD_NAMES.filter((name) => agent.explicitFields.includes(name))
  const record = {
    ...agentToWire(agent, self),
    share_card: agent.shareCard,
    explicit_fields: explicit.map((name) => WIRE_NAMES[name]),
    ...(card !== undefined && { card_media_type: card.mediaType }),
  }
  const line = JSON.stringify(record)
  if (card === undefined) return `${line}\n`
  const text = Buffer.from(card.bytes).toString('utf8')
  const staysWhole = !LINE_BREAK.test(text) && text === text.trim()
  const member = staysWhole
    ? `"card":${text}`
    : `"card_base64":"${Buffer.from(card.bytes).toString('base64')}"`
  return `${line.slice(0, -1)},${member}}\n`
}
