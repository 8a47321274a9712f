/** What reading a card gives, whatever its format. */
import type { AgentFields } from '../domain/agent.ts'
import type { Fault } from '../problem.ts'
import { FIELD_NAMES, onlyFields } from './fields.ts'
import type { Place } from './place.ts'

export type ExtractedFields =
  | { readonly ok: true; readonly fields: Partial<AgentFields> }
  | { readonly ok: false; readonly faults: readonly Fault[] }

/** Fields as their readers gave them: `undefined` where a fault was noted. */
export type ReadFields = { readonly [K in keyof AgentFields]?: AgentFields[K] | undefined }

/** All fields, or all faults: a card with a fault gives nothing. */
export function extracted(fields: ReadFields, card: Place): ExtractedFields {
  if (card.faults.length > 0) return { ok: false, faults: card.faults }
  return { ok: true, fields: onlyFields(fields, FIELD_NAMES) }
}
