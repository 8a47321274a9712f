/** Checks parameters and bodies against their schemas; what is wrong is told all at once, what is unknown is wrong. */

import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { FastifySchema, FastifySchemaCompiler } from 'fastify'
import { describe } from '../cards/place.ts'
import { type Fault, ProblemError } from '../problem.ts'
import type { Schema, Static } from './json-schema.ts'

/** Makes handlers' types from their schemas. */
export interface SchemaTypes {
  readonly schema: unknown
  readonly validator: this['schema'] extends Schema ? Static<this['schema']> : unknown
  readonly serializer: unknown
}

/** Marks the schema of a body that the route reads itself: it is for the API document only. */
export const READ_BY_ROUTE = 'x-read-by-route'

/** Parameters are text and become what their schema says; bodies must be right as they are. */
export function createValidatorCompiler(): FastifySchemaCompiler<FastifySchema> {
  const options = { allErrors: true, removeAdditional: false, strict: false, verbose: true } as const
  const forParameters = new Ajv({ ...options, coerceTypes: 'array' })
  const forBodies = new Ajv({ ...options, coerceTypes: false })
  return ({ schema, httpPart }) => {
    if (Object.hasOwn(schema, READ_BY_ROUTE)) return (value: unknown) => ({ value })
    const isBody = httpPart === 'body'
    const ajv = isBody ? forBodies : forParameters
    let compiled: ValidateFunction | undefined
    return (value: unknown) => {
      // Compiling takes a millisecond, and a start would wait for more than a hundred and fifty.
      compiled ??= ajv.compile(schema)
      const check = compiled
      if (check(value)) return { value }
      const faults = faultsOf(check.errors ?? [], isBody)
      return { error: isBody ? invalidBody(faults) : invalidParameters(faults) }
    }
  }
}

export function invalidBody(faults: readonly Fault[]): ProblemError {
  const detail = `The body has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}; nothing was stored.`
  return new ProblemError('invalid-body', detail, { errors: faults })
}

export function invalidParameters(faults: readonly Fault[]): ProblemError {
  const named = faults.map(({ pointer, message }) => ({ name: pointer.replace(/^\?/, ''), message }))
  const [first] = named
  const detail =
    named.length === 1 && first !== undefined
      ? `${first.name}: ${first.message}`
      : `Parameters are not understood: ${named.map(({ name }) => name).join(', ')}.`
  return new ProblemError('invalid-parameter', detail, { errors: faults })
}

const MAX_FAULTS = 100

/** One fault for each place; several rules broken at one place are one fault to mend. */
function faultsOf(errors: readonly ErrorObject[], isBody: boolean): Fault[] {
  const byPlace = new Map<string, Fault>()
  for (const error of errors) {
    const pointer = pointerOf(error, isBody)
    if (!byPlace.has(pointer)) byPlace.set(pointer, { pointer, message: messageOf(error) })
    if (byPlace.size === MAX_FAULTS) break
  }
  return [...byPlace.values()]
}

function pointerOf({ keyword, instancePath, params }: ErrorObject, isBody: boolean): string {
  const member: unknown = keyword === 'required' ? params.missingProperty : params.additionalProperty
  const path =
    typeof member === 'string'
      ? `${instancePath}/${member.replaceAll('~', '~0').replaceAll('/', '~1')}`
      : instancePath
  return isBody ? path : `?${path.slice(1)}`
}

function messageOf(error: ErrorObject): string {
  const { keyword, params, data, message = 'something else', parentSchema } = error
  switch (keyword) {
    case 'additionalProperties':
      return `Unknown; takes ${Object.keys(parentSchema?.properties ?? {}).join(', ') || 'nothing'}.`
    case 'required':
      return 'Missing.'
    case 'enum':
      return `Takes one of ${params.allowedValues.join(', ')}; seen: ${describe(data)}.`
    case 'type':
      return `Takes ${typeName(params.type)}; seen: ${describe(data)}.`
    case 'minimum':
    case 'maximum': {
      const { minimum, maximum } = parentSchema ?? {}
      return `Takes ${minimum ?? 'any number'} to ${maximum ?? 'any number'}; seen: ${describe(data)}.`
    }
    case 'maxLength':
      return `Takes at most ${params.limit} characters; seen: ${[...String(data)].length}.`
    case 'maxItems':
      return `Takes at most ${params.limit}; seen: ${describe(data)}.`
    default:
      return `It ${message}; seen: ${describe(data)}.`
  }
}

function typeName(type: unknown): string {
  const names = (Array.isArray(type) ? type : [type]).map(
    (name: unknown) => TYPE_NAMES[String(name)] ?? String(name),
  )
  return names.join(' or ')
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  string: 'text',
  array: 'a list',
  object: 'an object',
}
