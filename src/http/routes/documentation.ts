/** The API document, for programs and for people. */

import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { isObject } from '../../cards/place.ts'
import { ERRORS_PATH, PROBLEMS } from '../../problem.ts'
import { type Access, findAccess } from '../access.ts'
import type { App } from '../app.ts'
import { DOCS_STYLE, type DocumentedOperation, docsPolicy, renderDocs, renderErrors } from '../docs-page.ts'
import { strictObject } from '../json-schema.ts'
import { answers } from '../schemas.ts'

const NO_QUERY = strictObject({})
const TAGS = ['administration']
const PAGE = answers({
  200: { description: 'A page.', content: { 'text/html': { schema: { type: 'string' } } } },
})

export function registerDocumentation(app: App): void {
  // Made once asked for: the document is complete only when every route is there.
  let document: string | undefined
  let page: string | undefined

  app.get('/api/v1/openapi.json', {
    schema: {
      ...{ operationId: 'getOpenApi', summary: 'This document', tags: TAGS, querystring: NO_QUERY },
      response: answers({
        200: { type: 'object', description: 'The document.', additionalProperties: true },
      }),
    },
    async handler(_request, reply) {
      document ??= JSON.stringify(app.swagger())
      return reply.type('application/json').send(document)
    },
  })

  app.get('/docs', {
    schema: {
      ...{ operationId: 'getDocs', summary: 'This document as a page', tags: TAGS, querystring: NO_QUERY },
      response: PAGE,
    },
    async handler(_request, reply) {
      page ??= renderDocs(operationsOf(app.swagger()), {
        title: 'AgentVault Registry API',
        documentUrl: 'api/v1/openapi.json',
      })
      return sendPage(reply, page)
    },
  })

  app.get(ERRORS_PATH, {
    schema: {
      ...{ operationId: 'getErrors', summary: 'What errors mean', tags: TAGS, querystring: NO_QUERY },
      response: PAGE,
    },
    async handler(_request, reply) {
      return sendPage(reply, renderErrors(PROBLEMS))
    },
  })
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  const hash = createHash('sha256').update(DOCS_STYLE).digest('base64')
  return reply.header('content-security-policy', docsPolicy(hash)).type('text/html; charset=utf-8').send(page)
}

/** The operations in the order of the tags of the document. */
function operationsOf(document: object): DocumentedOperation[] {
  const paths = member(document, 'paths')
  if (!isObject(paths)) return []
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(isObject(methods) ? methods : {}).map(([method, operation]) =>
      describe(path, method, operation),
    ),
  )
}

function describe(path: string, method: string, operation: unknown): DocumentedOperation {
  const tags = member(operation, 'tags')
  const parameters = member(operation, 'parameters')
  const upper = method.toUpperCase()
  return {
    method: upper,
    path,
    summary: textOf(member(operation, 'summary')),
    description: textOf(member(operation, 'description')),
    tag: textOf(Array.isArray(tags) ? tags[0] : ''),
    access: describeAccess(findAccess(upper, path.replaceAll(/\{(\w+)\}/g, ':$1'))),
    parameters: (Array.isArray(parameters) ? parameters : []).map((parameter: unknown) => ({
      name: textOf(member(parameter, 'name')),
      in: textOf(member(parameter, 'in')),
      description: textOf(member(parameter, 'description')),
    })),
  }
}

/** Who may call a route, in a few words. */
function describeAccess(access: Access | undefined): string {
  if (access === undefined) return ''
  const anonymous = {
    always: 'Anyone',
    'where-readable': 'Anyone, where anonymous reading is on',
    'on-this-machine': 'Anyone on the machine of a registry that is not published',
    never: '',
  }[access.anonymous]
  const roles = access.roles.includes('viewer') ? 'any key' : `keys of ${access.roles.join(', ')}`
  return [anonymous, roles, access.peers ? 'peers' : ''].filter((words) => words !== '').join('; ')
}

function member(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
