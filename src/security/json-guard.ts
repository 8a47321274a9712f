/**
 * JSON from outside, parsed within limits.
 *
 * `JSON.parse` alone needs seconds for a megabyte of brackets, so depth and size of the structure are counted
 * on the bytes first. What comes out is still `unknown`: values, among them numbers too large to be finite,
 * are for a schema to judge.
 */
import { isUtf8 } from 'node:buffer'
import { findJsonFault } from './json-fault.ts'

/** How much structure is accepted. */
export interface JsonLimits {
  /** Deepest nesting of arrays and objects; a flat array has depth 1. */
  readonly maxDepth: number
  /** Most brackets, commas and colons outside strings, which bound the number of values; none by default. */
  readonly maxTokens?: number
  /**
   * Keys that can reach an object's prototype (`__proto__`, a `constructor` that holds a `prototype`): `drop`
   * (the default) removes them, so that one hostile record does not cost a whole page; `refuse` fails.
   */
  readonly forbiddenKeys?: 'drop' | 'refuse'
  /**
   * Whether to tell where malformed JSON goes wrong; by default it is told. Finding the place takes ten times as long
   * as parsing, half a second for some texts of 4 MiB: only for those who mend their text by it.
   */
  readonly isPlaceTold?: boolean
}

/** The value, or what is wrong; `position` is the offset in UTF-16 units, of malformed JSON whose place is told. */
export type JsonResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: JsonProblem; readonly detail: string; readonly position?: number }

/** Why JSON was refused. */
export type JsonProblem = 'malformed' | 'not-utf8' | 'too-deep' | 'too-many-values' | 'forbidden-key'

/** Parses JSON within limits; never throws. One leading byte order mark is ignored (RFC 8259, section 8.1). */
export function parseJson(input: Uint8Array | string, limits: JsonLimits): JsonResult {
  const bytes = typeof input === 'string' ? Buffer.from(input) : input
  if (!isUtf8(bytes)) return { ok: false, problem: 'not-utf8', detail: 'The text is not valid UTF-8.' }
  const excess = measure(bytes, limits)
  if (excess !== undefined) return excess
  const text = (
    typeof input === 'string' ? input : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
  ).replace(/^\ufeff/, '')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return limits.isPlaceTold === false ? MALFORMED : malformed(text)
  }
  if (!MAY_HOLD_FORBIDDEN_KEY.test(text)) return { ok: true, value }
  const dropped = dropForbiddenKeys(value)
  if (dropped === undefined || limits.forbiddenKeys !== 'refuse') return { ok: true, value }
  return { ok: false, problem: 'forbidden-key', detail: `The key "${dropped}" is not accepted.` }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Counts structure in one pass; brackets inside strings are text. Malformed input is left to the parser. */
function measure(bytes: Uint8Array, { maxDepth, maxTokens = Infinity }: JsonLimits): JsonResult | undefined {
  let depth = 0
  let tokens = 0
  for (let index = 0; index < bytes.length; index += 1) {
    switch (bytes[index]) {
      case QUOTE:
        index = endOfString(bytes, index + 1)
        break
      case 0x5b: // [
      case 0x7b: // {
        depth += 1
        tokens += 1
        if (depth > maxDepth) {
          return { ok: false, problem: 'too-deep', detail: `Nested deeper than ${maxDepth} levels.` }
        }
        break
      case 0x5d: // ]
      case 0x7d: // }
        depth -= 1
        break
      case 0x2c: // ,
      case 0x3a: // :
        tokens += 1
        break
    }
  }
  if (tokens <= maxTokens) return undefined
  return { ok: false, problem: 'too-many-values', detail: `More than ${maxTokens} values and names.` }
}

/** Index of the closing quote, or of the end when there is none. */
function endOfString(bytes: Uint8Array, start: number): number {
  let index = start
  while (index < bytes.length && bytes[index] !== QUOTE) index += bytes[index] === BACKSLASH ? 2 : 1
  return index
}

const MALFORMED: JsonResult = { ok: false, problem: 'malformed', detail: 'Malformed JSON.' }

function malformed(text: string): JsonResult {
  const { position, expected } = findJsonFault(text)
  const before = text.slice(0, position)
  const line = before.split('\n').length
  const column = position - before.lastIndexOf('\n')
  const detail = `Malformed JSON at line ${line}, column ${column}: ${expected}.`
  return { ok: false, problem: 'malformed', detail, position }
}

/** Escapes can spell an ASCII key too (`\u005f`), so any escape below U+0080 asks for the closer look. */
const MAY_HOLD_FORBIDDEN_KEY = /__proto__|constructor|\\u00[0-7]/

/**
 * Removes forbidden keys in place. `JSON.parse` makes `__proto__` an ordinary own key, harmless until the value
 * is copied by assignment; here it cannot be copied any more.
 *
 * @returns The first key removed; `undefined` when there was none. Recursion is bounded by the depth limit.
 */
function dropForbiddenKeys(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  let first: string | undefined
  if (Object.hasOwn(value, '__proto__')) {
    Reflect.deleteProperty(value, '__proto__')
    first = '__proto__'
  }
  if (Object.hasOwn(value, 'constructor') && holdsPrototype(Reflect.get(value, 'constructor'))) {
    Reflect.deleteProperty(value, 'constructor')
    first ??= 'constructor'
  }
  for (const child of Object.values(value)) {
    const found = dropForbiddenKeys(child)
    first ??= found
  }
  return first
}

function holdsPrototype(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype')
}
