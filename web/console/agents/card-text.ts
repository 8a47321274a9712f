/** What somebody pasted or dropped to be published, and how it is to be sent. */
import type { Parameters } from '../../api/api.ts'

/** The registry's verdict on a record or a card, without storing it. */
export type Verdict = {
  readonly valid: boolean
  readonly faults: readonly { readonly pointer: string; readonly message: string }[]
  readonly record?: Readonly<Record<string, unknown>>
  readonly card_format?: string | null
  readonly warnings?: readonly string[]
}

/**
 * Whether a valid text is a card alone: then who may see the record is said beside it. A record says it itself.
 */
export function isCardAlone(text: string, { card_format: format }: Verdict): boolean {
  if (format === null || format === undefined) return false
  const value: unknown = JSON.parse(text)
  return typeof value === 'object' && value !== null && !Object.hasOwn(value, 'card')
}

/** The parameters that a card alone is published with; a record takes none. */
export function cardParameters(chosen: {
  readonly isCardAlone: boolean
  readonly visibility: string
  readonly sharesCard: boolean
}): Parameters {
  if (!chosen.isCardAlone) return {}
  return { visibility: chosen.visibility, share_card: chosen.sharesCard || undefined }
}

/** A record of the fields that an address needs. */
export function recordOf(fields: {
  readonly name: string
  readonly type: string
  readonly url: string
  readonly protocol: string
  readonly description: string
  readonly tags: string
  readonly visibility: string
}): Readonly<Record<string, unknown>> {
  const tags = fields.tags
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '')
  return {
    ...{ name: fields.name.trim(), agent_type: fields.type.trim(), visibility: fields.visibility },
    ...(fields.description.trim() !== '' && { description: fields.description.trim() }),
    ...(tags.length > 0 && { tags }),
    endpoints: [{ url: fields.url.trim(), protocol: fields.protocol.trim() || fields.type.trim() }],
  }
}

/** Members of a record as rows of a table; what is empty is left out. */
export function memberRows(record: Readonly<Record<string, unknown>>): { name: string; value: string }[] {
  return Object.entries(record)
    .filter(([, value]) => !isEmpty(value))
    .map(([name, value]) => ({ name, value: typeof value === 'string' ? value : JSON.stringify(value) }))
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0)
}
