/** `POST /agents/validate`: what would come of a record, without storing it. */

import type { FastifyRequest } from 'fastify'
import type { Fault } from '../../problem.ts'
import { ProblemError } from '../../problem.ts'
import type { App } from '../app.ts'
import { mediaTypeOf, parseJsonBody } from '../bodies.ts'
import { strictObject } from '../json-schema.ts'
import { maskFault } from '../problem-answers.ts'
import { draftOf, faultsOf, fieldsToWire, takeApart, warningsFor } from '../record-input.ts'
import { RECORD_BODY, RECORD_TYPES } from '../record-schemas.ts'
import { answer, answers, WIRE } from '../schemas.ts'

type Verdict =
  | { readonly valid: false; readonly faults: readonly Fault[] }
  | {
      readonly valid: true
      readonly faults: readonly []
      readonly record: Record<string, unknown>
      readonly card_format: string | null
      readonly warnings?: readonly string[]
    }

export function registerAgentValidate(app: App): void {
  app.post('/api/v1/agents/validate', {
    config: { body: 'record' },
    schema: {
      operationId: 'validateAgent',
      summary: 'Check a record or card without storing it',
      tags: ['records'],
      consumes: RECORD_TYPES,
      querystring: strictObject({}),
      body: RECORD_BODY,
      response: answers({
        200: answer('What would be stored, or everything that is wrong.', {
          valid: WIRE.boolean,
          faults: {
            type: 'array',
            items: { type: 'object', properties: { pointer: WIRE.string, message: WIRE.string } },
          },
          record: { type: 'object' },
          card_format: WIRE.nullableString,
          warnings: WIRE.strings,
        }),
      }),
    },
    handler: async (request) => judge(request),
  })
}

function judge(request: FastifyRequest): Verdict {
  const bytes = request.rawBody ?? new Uint8Array(0)
  const value = parsedOrFaults(bytes)
  if (!value.ok) return { valid: false, faults: value.faults }
  const sent = takeApart(value.value, bytes, { mediaType: mediaTypeOf(request), bareCards: true })
  const drafted = draftOf(sent)
  if (drafted.kind !== 'drafted') {
    return { valid: false, faults: faultsOf(drafted, sent.isBareCard ? '' : '/card').map(maskFault) }
  }
  const { fields, card } = drafted.draft
  const warnings = warningsFor(sent.card, fields)
  return {
    valid: true,
    faults: [],
    record: fieldsToWire(fields),
    card_format: card?.format ?? null,
    ...(warnings.length > 0 && { warnings }),
  }
}

function parsedOrFaults(
  bytes: Uint8Array,
):
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly faults: readonly Fault[] } {
  try {
    return { ok: true, value: parseJsonBody(bytes) }
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    return { ok: false, faults: [{ pointer: '', message: error.message }] }
  }
}
