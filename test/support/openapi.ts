/** An OpenAPI 3.1 document, read and judged by the rules of its specification. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

type Json = Readonly<Record<string, unknown>>

export type Operation = {
  readonly method: string
  readonly path: string
  readonly operationId: string
  readonly value: Json
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

export function operationsOf(document: Json): Operation[] {
  return Object.entries(objectAt(document, 'paths')).flatMap(([path, methods]) =>
    Object.entries(methods as Json)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, value]) => ({
        method: method.toUpperCase(),
        path,
        operationId: String((value as Json).operationId),
        value: value as Json,
      })),
  )
}

/**
 * Everything in the document that breaks the specification, each fault with its place.
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function findFaults(document: Json): string[] {
  const faults: string[] = []
  const expect = (holds: boolean, fault: string): void => {
    if (!holds) faults.push(fault)
  }
  expect(/^3\.1\.\d+$/.test(String(document.openapi)), 'openapi: not 3.1')
  const { title, version, license } = objectAt(document, 'info')
  expect(typeof title === 'string' && typeof version === 'string', 'info: title and version are required')
  expect(
    license === undefined || typeof (license as Json).name === 'string',
    'info/license: name is required',
  )
  const servers = (document.servers ?? []) as readonly Json[]
  expect(
    servers.every(({ url }) => URL.canParse(String(url))),
    'servers: a url is not one',
  )
  const operations = operationsOf(document)
  expect(operations.length > 0, 'paths: none')
  const ids = operations.map(({ operationId }) => operationId)
  expect(new Set(ids).size === ids.length, 'operationId: not unique')
  for (const path of Object.keys(objectAt(document, 'paths'))) {
    expect(path.startsWith('/'), `${path}: does not start with /`)
    const alike = Object.keys(objectAt(document, 'paths')).filter(
      (other) => templateOf(other) === templateOf(path),
    )
    expect(alike.length === 1, `${path}: the same as another but for names`)
  }
  for (const operation of operations) faults.push(...faultsOfOperation(operation, document))
  faults.push(...faultsOfSchemas(document), ...danglingReferences(document))
  return faults
}

const templateOf = (path: string) => path.replaceAll(/\{[^}]*\}/g, '{}')

function faultsOfOperation({ method, path, operationId, value }: Operation, document: Json): string[] {
  const faults: string[] = []
  const expect = (holds: boolean, fault: string): void => {
    if (!holds) faults.push(`${method} ${path}: ${fault}`)
  }
  expect(/^[a-z][A-Za-z]+$/.test(operationId), 'its operationId is no name')
  expect(typeof value.summary === 'string', 'it has no summary')
  const declaredTags = ((document.tags ?? []) as readonly Json[]).map(({ name }) => name)
  expect(
    ((value.tags ?? []) as readonly unknown[]).every((tag) => declaredTags.includes(tag)),
    'a tag is not declared',
  )
  const schemes = Object.keys(objectAt(objectAt(document, 'components'), 'securitySchemes'))
  for (const requirement of (value.security ?? []) as readonly Json[]) {
    expect(
      Object.keys(requirement).every((scheme) => schemes.includes(scheme)),
      'a security scheme is not declared',
    )
  }
  const parameters = (value.parameters ?? []) as readonly Json[]
  const names = parameters.map((parameter) => `${parameter.in} ${parameter.name}`)
  expect(new Set(names).size === names.length, 'a parameter is declared twice')
  for (const parameter of parameters) {
    expect(
      ['path', 'query', 'header', 'cookie'].includes(String(parameter.in)),
      `${parameter.name}: in where?`,
    )
    expect(parameter.in !== 'path' || parameter.required === true, `${parameter.name}: not required`)
    expect(
      (parameter.schema === undefined) !== (parameter.content === undefined),
      `${parameter.name}: takes one of schema and content`,
    )
  }
  const inPath = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => `path ${name}`).toSorted()
  expect(
    JSON.stringify(inPath) === JSON.stringify(names.filter((name) => name.startsWith('path ')).toSorted()),
    'its path and its path parameters differ',
  )
  if (value.requestBody !== undefined) {
    expect(!['GET', 'HEAD', 'DELETE'].includes(method), 'a body without a meaning')
    expect(Object.keys(objectAt(value.requestBody as Json, 'content')).length > 0, 'a body of no media type')
  }
  const responses = Object.entries((value.responses ?? {}) as Json)
  expect(
    responses.some(([status]) => /^2\d\d$/.test(status)),
    'no success is described',
  )
  for (const [status, response] of responses) {
    expect(/^(?:[1-5](?:\d\d|XX)|default)$/.test(status), `${status}: no status`)
    expect(typeof (response as Json).description === 'string', `${status}: no description`)
    for (const type of Object.keys(((response as Json).content ?? {}) as Json)) {
      expect(/^[a-z]+\/[\w.+-]+(?:; ?[\w-]+=[\w-]+)*$/.test(type), `${status}: ${type} is no media type`)
    }
  }
  return faults
}

/** Each schema against the meta-schema of JSON Schema 2020-12, which OpenAPI 3.1 takes whole. */
function faultsOfSchemas(document: Json): string[] {
  const ajv = newAjv()
  return schemasIn(document).flatMap(({ place, schema }) => {
    if (ajv.validateSchema(schema as object) === true) return []
    return [`${place}: ${ajv.errorsText(ajv.errors)}`]
  })
}

export type PlacedSchema = { readonly place: string; readonly schema: unknown }

/** Every schema of the document: those of components, parameters, bodies and answers. */
export function schemasIn(document: Json): PlacedSchema[] {
  const found: PlacedSchema[] = Object.entries((objectAt(document, 'components').schemas ?? {}) as Json).map(
    ([name, schema]) => ({ place: `components/${name}`, schema }),
  )
  const walk = (value: unknown, place: string): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, member] of Object.entries(value)) {
      if (name === 'schema') found.push({ place: `${place}/schema`, schema: member })
      else if (!['example', 'examples'].includes(name)) walk(member, `${place}/${name}`)
    }
  }
  walk(document.paths, 'paths')
  return found
}

function danglingReferences(document: Json): string[] {
  const faults: string[] = []
  const walk = (value: unknown, place: string): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, member] of Object.entries(value)) {
      if (name === '$ref' && resolveReference(document, member) === undefined) {
        faults.push(`${place}: ${String(member)} leads nowhere`)
      }
      walk(member, `${place}/${name}`)
    }
  }
  walk(document, '#')
  return faults
}

function resolveReference(document: Json, reference: unknown): unknown {
  if (typeof reference !== 'string' || !reference.startsWith('#/')) return undefined
  return reference
    .slice(2)
    .split('/')
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (value, part) => (typeof value === 'object' && value !== null ? (value as Json)[part] : undefined),
      document,
    )
}

/**
 * A check of answers against a schema of the document. Objects are closed: a member that is sent but not
 * described is a fault of the document.
 */
export function compileSchema(schema: unknown, document: Json): ValidateFunction {
  const components = (objectAt(document, 'components').schemas ?? {}) as Json
  const $defs = mapValues(components, withClosedParts)
  return newAjv().compile({ ...(closed(schema) as object), $defs })
}

function closed(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema
  const describesMembers = ['properties', 'allOf', '$ref'].some((name) => name in schema)
  const isOpen = describesMembers && !('additionalProperties' in schema)
  return { ...withClosedParts(schema), ...(isOpen && { unevaluatedProperties: false }) }
}

/** What is inside is closed, the schema itself is left open for others to widen. */
function withClosedParts(schema: unknown): object {
  return mapValues(schema as Json, (value, name) => {
    switch (name) {
      case '$ref':
        return String(value).replace('#/components/schemas/', '#/$defs/')
      case 'properties':
        return mapValues(value as Json, closed)
      case 'allOf':
        return (value as readonly unknown[]).map(withClosedParts)
      case 'items':
      case 'additionalProperties':
        return closed(value)
      default:
        return value
    }
  })
}

function mapValues(object: Json, map: (value: unknown, name: string) => unknown): Json {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value, name)]))
}

function newAjv(): Ajv2020 {
  return new Ajv2020({
    strict: false,
    allErrors: true,
    formats: {
      'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/,
      uri: (value: string) => URL.canParse(value),
    },
  })
}

function objectAt(value: Json, name: string): Json {
  const member = value[name]
  if (typeof member !== 'object' || member === null) throw new Error(`the document has no ${name}`)
  return member as Json
}
