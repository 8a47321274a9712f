/**
 * JSON schemas that carry the type of what they admit: the few kinds our routes use.
 *
 * The shape is that of the library `typebox`, which this stands in for: loading it took 110 ms of the start and 23 MB,
 * a fifth of an idle registry, for a dozen constructors.
 */

declare const ADMITS: unique symbol
const OPTIONAL: unique symbol = Symbol('optional')

/** A JSON schema; `T` is the type of the values it admits. */
export type Schema<T = unknown> = {
  readonly [keyword: string]: unknown
  readonly [ADMITS]?: T
  readonly [OPTIONAL]?: boolean
}

/** A schema of a member that may be missing. */
export type OptionalSchema<T = unknown> = Schema<T> & { readonly [OPTIONAL]: true }

export type Static<S extends Schema> = S extends Schema<infer T> ? T : never

type Members = Readonly<Record<string, Schema>>
type OptionalKeys<M extends Members> = {
  [K in keyof M]: M[K] extends { readonly [OPTIONAL]: true } ? K : never
}[keyof M]
export type StaticObject<M extends Members> = { [K in Exclude<keyof M, OptionalKeys<M>>]: Static<M[K]> } & {
  [K in OptionalKeys<M>]?: Static<M[K]>
}

type Options = Readonly<Record<string, unknown>>

export type ObjectSchema<M extends Members> = Schema<StaticObject<M>>

/** An object with these members and no others. */
export function strictObject<M extends Members>(members: M, options: Options = {}): ObjectSchema<M> {
  const required = Object.keys(members).filter((name) => members[name]?.[OPTIONAL] !== true)
  return {
    type: 'object',
    ...(required.length > 0 && { required }),
    properties: members,
    additionalProperties: false,
    ...options,
  }
}

export function optional<T>(schema: Schema<T>): OptionalSchema<T> {
  return { ...schema, [OPTIONAL]: true }
}

export function string(options: Options = {}): Schema<string> {
  return { type: 'string', ...options }
}

export function boolean(options: Options = {}): Schema<boolean> {
  return { type: 'boolean', ...options }
}

export function integer(options: Options = {}): Schema<number> {
  return { type: 'integer', ...options }
}

export function oneOf<const T extends string>(values: readonly T[], options: Options = {}): Schema<T> {
  return { enum: values, ...options }
}

export function array<T>(items: Schema<T>, options: Options = {}): Schema<T[]> {
  return { type: 'array', items, ...options }
}

/** Any JSON object. */
export function record(options: Options = {}): Schema<Record<string, unknown>> {
  return { type: 'object', ...options }
}

export function unknown(options: Options = {}): Schema<unknown> {
  return { ...options }
}

export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  return { anyOf: [schema, { type: 'null' }] }
}
