/** Who am I, what is set, what was done. */

import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { optional, strictObject } from '../json-schema.ts'
import { keyHolder } from '../request-state.ts'
import { answer, answers, count, WIRE } from '../schemas.ts'
import { optionalTime } from '../wire-admin.ts'

const NO_QUERY = strictObject({})
const DEFAULT_AUDIT_LIMIT = 100

export function registerAdministration(app: App, { storage, settings }: HttpDeps): void {
  app.get('/api/v1/me', {
    schema: {
      operationId: 'getMe',
      summary: 'Whose key this is',
      tags: ['keys'],
      querystring: NO_QUERY,
      response: answers({
        200: answer('The holder of the key.', {
          key_id: WIRE.string,
          owner_id: WIRE.string,
          name: WIRE.string,
          role: WIRE.string,
        }),
      }),
    },
    async handler(request) {
      const { keyId, ownerId, name, role } = keyHolder(request)
      return { key_id: keyId, owner_id: ownerId, name, role }
    },
  })

  app.get('/api/v1/settings', {
    schema: {
      operationId: 'getSettings',
      summary: 'The settings in effect, secrets masked',
      tags: ['administration'],
      querystring: NO_QUERY,
      response: answers({
        200: answer('The settings.', {
          settings: {
            type: 'array',
            items: {
              type: 'object',
              properties: { name: WIRE.string, value: WIRE.string, origin: WIRE.string },
            },
          },
        }),
      }),
    },
    handler: async () => ({ settings: settings.map(({ name, value, origin }) => ({ name, value, origin })) }),
  })

  app.get('/api/v1/audit', {
    schema: {
      operationId: 'listAudit',
      summary: 'What was changed, by whom and when; newest first',
      tags: ['administration'],
      querystring: strictObject({
        limit: optional(count('Most rows; 100 if not given.', { minimum: 1, maximum: 1_000 })),
        before: optional(count('Only rows before this `seq`.', { minimum: 1 })),
      }),
      response: answers({
        200: answer('The rows.', {
          audit: {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                seq: WIRE.integer,
                at: WIRE.time,
                actor: WIRE.string,
                action: WIRE.string,
                target: WIRE.string,
                detail: { type: 'object' },
                request_id: WIRE.nullableString,
                hash: WIRE.string,
              },
            },
          },
          next_before: WIRE.nullableInteger,
        }),
      }),
    },
    async handler(request) {
      const { limit = DEFAULT_AUDIT_LIMIT, before = null } = request.query
      const rows = await storage.audit.list({ limit, before })
      return {
        audit: rows.map(({ at, requestId, ...row }) => ({
          ...row,
          at: optionalTime(at),
          request_id: requestId,
        })),
        next_before: rows.length < limit ? null : (rows.at(-1)?.seq ?? null),
      }
    },
  })
}
