/** The API document, made from the schemas of the routes. @see https://spec.openapis.org/oas/v3.1.1.html */
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import type { Access } from './access.ts'
import type { HttpDeps } from './deps.ts'
import { COMPONENTS } from './schemas.ts'

const KEYS = [{ bearer: [] }, { apiKey: [] }] as const

/** What a route asks for, in the words of the document: a key, or nothing where callers without one may come. */
export function securityOf({ anonymous }: Access): { readonly [scheme: string]: readonly string[] }[] {
  return anonymous === 'never' ? [...KEYS] : [...KEYS, {}]
}

/** To be called before the routes are added. */
export function registerOpenApi(
  app: FastifyInstance,
  { self, version }: Pick<HttpDeps, 'self' | 'version'>,
): void {
  for (const [id, schema] of Object.entries(COMPONENTS)) app.addSchema({ $id: id, ...schema })
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'AgentVault Registry',
        version,
        description:
          'A registry of AI agents that federates: one search, answered live by every registry this one trusts. Every refusal is a problem document (RFC 9457). Parameters and members that are not described here are refused.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: self.url }],
      tags: [
        { name: 'discovery', description: 'Searching, here and across the federation.' },
        { name: 'records', description: "This registry's own records." },
        { name: 'federation', description: 'Peers, their tokens and their health.' },
        { name: 'keys', description: 'Keys of people and programs.' },
        { name: 'moderation', description: 'What is not to be shown here.' },
        { name: 'administration', description: 'Settings and the audit log.' },
        { name: 'health', description: 'How this registry is.' },
      ],
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key (`ava_…`), or a federation token (`avf_…`) from a peer.',
          },
          apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key', description: 'An API key (`ava_…`).' },
        },
      },
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => String(json.$id ?? `schema-${index}`),
    },
  })
}
