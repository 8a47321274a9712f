/** Who am I, and what is set. */

import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { strictObject } from '../json-schema.ts'
import { keyHolder } from '../request-state.ts'
import { answer, answers, WIRE } from '../schemas.ts'

const NO_QUERY = strictObject({})

export function registerAdministration(app: App, { settings }: HttpDeps): void {
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
              properties: {
                ...{ name: WIRE.string, value: WIRE.string, origin: WIRE.string },
                default: {
                  ...WIRE.string,
                  description:
                    'What it would be if nobody gave it, as the other settings are; empty for none.',
                },
              },
            },
          },
        }),
      }),
    },
    handler: async () => ({
      settings: settings.map(({ byDefault, ...setting }) => ({ ...setting, default: byDefault })),
    }),
  })
}
