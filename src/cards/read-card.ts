/** Reads a card of any known format: recognises it, checks what its format requires and extracts what search needs. */
import type { AgentFields, CardFormat } from '../domain/agent.ts'
import { assertNever, type Fault } from '../problem.ts'
import { extractFields as extractA2aFields } from './a2a.ts'
import { extractFields as extractAgentVaultFields } from './agentvault.ts'
import type { ExtractedFields } from './extracted.ts'
import { extractFields as extractMcpServerFields } from './mcp-server.ts'
import { recognizeCard } from './recognize.ts'

export type ReadCard =
  | { readonly kind: 'read'; readonly format: CardFormat; readonly fields: Partial<AgentFields> }
  | { readonly kind: 'faulty'; readonly faults: readonly Fault[] }
  /** `detail` is a sentence for the publisher. */
  | { readonly kind: 'unknown'; readonly detail: string }

/**
 * @param value the parsed card.
 * @param pointer where the card is in the body, for the faults.
 */
export function readCard(value: unknown, pointer = ''): ReadCard {
  const recognition = recognizeCard(value)
  if (recognition.kind === 'unknown') return recognition
  const { format } = recognition
  const result = extractByFormat(format, value, pointer)
  return result.ok
    ? { kind: 'read', format, fields: result.fields }
    : { kind: 'faulty', faults: result.faults }
}

function extractByFormat(format: CardFormat, value: unknown, pointer: string): ExtractedFields {
  switch (format) {
    case 'a2a':
      return extractA2aFields(value, pointer)
    case 'agentvault':
      return extractAgentVaultFields(value, pointer)
    case 'mcp-server':
      return extractMcpServerFields(value, pointer)
    default:
      return assertNever(format)
  }
}
